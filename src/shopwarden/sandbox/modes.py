"""How a vendor misbehaves on command, and in which words."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Annotated, Literal

import msgspec

from shopwarden.sandbox.stand_in import HANG, Said, StandIn

Kind = Literal["ok", "hang", "error", "quota", "rate_limited", "rubbish", "slow", "refuse", "down"]

_RUBBISH = Said(200, b'<html><body>{"almost": JSON', {"content-type": "application/json"})
_PLAIN = {
    "error": Said.of({"error": "internal error"}, 500),
    "quota": Said.of({"error": "out of credits"}, 402),
    "rate_limited": Said.of({"error": "too many requests"}, 429),
    "refuse": Said.of({"error": "not authorized"}, 401),
}


class Mode(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the control address sets.

    kind:    ok: as always. hang: heard and charged, never answered. slow: answered after `seconds` (2). error: its own 5xx.
             quota: credits used up. rate_limited: slow down, `Retry-After` of `seconds` (1). rubbish: 200 that can't be
             read. refuse: the key is not accepted. down: the connection breaks off, nothing heard.
    vendor:  a vendor's name, `*` for all.
    path:    which of its paths (`*` for any text); times: for so many calls, then as before. None: always.
    status, body: instead of the vendor's own for this kind: any status of its documentation can be had.
    per_second: only for what is more than so many calls a second (a rate limit as vendors keep them).
    """

    vendor: str
    kind: Kind
    path: str = "*"
    times: int | None = None
    seconds: float | None = None
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    body: object | None = None
    per_second: Annotated[float, msgspec.Meta(gt=0)] | None = None


class Modes:
    """The modes that are set, the newest first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._set: list[Mode] = []
        self._lately: dict[str, deque[float]] = {}
        self._clock = clock

    def put(self, mode: Mode) -> None:
        """Adds a mode; `ok` takes away what is set for the same vendor and path (for all its paths when `*`)."""
        self._set = [old for old in self._set if not self._replaces(mode, old)]
        if mode.kind != "ok":
            self._set.insert(0, mode)

    def clear(self) -> None:
        self._set = []
        self._lately.clear()

    def all(self) -> Sequence[Mode]:
        return tuple(self._set)

    def take(self, vendor: str, path: str) -> Mode | None:
        """The mode for this call, counted."""
        for mode in self._set:
            if mode.vendor in {vendor, "*"} and fnmatchcase(path, mode.path) and self._is_due(mode, vendor):
                if mode.times is not None:
                    mode.times -= 1
                    if mode.times <= 0:
                        self._set.remove(mode)
                return mode
        return None

    def _is_due(self, mode: Mode, vendor: str) -> bool:
        if mode.per_second is None:
            return True
        now, lately = self._clock(), self._lately.setdefault(vendor, deque())
        while lately and lately[0] <= now - 1:
            lately.popleft()
        if len(lately) >= mode.per_second:
            return True
        lately.append(now)
        return False

    @staticmethod
    def _replaces(new: Mode, old: Mode) -> bool:
        return new.vendor in {old.vendor, "*"} and (new.path == old.path or (new.kind == "ok" and new.path == "*"))


def fault(stand_in: StandIn, kind: str) -> Said | None:
    """What the vendor says in this mode without having heard the question; None: nothing, the connection breaks off."""
    if kind in stand_in.faults:
        return stand_in.faults[kind]
    return _RUBBISH if kind == "rubbish" else _PLAIN.get(kind)


def bend(mode: Mode, said: Said | None) -> Said | None:
    """The answer as the mode has it."""
    if said is None:
        return None
    if mode.status is not None:
        said = replace(said, status=mode.status)
    if mode.body is not None:
        said = replace(said, body=msgspec.json.encode(mode.body))
    if mode.kind == "hang":
        return replace(said, delay=HANG if mode.seconds is None else mode.seconds)
    if mode.kind == "slow":
        return replace(said, delay=2.0 if mode.seconds is None else mode.seconds)
    if mode.kind == "rate_limited" and (mode.seconds is not None or "retry-after" not in said.headers):
        return replace(said, headers={**said.headers, "retry-after": str(int(mode.seconds or 1))})
    return said
