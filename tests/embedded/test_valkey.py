"""The embedded Valkey: data outlives restarts, a broken file does not keep it from starting."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from shopwarden.embedded.valkey import start_valkey
from shopwarden.errors import StopError


def test_a_restart_finds_the_data(folder: Path) -> None:
    server = start_valkey(folder)
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        client.set("kept", "yes")
    server.stop()
    server = start_valkey(folder)
    try:
        with redis.Redis.from_url(server.url, decode_responses=True) as client:
            assert client.get("kept") == "yes"
    finally:
        server.stop()


def test_it_keeps_everything_and_opens_no_port(folder: Path) -> None:
    server = start_valkey(folder)
    try:
        with redis.Redis.from_url(server.url, decode_responses=True) as client:
            settings = client.config_get("maxmemory-policy", "appendonly", "appendfsync", "port", "protected-mode")
        assert settings == {
            "maxmemory-policy": "noeviction",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "port": "0",
            "protected-mode": "yes",
        }
    finally:
        server.stop()


def test_a_broken_file_is_set_aside(folder: Path) -> None:
    server = start_valkey(folder)
    with redis.Redis.from_url(server.url) as client:
        for number in range(100):
            client.set(f"key{number}", "value" * 20)
    server.stop()
    file = next((folder / "valkey" / "appendonlydir").glob("*.incr.aof"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 40] = b"\x00" * 40
    file.write_bytes(content)
    server = start_valkey(folder)
    try:
        with redis.Redis.from_url(server.url) as client:
            assert client.ping()
        assert list((folder / "valkey").glob("appendonlydir.unreadable-*"))
    finally:
        server.stop()


def test_a_second_start_on_the_same_folder_is_refused(folder: Path) -> None:
    server = start_valkey(folder)
    try:
        with pytest.raises(StopError, match="already running"):
            start_valkey(folder)
    finally:
        server.stop()
