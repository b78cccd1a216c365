// Examples and short descriptions made from JSON schemas.

export function resolve(schema, document, depth = 0) {
  if (!schema || !schema.$ref || depth > 8) return schema || {};
  const found = schema.$ref.replace("#/", "").split("/").reduce((part, name) => part?.[name], document);
  return resolve(found, document, depth + 1);
}

export function exampleOf(given, document, depth = 0) {
  const schema = resolve(given, document);
  if (schema.example !== undefined) return schema.example;
  if (schema.examples?.length) return schema.examples[0];
  if (schema.default !== undefined && schema.default !== null) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const choice = (schema.oneOf || schema.anyOf || []).find((one) => resolve(one, document).type !== "null");
  if (choice) return exampleOf(choice, document, depth);
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== "null") : schema.type;
  if (depth > 5) return null;
  if (type === "object" || schema.properties) {
    const entries = Object.entries(schema.properties || {});
    return Object.fromEntries(entries.map(([name, inner]) => [name, exampleOf(inner, document, depth + 1)]));
  }
  if (type === "array") return [exampleOf(schema.items || {}, document, depth + 1)];
  return scalar(type, schema);
}

function scalar(type, schema) {
  if (type === "integer" || type === "number") return schema.minimum ?? 0;
  if (type === "boolean") return false;
  const byFormat = {
    "date-time": "2026-03-01T12:00:00Z",
    date: "2026-03-01",
    uuid: "01890a5d-ac96-774b-bcce-b302099a8057",
    decimal: "19.90",
  };
  return type === "string" ? byFormat[schema.format] || "text" : null;
}

export function typeOf(given, document) {
  const schema = resolve(given, document);
  if (schema.enum) return schema.enum.map(String).join(" | ");
  if (schema.oneOf || schema.anyOf) {
    return (schema.oneOf || schema.anyOf).map((one) => typeOf(one, document)).join(" or ");
  }
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type || "any";
  const bounds = [schema.minimum, schema.maximum].some((one) => one !== undefined)
    ? ` ${schema.minimum ?? ""}..${schema.maximum ?? ""}`
    : "";
  return (schema.format ? `${type} (${schema.format})` : type) + bounds;
}
