"""What a stand-in for a vendor is: what it hears, what it says, and how all of them are found. One file each.

A file of this package that has a constant `STAND_IN` is found by itself:

    async def answer(heard: Heard) -> Said:
        if not heard.bearer():
            return Said.of({"error": "no key"}, 401)
        return Said.of({"score": heard.dice.about(heard.json()["email"]).whole("score", 0, 100)}, billed=True)

    STAND_IN = StandIn(name="acme", hosts=("api.acme.com",), answer=answer)
"""

from __future__ import annotations

import base64
import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import msgspec

import shopwarden.sandbox as package
from shopwarden.errors import RefuseError
from shopwarden.sandbox.dice import Dice

HANG = 120.0
"""Seconds after which even a hanging answer ends: longer than any client waits."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One request. `path` is the vendor's own (no prefix of ours), decoded; header names are lower case.

    secret: what signatures of this vendor are made with.
    base:   address under which the vendor's paths are found from outside, without a slash at its end; what an answer
            links to begins with it.
    memory: what this vendor remembers between requests, free to use; empty again after a reset.
    """

    vendor: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    host: str
    base: str
    secret: str
    dice: Dice
    memory: dict[str, object]

    def asked(self, name: str, default: str = "") -> str:
        """The last value of a query parameter."""
        return dict(self.query).get(name, default)

    def json(self) -> dict[str, object]:
        """The body as a JSON object; an empty one where it is anything else (see `is_json`)."""
        try:
            found = msgspec.json.decode(self.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def is_json(self) -> bool:
        """Whether the body is a JSON object."""
        try:
            return isinstance(msgspec.json.decode(self.body), dict)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return False

    def form(self) -> dict[str, str]:
        """The body as an HTML form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def bearer(self) -> str:
        """The token of `Authorization: Bearer`, or an empty text."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    def basic(self) -> tuple[str, str] | None:
        """User and password of `Authorization: Basic`."""
        scheme, _, coded = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, colon, password = base64.b64decode(coded, validate=True).decode().partition(":")
        except ValueError:
            return None
        return (user, password) if colon else None


@dataclass(frozen=True, slots=True)
class Hook:
    """A request the vendor sends on its own accord, signed already."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """One answer. `delay`: seconds before it; `billed`: the vendor would charge for it; `hooks` leave right after it;
    `note`: a word for the log (the operation of a query, say); `fault`: the vendor's words for that mode instead."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    billed: bool = False
    hooks: tuple[Hook, ...] = ()
    note: str = ""
    fault: str = ""

    @classmethod
    def of(
        cls,
        body: object,
        status: int = 200,
        *,
        billed: bool = False,
        kind: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Said:
        """`body` as JSON, with `kind` for its content type."""
        return cls(status, msgspec.json.encode(body), {"content-type": kind, **(headers or {})}, billed=billed)


@dataclass(frozen=True, slots=True)
class Wish:
    """What `POST /_sandbox/send` asks to be sent. `rest`: all further members of its body."""

    kind: str
    to: str
    secret: str
    rest: Mapping[str, object]
    dice: Dice
    memory: dict[str, object]


@dataclass(frozen=True, slots=True)
class StandIn:
    """hosts:  real host names it answers for; `*.name` stands for every host that ends so.
    faults: the vendor's own words in the modes `quota`, `rate_limited`, `error` and `refuse`; a mode not named here gets a
            plain answer of the fitting status.
    send:   makes a webhook of the vendor; None where it sends none.
    shown:  the path as the log may keep it, without keys.
    """

    name: str
    hosts: tuple[str, ...]
    answer: Callable[[Heard], Awaitable[Said]]
    faults: Mapping[str, Said] = field(default_factory=dict)
    send: Callable[[Wish], Hook] | None = None
    shown: Callable[[str], str] = str

    def knows(self, host: str) -> bool:
        """Whether `host` (no port) is the vendor's."""
        return any(host == own or (own.startswith("*.") and host.endswith(own[1:])) for own in self.hosts)


def find_stand_ins() -> dict[str, StandIn]:
    """All stand-ins by name."""
    found = {}
    for module in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        stand_in = getattr(importlib.import_module(f"{package.__name__}.{module}"), "STAND_IN", None)
        if isinstance(stand_in, StandIn):
            if stand_in.name in found:
                raise RefuseError(f"two stand-ins are named {stand_in.name}")
            found[stand_in.name] = stand_in
    return found


def magic(mail: str) -> str | None:
    """The magic word of a mail address: its local part `timeout`, `quota`, `pending`, `unknown`, `error` or `rubbish`."""
    word = mail.strip().lower().partition("@")[0].partition("+")[0]
    return word if word in {"timeout", "quota", "pending", "unknown", "error", "rubbish"} else None


def spell(mail: str) -> Said | None:
    """The answer to a magic word that means the same with every vendor; None for others, `pending` and `unknown` too."""
    word = magic(mail)
    if word == "timeout":
        return Said(delay=HANG, billed=True)
    return Said(fault=word) if word in {"quota", "error", "rubbish"} else None


def refused(key: str) -> bool:
    """Whether the vendor does not accept a key: there is none, or it says so itself (`wrong...`, `bad...`, `invalid...`)."""
    return not key.strip() or key.strip().lower().startswith(("wrong", "bad", "invalid"))
