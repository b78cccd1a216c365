"""`shopwarden sandbox`: a local stand-in for every vendor and for a shop; all its answers are made up."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer
from rich.console import Console

from shopwarden.embedded.folder import data_folder
from shopwarden.embedded.port import local_url
from shopwarden.sandbox.running import Running, start
from shopwarden.settings import read_settings


def command(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port for plain HTTP.")] = 8585,
    tls: Annotated[bool, typer.Option("--tls", help="Also speak TLS, with a certificate authority made for it.")] = False,
    tls_port: Annotated[int, typer.Option(help="Port for TLS.")] = 8586,
    seed: Annotated[str, typer.Option(help="The same seed gives the same answers.")] = "shopwarden",
    quiet: Annotated[bool, typer.Option("--quiet", hidden=True)] = False,
) -> None:
    """Stands in for IPQualityScore, MaxMind, Sift, Riskified and all other vendors, and for Shopify and Klaviyo."""
    folder = data_folder(read_settings().data_dir) / "sandbox"

    async def run() -> None:
        ending = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ending.set)
        running = await start(host, port, tls_port=tls_port if tls else None, folder=folder, seed=seed)
        if not quiet:
            _tell(running, host)
        await ending.wait()
        await running.close()

    asyncio.run(run())


def _tell(running: Running, host: str) -> None:
    console = Console(highlight=False, soft_wrap=True)
    url = local_url(host, running.port)
    console.print(f"\n  [bold]sandbox is up[/]      {url}\n  All answers of all vendors are made up.")
    console.print(f"  Log and control    {url}/_sandbox/")
    console.print(f"  For the product    SHOPWARDEN_SANDBOX_URL={url}")
    if running.certificates and running.tls_port:
        console.print(f"  TLS                {local_url(host, running.tls_port).replace('http:', 'https:')}")
        console.print(f"  CA to trust        {running.certificates.ca_file}")
    names = ", ".join(running.desk.stand_ins)
    console.print(f"  Vendors            {names}\n\n  Ctrl-C stops it.\n")
