"""What a call came to, as the ledger keeps it: pure. What may have been charged is never asked a second time soon."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from shopwarden.contracts.exchange import Reply
from shopwarden.contracts.vendor import Finding, VendorFault
from shopwarden.outbound.call import UNCERTAIN
from shopwarden.outbound.exchange import CallFault
from shopwarden.steps.vendor_questions import Open
from shopwarden.store.vendor_answers import LOST_FOR, KeptAnswer, KeptFault

WAITS: dict[str, timedelta] = {
    "auth": timedelta(minutes=5),
    "quota": timedelta(minutes=5),
    "rate_limited": timedelta(seconds=10),
    "invalid_input": timedelta(hours=24),
    "pending": timedelta(minutes=2),
    "unavailable": timedelta(minutes=1),
    "contract_changed": timedelta(minutes=10),
    "timeout": timedelta(minutes=1),
}
"""How long a question is not asked again after a fault that cost nothing. The breaker looks after the vendor as a whole."""
LONGEST_WAIT = timedelta(hours=24)


class Came(NamedTuple):
    """What is kept of a reply, and what it cost."""

    kept: KeptAnswer | KeptFault
    cost: Decimal
    detail: str | None = None


def came(open_question: Open, finding: Finding, now: datetime) -> Came:
    """An answer, or that nobody is known."""
    lookup = open_question.lookup
    is_answer = bool(finding.answers)
    life = lookup.keep if is_answer else lookup.keep_miss
    kept = KeptAnswer(
        state="answered" if is_answer else "missed",
        answers=finding.answers,
        reference=finding.reference,
        made_up=open_question.connected.account.made_up,
        asked_at=now,
        answered_at=now,
        fresh_until=None if life is None else now + life,
    )
    cost = open_question.price if is_answer or lookup.bills_misses else Decimal(0)
    left = finding.credits_left
    return Came(kept, cost, None if left is None else f"credits left: {left}")


def failed(open_question: Open, fault: VendorFault, reply: Reply | None) -> Came:
    """A fault. Without a reply, after a gateway's word, or with a reply nobody can read, the call may have been charged."""
    is_unclear = (
        reply.status in UNCERTAIN or fault.kind == "contract_changed"
        if reply is not None
        else isinstance(fault, CallFault) and fault.was_sent and fault.kind != "rate_limited"
    )
    cost = open_question.price if is_unclear else Decimal(0)
    if is_unclear and not open_question.may_repeat:
        # Rubbish was an answer all the same: it is told as what it is, and waited for as long.
        state = "failed" if fault.kind == "contract_changed" else "lost"
        return Came(KeptFault("lost" if state == "lost" else "failed", fault.kind, str(fault), LOST_FOR), cost, str(fault))
    wait = WAITS.get(fault.kind, timedelta(minutes=1))
    if fault.after is not None:
        wait = min(LONGEST_WAIT, max(timedelta(seconds=1), timedelta(seconds=fault.after)))
    return Came(KeptFault("failed", fault.kind, str(fault), wait), cost, str(fault))
