"""A running sandbox: its desk behind a plain port and, where wanted, one with TLS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shopwarden.errors import StopError
from shopwarden.sandbox.certificates import Certificates, make_certificates
from shopwarden.sandbox.control import PREFIX, control
from shopwarden.sandbox.desk import Desk, response
from shopwarden.sandbox.server import Handler, Listening, Request, Response, listen
from shopwarden.sandbox.stand_in import Said


@dataclass
class Running:
    """`tls_port` and `certificates` are None without TLS."""

    desk: Desk
    port: int
    tls_port: int | None
    certificates: Certificates | None
    servers: tuple[Listening, ...]

    async def close(self) -> None:
        for server in self.servers:
            await server.close()
        await self.desk.close()


async def start(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    tls_port: int | None = None,
    folder: Path | None = None,
    seed: str = "shopwarden",
) -> Running:
    """Listens on both ports (0: any free one); with `tls_port`, new certificates are written into `folder`.

    StopError when a port is taken.
    """
    desk = Desk(seed)
    handler = handler_of(desk)
    hosts = [host for stand_in in desk.stand_ins.values() for host in stand_in.hosts]
    certificates = make_certificates(folder, hosts) if tls_port is not None and folder is not None else None
    try:
        servers = [await listen(handler, host, port)]
        if tls_port is not None and certificates is not None:
            servers.append(await listen(handler, host, tls_port, certificates.context()))
    except OSError as problem:
        raise StopError(f"the sandbox can't listen on {host}:{port}: {problem.strerror or problem}; try --port") from None
    ports = [server.port for server in servers]
    return Running(desk, ports[0], ports[1] if len(ports) > 1 else None, certificates, tuple(servers))


def handler_of(desk: Desk) -> Handler:
    """The one way in: the control address, else a vendor. What goes wrong in a stand-in is said, with status 500."""

    async def handle(request: Request) -> Response | None:
        try:
            if request.target.startswith(PREFIX):
                return await control(desk, request)
            return await desk.answer(request)
        except Exception as problem:
            text = f"the sandbox itself failed: {type(problem).__name__}: {problem}"
            return response(Said.of({"sandbox_error": text}, 500))

    return handle
