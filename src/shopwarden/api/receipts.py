"""A verdict's receipt: made again from what it was made from, and whether the same comes out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from shopwarden.api.auth import Caller, requires
from shopwarden.domain.verdict import Advice, Verdict
from shopwarden.errors import RefuseError
from shopwarden.steps.receipt import Receipt, receipt_of
from shopwarden.store.database import Database


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """`sha256` is over the verdict's bytes, without the version of the code."""

    score: int
    points: float
    advice: Advice
    code_version: str
    sha256: str


class ReceiptAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`same`: the verdict comes out byte for byte. `differences` names what does not, one sentence each."""

    verdict_id: UUID
    same: bool
    at: datetime
    weights_version: int
    ruleset_version: int
    then: Made
    again: Made
    differences: tuple[str, ...]


@get(
    "/api/verdicts/{verdict_id:uuid}/receipt",
    guards=[requires("customers:read")],
    tags=["orders"],
    summary="A verdict made again from its own facts, weights and rules",
    operation_id="getReceipt",
)
async def show(
    caller: NamedDependency[Caller], database: NamedDependency[Database], verdict_id: FromPath[UUID]
) -> ReceiptAnswer:
    """By the weights and the rules of the verdict's own versions, however they have moved on since."""
    async with database.pool.acquire() as connection:
        receipt = await receipt_of(connection, caller.one_store(), verdict_id)
    if receipt is None:
        raise RefuseError("There is no such verdict in this store.", status=404, type="not-found")
    return _answer(verdict_id, receipt)


def _answer(verdict_id: UUID, receipt: Receipt) -> ReceiptAnswer:
    then = receipt.stored
    return ReceiptAnswer(
        verdict_id=verdict_id,
        same=not receipt.differences,
        at=then.at,
        weights_version=then.weights_version,
        ruleset_version=then.ruleset_version,
        then=_made(then, receipt.digest),
        again=_made(receipt.again, receipt.digest_again),
        differences=receipt.differences,
    )


def _made(verdict: Verdict, digest: str) -> Made:
    return Made(
        score=verdict.score,
        points=verdict.points,
        advice=verdict.advice,
        code_version=verdict.code_version,
        sha256=digest,
    )


HANDLERS = [show]
