"""Whether the port for HTTP is free, said clearly before anything starts."""

from __future__ import annotations

import contextlib
import errno
import socket

import psutil

from shopwarden.errors import StopError


def local_url(host: str, port: int) -> str:
    """Where a browser on this machine finds a server that listens on `host`, which may stand for every address."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


def check_port(host: str, port: int) -> None:
    """Raises StopError naming the variable to change when `port` can't be listened on."""
    if not 1 <= port <= 65535:
        raise StopError(f"SHOPWARDEN_PORT must be from 1 to 65535, not {port}")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError:
        raise StopError(f"SHOPWARDEN_HOST is {host!r}, which is no address of this machine") from None
    with socket.socket(family, kind) as trial:
        # As the server itself will do: connections of an earlier server that are still closing are no obstacle.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(address)
        except PermissionError:
            raise StopError(
                f"port {port} needs more rights than this user has: set SHOPWARDEN_PORT to 1024 or above"
            ) from None
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                raise StopError(
                    f"port {port} on {host} is taken{_by_whom(port)}: stop that, or set SHOPWARDEN_PORT to another port"
                ) from None
            raise StopError(
                f"can't listen on {host}: {problem.strerror}; set SHOPWARDEN_HOST to an address of this machine"
            ) from None


def _by_whom(port: int) -> str:
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if (
                connection.status == psutil.CONN_LISTEN
                and connection.laddr
                and connection.laddr.port == port
                and connection.pid
            ):
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    return ""
