"""Which questions an inquiry puts to which accounts, and under which keyed digests their answers are kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import structlog

from shopwarden.contracts.vendor import Lookup
from shopwarden.domain.ids import StoreId
from shopwarden.domain.inquiry import Inquiry
from shopwarden.domain.sealing import Sealer
from shopwarden.errors import StopError
from shopwarden.steps.accounts import Connected
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Connection
from shopwarden.store.question_keys import make_question_key, read_question_key, replace_question_key
from shopwarden.store.vendor_answers import Question

_log = structlog.get_logger(__name__)
_PLAIN, _SEALED = "plain:", "sealed:"


@dataclass(frozen=True, slots=True)
class Open:
    """A question that can be put. `may_repeat`: asking it twice costs nothing more."""

    lookup: Lookup
    connected: Connected
    question: Question
    inquiry: Inquiry = field(repr=False)

    @property
    def key(self) -> str:
        return self.lookup.key

    @property
    def vendor(self) -> str:
        return self.connected.vendor.name

    @property
    def title(self) -> str:
        return self.connected.vendor.title

    @property
    def price(self) -> Decimal:
        return self.connected.price(self.lookup)

    @property
    def may_repeat(self) -> bool:
        return self.lookup.repeatable or self.price <= 0

    @property
    def cached_as(self) -> str:
        return f"{self.key}:{self.question.digest.hex()}"


def open_questions(
    accounts: Mapping[str, Connected], inquiry: Inquiry, secret: bytes, lookups: Collection[str] | None = None
) -> list[Open]:
    """What these accounts can be asked with what the inquiry holds, in the order of the vendors' names.

    A stand-in's answers are kept apart from a vendor's own: going over to real accounts asks anew.
    """
    found = []
    for connected in accounts.values():
        account = connected.account
        for lookup in connected.vendor.lookups:
            if lookups is not None and lookup.key not in lookups:
                continue
            try:
                if not lookup.wanted(account) or not all(getattr(inquiry, need) for need in lookup.needs):
                    continue
                parts = (lookup.key, account.base_url or "", *lookup.identity(inquiry, account))
            except Exception as error:
                # One vendor's slip must not take the others' answers away.
                _log.error("vendor_question_broke", lookup=lookup.key, error=type(error).__name__)
                continue
            found.append(Open(lookup, connected, Question(lookup.key, question_digest(secret, parts)), inquiry))
    return found


def question_digest(secret: bytes, parts: tuple[str, ...]) -> bytes:
    """HMAC-SHA256 over the length-prefixed parts: the same for the same question, and telling nothing without the secret."""
    digest = hmac.new(secret, digestmod=hashlib.sha256)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return digest.digest()


async def question_secret(tools: VendorTools, connection: Connection, store_id: StoreId) -> bytes:
    """The store's own secret: random, made at the first question, sealed where this installation has keys to seal with.

    It is not derived from those keys: changing them would make every answer unfindable, and every question be paid again.
    StopError where it does not open.
    """
    known = tools.question_keys.get(store_id)
    if known is not None:
        return known
    kept = await read_question_key(connection, store_id)
    if kept is None or not _is_current(tools.sealer, kept):
        # Committed by itself: a caller that rolls back must not leave this process with a secret nobody else has. Where
        # nothing can be rolled back, a second connection of a busy pool would be one too many.
        if connection.is_in_transaction():
            async with tools.database.pool.acquire() as own:
                kept = await _renewed(tools.sealer, own, store_id, kept)
        else:
            kept = await _renewed(tools.sealer, connection, store_id, kept)
    secret = _opened(tools.sealer, store_id, kept)
    tools.question_keys[store_id] = secret
    return secret


async def _renewed(sealer: Sealer, connection: Connection, store_id: StoreId, kept: str | None) -> str:
    if kept is None:
        kept = await make_question_key(connection, store_id, _closed(sealer, store_id, secrets.token_bytes(32)))
    if kept is None:
        raise StopError("there is no such store")
    if not _is_current(sealer, kept):
        secret = _opened(sealer, store_id, kept)
        await replace_question_key(connection, store_id, kept, _closed(sealer, store_id, secret))
    return kept


def _context(store_id: StoreId) -> str:
    return f"questions:{store_id}"


def _closed(sealer: Sealer, store_id: StoreId, secret: bytes) -> str:
    return _SEALED + sealer.seal(secret, _context(store_id)).hex() if sealer.is_ready else _PLAIN + secret.hex()


def _opened(sealer: Sealer, store_id: StoreId, kept: str) -> bytes:
    if kept.startswith(_PLAIN):
        return bytes.fromhex(kept.removeprefix(_PLAIN))
    return sealer.open(bytes.fromhex(kept.removeprefix(_SEALED)), _context(store_id))


def _is_current(sealer: Sealer, kept: str) -> bool:
    if kept.startswith(_PLAIN):
        return not sealer.is_ready
    return sealer.is_current(bytes.fromhex(kept.removeprefix(_SEALED)))
