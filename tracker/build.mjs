// Builds what browsers load: every folder here with an entry.json becomes one file of the product, within its size budget.
//
// entry.json: {"entry": "src/main.ts", "out": "t.js", "most_gzip_bytes": 4096}, and where needed
// "mangle": true (names with a leading underscore are seen by no other program and may be shortened),
// "bundles": ["@scope/package"] (packages whose licence has to be kept in the file).
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = resolve(process.argv[2] ?? join(here, "../src/shopwarden/browser"));

const parts = readdirSync(here)
  .filter((folder) => existsSync(join(here, folder, "entry.json")))
  .map((folder) => ({ folder, ...JSON.parse(readFileSync(join(here, folder, "entry.json"), "utf8")) }));

mkdirSync(target, { recursive: true });
const rows = [["file", "bytes", "gzip", "budget", "from"]];
const problems = [];

function licence(name) {
  return `/*! ${name}\n${readFileSync(join(here, "node_modules", name, "LICENSE"), "utf8").trim()}\n*/\n`;
}

/** The part's bytes, undefined where it can't be built: esbuild has told why by then. */
async function bundled(part) {
  const options = {
    entryPoints: [join(here, part.folder, part.entry)],
    bundle: true,
    format: "iife",
    minify: true,
    ...(part.mangle && { mangleProps: /^_[a-z]/ }),
    banner: { js: (part.bundles ?? []).map(licence).join("") },
    target: "es2021",
    charset: "utf8",
    legalComments: "inline",
    write: false,
    logLevel: "warning",
  };
  const built = await build(options).catch(() => problems.push(`${part.out} can't be built`) && undefined);
  return built && Buffer.from(built.outputFiles[0].contents);
}

for (const part of parts) {
  const bytes = await bundled(part);
  if (!bytes) continue;
  const packed = gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
  rows.push([part.out, bytes.length, packed.length, part.most_gzip_bytes, `tracker/${part.folder}`]);
  if (packed.length > part.most_gzip_bytes) {
    problems.push(`${part.out} has ${packed.length} bytes gzipped, ${part.most_gzip_bytes} are allowed`);
    continue;
  }
  writeFileSync(join(target, part.out), bytes);
  writeFileSync(join(target, `${part.out}.gz`), packed);
}

const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
for (const row of rows) {
  const cells = row.map((cell, column) => {
    const text = String(cell);
    return typeof cell === "number" ? text.padStart(widths[column]) : text.padEnd(widths[column]);
  });
  console.log(cells.join("  ").trimEnd());
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length ? 1 : 0;
