"""What a webhook source is: how its deliveries are signed, labelled and read. One package or file under `sources/` each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from shopwarden.domain.events import DomainEvent

Headers = Mapping[str, str]
"""HTTP headers with their names in lower case; the last one wins where a name is repeated."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What the headers say about a delivery, before anything of the body is believed.

    delivery_id: the same on every retry of one delivery; None when the source sends none (it is then made from the body).
    event_id: the same for all deliveries that one action of the merchant set off.
    triggered_at: when it happened in the source, aware UTC.
    """

    topic: str
    delivery_id: str | None = None
    event_id: str | None = None
    triggered_at: datetime | None = None
    shop_domain: str | None = None
    api_version: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Declared once as the constant `SOURCE` of its module, and found by itself.

    name:      the last part of the URL, `/webhooks/{name}`; lower case.
    verify:    (headers, raw body, secrets) -> whether any of the secrets signed exactly these bytes. Constant time, never
               raises: a missing or broken signature is False.
    envelope:  headers -> Envelope. Raises RefuseError that names the header when one that is needed is missing.
    topics:    the topics `translate` understands; others are kept, counted and left alone.
    translate: (topic, raw body, triggered_at) -> what happened, in our own words. Pure. Raises SkipError when the body
               can't be read.
    signature_headers: names of the headers that may carry the signature, for the sentence told to whom sends none.
    secret_variables: environment variables of the secret, for the sentence told where none is set; those of an app's where
               empty.
    sent_at:   when the sender says it signed, where the signature covers it: a delivery that is too old is refused.
    """

    name: str
    verify: Callable[[Headers, bytes, tuple[str, ...]], bool]
    envelope: Callable[[Headers], Envelope]
    topics: frozenset[str]
    translate: Callable[[str, bytes, datetime | None], tuple[DomainEvent, ...]]
    signature_headers: tuple[str, ...] = ()
    secret_variables: tuple[str, ...] = ()
    sent_at: Callable[[Headers], datetime | None] | None = None
