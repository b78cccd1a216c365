"""What there is to know about a mail address: the plain facts from lists, the rest made up, always alike."""

from __future__ import annotations

import re
from dataclasses import dataclass

from disposable_email_domains import blocklist

from shopwarden.sandbox.dice import Dice

FREE = frozenset(
    str.split(
        "gmail.com googlemail.com yahoo.com yahoo.co.uk hotmail.com outlook.com live.com aol.com icloud.com me.com gmx.de "
        "gmx.net web.de proton.me protonmail.com mail.ru yandex.ru qq.com 163.com orange.fr free.fr libero.it t-online.de"
    )
)
_ROLES = frozenset(str.split("info sales support admin contact office billing help noreply no-reply postmaster webmaster"))
_MISSPELT = {"gmial.com": "gmail.com", "gmal.com": "gmail.com", "hotmial.com": "hotmail.com", "yaho.com": "yahoo.com"}
_SHAPE = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")


@dataclass(frozen=True, slots=True)
class Mail:
    """`valid`: written as an address is. `exists`: the host would take mail for it. `risk`: 0 to 1."""

    address: str
    local: str
    host: str
    valid: bool
    exists: bool
    disposable: bool
    free: bool
    role: bool
    suggestion: str | None
    risk: float
    dice: Dice


def mail_of(address: str, dice: Dice) -> Mail:
    """All about one address; upper and lower case are the same."""
    written = address.strip().lower()
    local, _, host = written.rpartition("@")
    own = dice.about("mail", written)
    valid = bool(_SHAPE.fullmatch(written)) and ".." not in written and not local.startswith(".")
    disposable = host in blocklist
    suggestion = _MISSPELT.get(host)
    bad = 0.86 if disposable else own.risk()
    dead = local in {"invalid", "bounce"} or suggestion is not None or own.happens("dead", 0.03)
    return Mail(
        address=written,
        local=local,
        host=host,
        valid=valid,
        exists=valid and not dead,
        disposable=disposable,
        free=host in FREE,
        role=local in _ROLES,
        suggestion=suggestion,
        risk={"test@approve.com": 0.02, "test@decline.com": 0.97}.get(written, bad),
        dice=own,
    )
