"""The command, and the sandbox beside the product."""

from __future__ import annotations

import contextlib
import os
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shopwarden.commands._sandbox import start_sandbox
from shopwarden.embedded.supervisor import Supervisor
from shopwarden.sandbox.certificates import make_certificates
from shopwarden.settings import Settings


@contextlib.contextmanager
def told(folder: Path) -> Iterator[str]:
    """What the running command prints."""
    program = subprocess.Popen(
        [sys.executable, "-m", "shopwarden", "sandbox", "--port", "0", "--tls", "--tls-port", "0"],
        env=os.environ | {"SHOPWARDEN_DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    lines = []
    for line in program.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    try:
        yield "".join(lines)
    finally:
        program.terminate()
        assert program.wait(10) == 0


def test_the_command_tells_address_and_ca_and_ends_when_told(tmp_path: Path) -> None:
    with told(tmp_path) as text:
        assert "made up" in text
        url = re.search(r"https://\S+", text)
        assert url
        ca = tmp_path / "sandbox" / "ca.pem"
        assert str(ca) in text
        trust = ssl.create_default_context(cafile=str(ca))
        names = httpx.get(f"{url[0]}/_sandbox/", verify=trust, trust_env=False).json()["vendors"]
    assert {"maxmind", "sift", "riskified", "shopify", "klaviyo"} <= {one["name"] for one in names}


def test_certificates_stay_until_a_host_is_new(tmp_path: Path) -> None:
    first = make_certificates(tmp_path, ["api.example.com"]).ca_file.read_bytes()
    assert make_certificates(tmp_path, ["api.example.com"]).ca_file.read_bytes() == first
    assert make_certificates(tmp_path, ["api.example.com", "*.example.org"]).ca_file.read_bytes() != first
    (tmp_path / "server.key").write_text("broken")
    made = make_certificates(tmp_path, ["api.example.com"])
    assert made.context()
    assert oct(made.key_file.stat().st_mode)[-3:] == "600"


def test_the_sandbox_beside_the_product_takes_a_port_that_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPWARDEN_DATA_DIR", str(tmp_path))
    supervisor = Supervisor(print)
    try:
        first = start_sandbox(Settings(port=65500), supervisor)
        limit = time.monotonic() + 20
        while time.monotonic() < limit:
            with contextlib.suppress(httpx.HTTPError):
                assert httpx.get(f"{first.sandbox_url}/_sandbox/", trust_env=False).json()["seed"] == "shopwarden"
                break
            time.sleep(0.05)
        else:
            pytest.fail("the sandbox did not come up")
        assert supervisor.names() == ["Sandbox"]
    finally:
        supervisor.stop()
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"{first.sandbox_url}/_sandbox/", trust_env=False)
