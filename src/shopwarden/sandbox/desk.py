"""Where all vendors sit: takes a request to its stand-in, bends the answer by mode, and keeps the log."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import parse_qsl, unquote

import httpx
import msgspec

from shopwarden.errors import RefuseError
from shopwarden.sandbox.dice import Dice
from shopwarden.sandbox.modes import Mode, Modes, bend, fault
from shopwarden.sandbox.server import Request, Response
from shopwarden.sandbox.stand_in import HANG, Heard, Hook, Said, StandIn, Wish, find_stand_ins

MARK = {"x-shopwarden-sandbox": "made-up"}
_HEARD = {"ok", "hang", "slow"}
_KEYS = {"key", "api_key", "access_token", "client_secret"}
_KEPT = 20_000


class Call(msgspec.Struct, kw_only=True):
    """One line of the log. `question` is the same for the same question; `status` 0 is a connection broken off."""

    number: int
    at: float
    vendor: str
    method: str
    path: str
    status: int
    question: str
    billed: bool
    mode: str = "ok"
    note: str = ""


class Desk:
    """One sandbox. `secret` is what signatures are made with where none was set for the vendor."""

    def __init__(self, seed: str = "shopwarden", secret: str = "sandbox") -> None:  # noqa: S107
        self.stand_ins = find_stand_ins()
        self.modes = Modes()
        self.secrets: dict[str, str] = {}
        self.log: deque[Call] = deque(maxlen=_KEPT)
        self._secret = secret
        self._memory: dict[str, dict[str, object]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._number = 0
        self.seed = seed

    def reset(self, seed: str | None = None) -> None:
        """Forgets everything: modes, log, secrets, what vendors remember. The seed stays unless another is named."""
        self.modes.clear()
        self.log.clear()
        self.secrets.clear()
        self._memory.clear()
        self._number = 0
        self.seed = self.seed if seed is None else seed

    def find(self, request: Request) -> tuple[StandIn, str, str] | None:
        """Stand-in, the vendor's own path with its query, and the address its paths are found under."""
        authority = request.headers.get("host", "")
        host = authority.rsplit(":", 1)[0].lower()
        for stand_in in self.stand_ins.values():
            if stand_in.knows(host):
                return stand_in, request.target, f"{request.scheme}://{authority}"
        prefix, _, rest = request.target.lstrip("/").partition("/")
        named = self.stand_ins.get(prefix)
        return (named, f"/{rest}", f"{request.scheme}://{authority}/{prefix}") if named else None

    async def answer(self, request: Request) -> Response | None:
        """One vendor's answer; None when the connection is to break off."""
        found = self.find(request)
        if found is None:
            names = sorted(self.stand_ins)
            return response(Said.of({"error": "no vendor has this address", "vendors": names}, 404))
        stand_in, target, base = found
        heard = self._heard(stand_in, request, target, base)
        if heard.path.startswith("/_sandbox"):
            # A stand-in's own switches: no vendor has them, so no mode bends them and no log tells of them.
            return response(await stand_in.answer(heard))
        mode = self.modes.take(stand_in.name, heard.path) or Mode(vendor=stand_in.name, kind="ok")
        said = bend(mode, await self._say(stand_in, heard) if mode.kind in _HEARD else fault(stand_in, mode.kind))
        self._keep(stand_in, heard, mode, said)
        if said is None:
            return None
        for hook in said.hooks:
            self._later(hook)
        if said.delay:
            await asyncio.sleep(said.delay)
        return None if mode.kind == "hang" or said.delay >= HANG else response(said)

    async def send(self, vendor: str, wish: Mapping[str, object]) -> dict[str, object]:
        """Sends a vendor's webhook now; answers what was sent and what came back. RefuseError names what is wrong."""
        stand_in = self.stand_ins.get(vendor)
        if stand_in is None or stand_in.send is None:
            raise RefuseError(f"vendor {vendor!r} sends nothing", fields={"vendor": "unknown, or it has no webhooks"})
        rest = dict(wish)
        kind, to, secret = (str(rest.pop(name, "") or "") for name in ("kind", "to", "secret"))
        if not to.startswith(("http://", "https://")):
            raise RefuseError("`to` must be the address to send to", fields={"to": "not an http address"})
        made = Wish(kind, to, secret or self.secret(vendor), rest, Dice(self.seed), self._remembered(vendor))
        hook = stand_in.send(made)
        try:
            status, text = await _post(hook)
        except httpx.HTTPError as problem:
            status, text = 0, str(problem)
        sent = hook.body.decode("utf-8", "replace")
        return {"status": status, "answer": text[:2000], "headers": dict(hook.headers), "body": sent}

    def secret(self, vendor: str) -> str:
        return self.secrets.get(vendor, self._secret)

    async def close(self) -> None:
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _heard(self, stand_in: StandIn, request: Request, target: str, base: str) -> Heard:
        path, _, query = target.partition("?")
        return Heard(
            vendor=stand_in.name,
            method=request.method,
            path=unquote(path),
            query=tuple(parse_qsl(query, keep_blank_values=True)),
            headers=request.headers,
            body=request.body,
            host=request.headers.get("host", ""),
            base=base,
            secret=self.secret(stand_in.name),
            dice=Dice(self.seed),
            memory=self._remembered(stand_in.name),
        )

    async def _say(self, stand_in: StandIn, heard: Heard) -> Said | None:
        said = await stand_in.answer(heard)
        return fault(stand_in, said.fault) if said.fault else said

    def _keep(self, stand_in: StandIn, heard: Heard, mode: Mode, said: Said | None) -> None:
        self._number += 1
        path = stand_in.shown(heard.path)
        query = sorted((name, value) for name, value in heard.query if name not in _KEYS)
        question = hashlib.sha256(repr((heard.method, path, query)).encode())
        question.update(heard.body)
        self.log.append(
            Call(
                number=self._number,
                at=time.time(),
                vendor=stand_in.name,
                method=heard.method,
                path=path,
                status=said.status if said and mode.kind != "hang" else 0,
                question=question.hexdigest()[:16],
                billed=bool(said and said.billed),
                mode=mode.kind,
                note=said.note if said else "",
            )
        )

    def _remembered(self, vendor: str) -> dict[str, object]:
        return self._memory.setdefault(vendor, {})

    def _later(self, hook: Hook) -> None:
        async def go() -> None:
            for pause in (0.0, 0.5, 2.0):
                await asyncio.sleep(pause)
                with suppress(httpx.HTTPError):
                    if (await _post(hook))[0] < 500:
                        return

        task = asyncio.create_task(go())
        self._running.add(task)
        task.add_done_callback(self._running.discard)


def response(said: Said) -> Response:
    """An answer with the mark that all of it is made up."""
    return Response(said.status, {"content-type": "application/json", **said.headers, **MARK}, said.body)


async def _post(hook: Hook) -> tuple[int, str]:
    async with httpx.AsyncClient(timeout=10.0) as client:
        answer = await client.post(hook.url, content=hook.body, headers={"content-type": "application/json", **hook.headers})
    return answer.status_code, answer.text
