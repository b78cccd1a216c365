"""What asking vendors came to: what is known of each look-up, how fresh it is, and why something is missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

import msgspec

from shopwarden.domain.answers import (
    Answer,
    EmailAnswer,
    IpAnswer,
    PhoneAnswer,
    RiskAnswer,
    Unanswered,
    VendorFacts,
)

Kind = TypeVar("Kind", IpAnswer, EmailAnswer, PhoneAnswer, RiskAnswer)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a look-up says. No answers: the vendor knows nobody. `fresh` false: older than it should be, but all there is."""

    answers: tuple[Answer, ...]
    at: datetime
    made_up: bool = False
    fresh: bool = True


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """By key of the look-up. One with an answer that is not fresh can be in both: `missing` then says why not."""

    answers: dict[str, Known] = {}
    missing: dict[str, Unanswered] = {}
    learnt: tuple[str, ...] = ()
    """Those answered by a call made now, sorted."""


def vendor_facts(settled: Settled) -> VendorFacts:
    """The part a score may be made of: what vendors say of a person's life is left out."""
    told = {key: known for key, known in settled.answers.items() if known.answers}
    return VendorFacts(
        ip=_of_kind(IpAnswer, told),
        email=_of_kind(EmailAnswer, told),
        phone=_of_kind(PhoneAnswer, told),
        risk=_of_kind(RiskAnswer, told),
        answered_at={key: known.at for key, known in sorted(settled.answers.items())},
        missing={key: why for key, why in sorted(settled.missing.items()) if key not in settled.answers},
        made_up=any(known.made_up for known in settled.answers.values()),
    )


def _of_kind(kind: type[Kind], told: Mapping[str, Known]) -> dict[str, Kind]:
    return {key: answer for key in sorted(told) for answer in told[key].answers if isinstance(answer, kind)}


_SENTENCES: Mapping[str, str] = {
    "auth": "{title} refuses the store's key.",
    "quota": "The credits of the store's account with {title} are used up.",
    "rate_limited": "{title} takes no more calls at the moment.",
    "invalid_input": "{title} can't answer this question.",
    "pending": "{title} is still working on its answer.",
    "unavailable": "{title} is not working at the moment.",
    "contract_changed": "{title} gave an answer that can't be read.",
    "timeout": "{title} did not answer in time.",
    "late": "{title} has not answered yet; its answer is kept for the next score.",
    "asking": "{title} is being asked at this moment.",
    "lost": "The answer of {title} was lost on its way. The call may have been charged, so it is not made again for a day.",
    "budget": "The store's budget for {title} is used up.",
    "breaker": "{title} failed several times and is left alone{until}.",
    "by_hand": "{title} is asked by hand only.",
    "sealed": "{title} can't be asked: ENCRYPTION_KEYS does not hold the key this store's questions are protected with.",
}
_KINDS = {"late": "timeout", "by_hand": "policy", "sealed": "auth"}


def unanswered(kind: str, title: str, until: datetime | None = None) -> Unanswered:
    """Why there is no answer, in a sentence for the merchant. `until`: when the vendor is tried again, if that is known."""
    sentence = _SENTENCES.get(kind, "{title} gave no answer.")
    told = f" until {until:%H:%M} UTC" if until is not None else ""
    return Unanswered(kind=_KINDS.get(kind, kind), sentence=sentence.format(title=title, until=told))
