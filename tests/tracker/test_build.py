"""The build of the browser parts: within budget, the same bytes each time, its sources checked, no address of a registry."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRACKER = ROOT / "tracker"
CORE_BYTES = 4_096
PROGRAMS = Path(sys.executable).parent


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PROGRAMS / "node"), *command], cwd=TRACKER, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture(scope="session")
def installed() -> None:
    if not (TRACKER / "node_modules").exists():
        pytest.skip("the browser parts' tools are not installed: run `make browser`")


@pytest.fixture(scope="session")
def built(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    done = run("build.mjs", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "t.js" in done.stdout
    return folder


def parts() -> list[dict[str, object]]:
    return [json.loads(path.read_text()) for path in sorted(TRACKER.glob("*/entry.json"))]


def test_every_part_is_within_its_budget(built: Path) -> None:
    assert {"t.js", "fp.js"} <= {str(part["out"]) for part in parts()}
    for part in parts():
        plain, packed = built / str(part["out"]), built / f"{part['out']}.gz"
        assert packed.stat().st_size <= int(str(part["most_gzip_bytes"])), part["out"]
        assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()


def test_the_core_has_at_most_four_kilobytes(built: Path) -> None:
    (core,) = [part for part in parts() if part["out"] == "t.js"]
    assert core["most_gzip_bytes"] == CORE_BYTES
    assert (built / "t.js.gz").stat().st_size <= CORE_BYTES


def test_the_core_brings_nothing_of_the_fingerprint_along_and_the_fingerprint_its_licence(built: Path) -> None:
    assert "Fingerprint" not in (built / "t.js").read_text()
    assert "MIT License" in (built / "fp.js").read_text()[:200]


def test_a_part_above_its_budget_fails_the_build(installed: None, tmp_path: Path) -> None:
    (tmp_path / "tracker").mkdir()
    for name in ("build.mjs", "package.json"):
        (tmp_path / "tracker" / name).write_bytes((TRACKER / name).read_bytes())
    (tmp_path / "tracker" / "node_modules").symlink_to(TRACKER / "node_modules")
    part = tmp_path / "tracker" / "large"
    part.mkdir()
    (part / "main.ts").write_text("console.log('" + "abc" * 50 + "');")
    (part / "entry.json").write_text(json.dumps({"entry": "main.ts", "out": "large.js", "most_gzip_bytes": 20}))
    done = run(str(tmp_path / "tracker" / "build.mjs"), str(tmp_path / "out"))
    assert done.returncode == 1
    assert "large.js has" in done.stderr
    assert not (tmp_path / "out" / "large.js").exists()


def test_the_build_gives_the_same_bytes_again(built: Path, tmp_path: Path) -> None:
    assert run("build.mjs", str(tmp_path)).returncode == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in built.iterdir()
    }


def test_the_types_hold(installed: None) -> None:
    done = run("node_modules/typescript/bin/tsc", "--noEmit")
    assert done.returncode == 0, done.stdout


def test_the_parts_own_tests_pass(installed: None) -> None:
    files = [str(path.relative_to(TRACKER)) for path in TRACKER.glob("*/test/*.test.ts")]
    assert files
    done = run("--test", "--test-reporter=tap", *files)
    assert done.returncode == 0, done.stdout[-4000:]


def test_the_lock_names_versions_and_hashes_and_no_registry() -> None:
    lock = (TRACKER / "package-lock.json").read_text()
    assert "://" not in lock.replace("https://opencollective.com", "").replace("https://github.com", "")
    packages = {name: entry for name, entry in json.loads(lock)["packages"].items() if name}
    assert packages
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
