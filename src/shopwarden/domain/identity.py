"""Who is who: which identifiers mean the same customer. Pure rules over all that was ever said: order cannot matter.

Every identifier keeps what was said under it and which others were named in the same breath. From that alone follows
its *root*, the identifier whose customer row it belongs to:

1. A Shopify customer id is its own root, always: two of them never become one row.
2. A bound id (the site's user id, Klaviyo's id) belongs to the Shopify id it was last named with; else to the Shopify
   customer who owns the e-mail it was last named with; else it is its own root. One named with more than MOST_EMAILS
   addresses stands for nobody ("guest", "null") and binds nothing.
3. An e-mail address belongs to the Shopify id that claimed it last; else to the root of the bound id that did; else to
   itself.
4. A phone number belongs to the one root that names it, if there is just one; contested numbers and numbers alone
   belong to themselves.

An identifier's root may change when more is known; the rows then follow. See docs/decisions/0005-identity-rules.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

import msgspec

from shopwarden.domain.merge import Fields, merge, stated_by
from shopwarden.domain.observation import CustomerObservation

SHOPIFY, USER, KLAVIYO, EMAIL, PHONE = "shopify", "user", "klaviyo", "email", "phone"
BOUND = (USER, KLAVIYO)
STRENGTH = {SHOPIFY: 0, EMAIL: 1, USER: 2, KLAVIYO: 3, PHONE: 4}
MOST_EMAILS = 5
LONGEST_VALUE = 300
MOST_PARTNERS = 8
"""Newest partners of each kind an identifier remembers; above MOST_EMAILS, so that the rule above can still be told."""


class Identifier(NamedTuple):
    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


def identifier_of(text: str) -> Identifier:
    kind, _, value = text.partition(":")
    return Identifier(kind, value)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known under one identifier. `spoken`: something was said of it alone or as the strongest of its breath."""

    fields: Fields = {}
    seen_with: dict[Identifier, str] = {}
    """Partner -> newest version they were named together in."""
    version: str = ""
    first_at: datetime | None = None
    last_at: datetime | None = None

    @property
    def spoken(self) -> bool:
        return self.first_at is not None


Book = Mapping[Identifier, Known]


def identifiers_of(observation: CustomerObservation) -> list[Identifier]:
    """The identifiers named by an observation, strongest first."""
    named = (
        (SHOPIFY, observation.shopify_id),
        (EMAIL, observation.email),
        (USER, observation.user_id),
        (KLAVIYO, observation.klaviyo_id),
        (PHONE, observation.phone),
    )
    return [Identifier(kind, _short(value)) for kind, value in named if isinstance(value, str) and value]


def _short(value: str) -> str:
    """Over-long ids are told apart by their digest: an index entry has no room for more."""
    if len(value) <= LONGEST_VALUE:
        return value
    return "sha256-" + sha256(value.encode("utf-8", "replace")).hexdigest()


def said(observation: CustomerObservation) -> dict[Identifier, Known]:
    """What one observation adds to each identifier it names: the fields go to the strongest, the company to all."""
    named = identifiers_of(observation)
    pages: dict[Identifier, Known] = {}
    for place, identifier in enumerate(named):
        company = {other: observation.version for other in named if other != identifier}
        pages[identifier] = Known(
            fields=stated_by(observation) if place == 0 else {},
            seen_with=company,
            version=observation.version,
            first_at=observation.at if place == 0 else None,
            last_at=observation.at if place == 0 else None,
        )
    return pages


def join(one: Known, other: Known) -> Known:
    """Both told together: commutative, associative, idempotent."""
    return Known(
        fields=merge(one.fields, other.fields),
        seen_with=_newest(one.seen_with, other.seen_with),
        version=max(one.version, other.version),
        first_at=min(filter(None, (one.first_at, other.first_at)), default=None),
        last_at=max(filter(None, (one.last_at, other.last_at)), default=None),
    )


def _newest(one: Mapping[Identifier, str], other: Mapping[Identifier, str]) -> dict[Identifier, str]:
    both = dict(one)
    for partner, version in other.items():
        both[partner] = max(version, both.get(partner, ""))
    kept: dict[Identifier, str] = {}
    counts: dict[str, int] = {}
    for partner in sorted(both, key=lambda partner: (both[partner], partner), reverse=True):
        counts[partner.kind] = counts.get(partner.kind, 0) + 1
        if counts[partner.kind] <= MOST_PARTNERS:
            kept[partner] = both[partner]
    return kept


def write_down(observations: Iterable[CustomerObservation]) -> dict[Identifier, Known]:
    """The book of these observations alone."""
    book: dict[Identifier, Known] = {}
    for observation in observations:
        for identifier, known in said(observation).items():
            book[identifier] = join(book[identifier], known) if identifier in book else known
    return book


def root_of(book: Book, identifier: Identifier) -> Identifier:
    """The identifier whose customer row this one belongs to. Partners that are not in the book are taken as unknown."""
    if identifier.kind == SHOPIFY:
        return identifier
    if identifier.kind in BOUND:
        return _root_of_bound(book, identifier)
    if identifier.kind == EMAIL:
        return _root_of_email(book, identifier)
    return _root_of_phone(book, identifier)


def _partners(book: Book, identifier: Identifier, *kinds: str) -> list[Identifier]:
    """Partners of these kinds, newest first."""
    known = book.get(identifier)
    if known is None:
        return []
    found = [partner for partner in known.seen_with if partner.kind in kinds]
    return sorted(found, key=lambda partner: (known.seen_with[partner], partner), reverse=True)


def owner_of_email(book: Book, email: Identifier) -> Identifier | None:
    """The Shopify customer who claimed the address last."""
    return next(iter(_partners(book, email, SHOPIFY)), None)


def stands_for_somebody(book: Book, bound: Identifier) -> bool:
    return len(_partners(book, bound, EMAIL)) <= MOST_EMAILS


def _root_of_bound(book: Book, bound: Identifier) -> Identifier:
    if not stands_for_somebody(book, bound):
        return bound
    for shopify in _partners(book, bound, SHOPIFY):
        return shopify
    for email in _partners(book, bound, EMAIL):
        owner = owner_of_email(book, email)
        if owner is not None:
            return owner
    return bound


def _root_of_email(book: Book, email: Identifier) -> Identifier:
    owner = owner_of_email(book, email)
    if owner is not None:
        return owner
    for bound in _partners(book, email, *BOUND):
        if stands_for_somebody(book, bound):
            return _root_of_bound(book, bound)
    return email


def _root_of_phone(book: Book, phone: Identifier) -> Identifier:
    roots = {root_of(book, partner) for partner in _partners(book, phone, SHOPIFY, EMAIL, *BOUND)}
    return roots.pop() if len(roots) == 1 else phone


def resolve(book: Book) -> dict[Identifier, Identifier]:
    """Identifier -> root, for the whole book: the partition of everything said into customers."""
    return {identifier: root_of(book, identifier) for identifier in book}
