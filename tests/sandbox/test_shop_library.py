"""Shopify's own library for Node, unchanged and led to the sandbox by name, gets the answers it expects.

Without Node these tests are skipped; SHOPWARDEN_BROWSER_TESTS=required makes them fail instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox.running import Sandbox

HERE = Path(__file__).parent / "node"
PATH = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))


def refuse(reason: str) -> None:
    if os.environ.get("SHOPWARDEN_BROWSER_TESTS") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def node() -> str:
    """Node with the library installed as the lock file names it."""
    program, npm = shutil.which("node", path=PATH), shutil.which("npm", path=PATH)
    if program is None or npm is None:
        refuse("no Node on the PATH")
    installed = HERE / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < (HERE / "package-lock.json").stat().st_mtime:
        command = [str(npm), "ci", "--loglevel=error"]
        done = subprocess.run(
            command, cwd=HERE, env={**os.environ, "PATH": PATH}, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            refuse(f"the library can't be installed: {done.stderr[-1000:]}")
        installed.touch()
    return str(program)


def test_the_library_for_node_gets_what_it_expects(node: str, sandbox: Sandbox) -> None:
    places = {
        "SANDBOX_URL": sandbox.url,
        "SANDBOX_TLS_PORT": sandbox.tls_url.rpartition(":")[2],
        "NODE_EXTRA_CA_CERTS": str(sandbox.ca_file),
    }
    command = [node, "--import", "./names.js", "--test", "--test-reporter=spec", "shopify.test.js"]
    done = subprocess.run(
        command,
        cwd=HERE,
        env={**os.environ, "PATH": PATH, **places},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "tests 12" in done.stdout
    assert "skipped 0" in done.stdout
