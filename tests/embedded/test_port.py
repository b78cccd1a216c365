"""A taken port is said in words that name the variable to change."""

from __future__ import annotations

import os
import socket

import pytest

from shopwarden.embedded.port import check_port, local_url
from shopwarden.errors import StopError


def test_a_taken_port_is_said_with_who_has_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StopError, match=rf"port {port} .* taken by .*process {os.getpid()}.*SHOPWARDEN_PORT"):
            check_port("127.0.0.1", port)
        with pytest.raises(StopError, match="taken"):
            check_port("0.0.0.0", port)
    check_port("127.0.0.1", port)


@pytest.mark.parametrize("port", [-1, 0, 65536])
def test_a_number_that_is_no_port(port: int) -> None:
    with pytest.raises(StopError, match="SHOPWARDEN_PORT must be from 1 to 65535"):
        check_port("127.0.0.1", port)


@pytest.mark.parametrize("host", ["198.51.100.7", "not an address", "\x00"])
def test_a_host_that_is_not_ours(host: str) -> None:
    with pytest.raises(StopError, match="SHOPWARDEN_HOST"):
        check_port(host, 18484)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:1"),
        ("0.0.0.0", "http://127.0.0.1:1"),
        ("::", "http://[::1]:1"),
        ("shop", "http://shop:1"),
    ],
)
def test_the_address_for_a_browser_on_this_machine(host: str, url: str) -> None:
    assert local_url(host, 1) == url
