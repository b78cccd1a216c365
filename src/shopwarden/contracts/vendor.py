"""What a vendor is: what it can answer, what it needs, how to ask and how to read. One file under `vendors/` each.

A vendor's file is pure: it makes requests and reads replies as plain data. Sending, waiting, trying again, counting money
and keeping answers are the sender's and the ledger's work, the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.domain.answers import Answer, Subject
from shopwarden.domain.inquiry import Happening, Inquiry
from shopwarden.errors import ShopwardenError

FaultKind = Literal[
    "auth", "quota", "rate_limited", "invalid_input", "pending", "unavailable", "contract_changed", "timeout"
]
"""auth: the key is wrong or lacks a right. quota: paid credits are used up. pending: ask the same again later.
contract_changed: the reply is not what the contract says. timeout: no reply in time; it may have been charged."""


class VendorFault(ShopwardenError):
    """Why a vendor gave no answer. `after`: the wait it asks for, in seconds. The text never holds a secret or a person."""

    def __init__(self, kind: FaultKind, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.kind: FaultKind = kind
        self.after = after


@dataclass(frozen=True, slots=True)
class Credential:
    """One value of an account. `variable` is its environment variable, the default of a one-store install."""

    name: str
    variable: str
    meaning: str
    secret: bool = True
    needed: bool = True
    default: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """A store's account with a vendor. `base_url` stands in for all of the vendor's own hosts (the sandbox); every answer
    is then marked as made up."""

    vendor: str
    values: Mapping[str, str] = field(repr=False)
    base_url: str | None = None
    made_up: bool = False

    def value(self, name: str) -> str:
        """The value, or an empty text."""
        return self.values.get(name, "")

    def url(self, own: str, path: str) -> str:
        """`path` (with its leading slash) at the vendor's own base address, or at the stand-in's."""
        return (self.base_url or own).rstrip("/") + path


@dataclass(frozen=True, slots=True)
class Limits:
    """How a vendor wants to be asked. Seconds; `per_second` 0 is no limit; `tries` counts the first one."""

    connect: float = 3.0
    total: float = 10.0
    at_once: int = 8
    per_second: float = 0.0
    tries: int = 3
    retry_statuses: frozenset[int] = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Finding:
    """What a reply says: at most one answer for each subject; none at all is a miss, which is an answer too."""

    answers: tuple[Answer, ...] = ()
    reference: str | None = None
    credits_left: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """One question a vendor can be asked.

    key:       `vendor.what`, stable for ever: answers are kept under it.
    subject:   what it is about first of all.
    needs:     names of Inquiry's fields that must be there.
    identity:  what makes two questions the same, from inquiry and account; with the key it is the answer's address.
    ask, read: pure. `read` raises VendorFault; a plain "nobody known" is an empty Finding.
    price:     US dollars for one call, an estimate the store can set right; 0 for what is free or flat.
    bills_misses: whether a call that finds nobody is charged.
    repeatable: the same question asked again is not charged again (it is keyed at the vendor).
    keep, keep_miss: how long an answer or a miss stays fresh. None: for ever (an order is judged once).
    feeds:     which facts it fills, for the page that lists vendors.
    """

    key: str
    subject: Subject
    needs: tuple[str, ...]
    identity: Callable[[Inquiry, Account], tuple[str, ...]]
    ask: Callable[[Inquiry, Account], Ask]
    read: Callable[[Reply], Finding]
    price: Decimal = Decimal(0)
    bills_misses: bool = True
    repeatable: bool = False
    keep: timedelta | None = timedelta(days=30)
    keep_miss: timedelta | None = timedelta(days=30)
    feeds: tuple[str, ...] = ()
    title: str = ""
    wanted: Callable[[Account], bool] = lambda account: True
    """Whether this account has the question at all (a plan, a setting)."""


@dataclass(frozen=True, slots=True)
class Teller:
    """What a vendor that learns wants to hear. `tell` answers the requests to send, none when it is of no interest."""

    kinds: frozenset[str]
    tell: Callable[[Happening, Account], tuple[Ask, ...]]
    read: Callable[[Reply], None]
    """Raises VendorFault; returns when the vendor took it."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """Declared once as the constant `VENDOR` of its module, and found by itself.

    hosts:  the only hosts ever asked. `check` makes a request that proves the account and spends nothing; where the vendor
            has none, None. `read_check` answers a sentence about the account, or raises VendorFault.
    notice: what a person must know before switching it on. `is_on` false: asks only after somebody switched it on.
    """

    name: str
    title: str
    about: str
    credentials: tuple[Credential, ...]
    hosts: tuple[str, ...]
    lookups: tuple[Lookup, ...] = ()
    teller: Teller | None = None
    check: Callable[[Account], Ask] | None = None
    read_check: Callable[[Reply], str] | None = None
    limits: Limits = Limits()
    notice: str | None = None
    is_on: bool = True
    hosts_of: Callable[[Account], tuple[str, ...]] | None = None
    """Further hosts that follow from the account (a region)."""
