"""A verdict made again from the facts, weights and rules it was made from: the same bytes, or what differs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from uuid import UUID

import msgspec
from msgspec.structs import replace

from shopwarden.domain.ids import StoreId
from shopwarden.domain.policy import Ruleset
from shopwarden.domain.verdict import Verdict
from shopwarden.steps.judge import judge
from shopwarden.steps.receipt_differences import differences
from shopwarden.store.database import Connection
from shopwarden.store.rulesets import find_ruleset
from shopwarden.store.verdicts import StoredVerdict, find_verdict
from shopwarden.store.weights import find_weights

_NEGATIVE_ZERO = re.compile(rb"(?<=[:,\[])-0\.0(?=[,\]}])")


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """`differences` in words, empty when the verdict comes out the same. The code's version alone is no difference.
    `digest` and `digest_again` are SHA-256 over the bytes that were compared."""

    stored: Verdict
    again: Verdict
    differences: tuple[str, ...]
    digest: str
    digest_again: str


async def receipt_of(connection: Connection, store_id: StoreId, verdict_id: UUID) -> Receipt | None:
    """None where the store has no such verdict, or its facts were erased on a person's request."""
    stored = await find_verdict(connection, store_id, verdict_id)
    if stored is None:
        return None
    verdict, faults = stored.verdict, []
    ruleset = await find_ruleset(connection, store_id, verdict.ruleset_version)
    if ruleset is None:
        faults.append(f"ruleset: version {verdict.ruleset_version} is not kept any more")
    weights = await find_weights(connection, store_id, verdict.weights_version)
    if weights is None:
        faults.append(f"weights: version {verdict.weights_version} is not kept any more")
    elif weights.weights != stored.weights:
        faults.append(f"weights: version {verdict.weights_version} is not what the verdict was made with")
    receipt = recompute(stored, ruleset or Ruleset(version=verdict.ruleset_version))
    return replace(receipt, differences=(*faults, *receipt.differences))


def recompute(stored: StoredVerdict, ruleset: Ruleset) -> Receipt:
    """Pure. What a verdict says of other verdicts (`decided_by`, `changed_from`) is taken over: it follows from those."""
    then = stored.verdict
    made = judge(stored.facts, stored.weights, ruleset, subject_of(stored))
    again = replace(made, decided_by=then.decided_by, changed_from=then.changed_from)
    before, after = compared_bytes(then), compared_bytes(again)
    told = tuple(differences(then, again)) if before != after else ()
    return Receipt(stored=then, again=again, differences=told, digest=_digest(before), digest_again=_digest(after))


def subject_of(stored: StoredVerdict) -> str:
    """What names the decision where a rule applies to a share: the shop's id of the order, else the customer."""
    return stored.external_id or str(stored.customer_id or "")


def compared_bytes(verdict: Verdict) -> bytes:
    """The verdict as it is told, without the version of the code. Once kept, keys have no order and zero no sign."""
    return _NEGATIVE_ZERO.sub(b"0.0", msgspec.json.encode(replace(verdict, code_version=""), order="deterministic"))


def _digest(told: bytes) -> str:
    return hashlib.sha256(told).hexdigest()


def lines(receipt: Receipt) -> Iterator[str]:
    """The receipt in print: the outcome first, then each difference."""
    then, again = receipt.stored, receipt.again
    made = f"score {then.score}, {then.advice}, made {then.at:%Y-%m-%d %H:%M:%S} UTC by version {then.code_version}"
    if then.code_version != again.code_version:
        made += f", recomputed by version {again.code_version}"
    made += f", weights {then.weights_version}, rules {then.ruleset_version}"
    if not receipt.differences:
        yield f"same: {made}"
        yield f"  sha256 {receipt.digest}"
        return
    yield f"different: {made}"
    yield from (f"  {difference}" for difference in receipt.differences)
