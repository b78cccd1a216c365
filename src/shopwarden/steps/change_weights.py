"""A store's weights set or brought back: the next version, and a line in the audit log."""

from __future__ import annotations

import msgspec

from shopwarden.domain.hand import Hand
from shopwarden.domain.ids import StoreId
from shopwarden.domain.verdict import Weights
from shopwarden.errors import RefuseError
from shopwarden.store.audit import Change, Values, note
from shopwarden.store.database import Connection
from shopwarden.store.rules import hold_rules
from shopwarden.store.weights import WeightsVersion, current_version, put_weights


async def set_weights(
    connection: Connection, store_id: StoreId, weights: Weights, by: Hand, based_on: int | None = None
) -> WeightsVersion:
    """RefuseError 409 where others were set since version `based_on`; needs a transaction."""
    await hold_rules(connection, store_id)
    before = await current_version(connection, store_id)
    if based_on is not None and based_on != before.weights.version:
        told = f"The weights were changed by {before.changed_by} since: they are at version {before.weights.version}."
        wrong = {"based_on": f"is {before.weights.version} by now"}
        raise RefuseError(told, status=409, type="conflict", fields=wrong)
    after = await put_weights(connection, store_id, weights, by.actor, by.reason)
    change = Change(
        actor=by.actor, action="weights.changed", subject="weights", subject_id=str(after.weights.version),
        before=_told(before.weights), after=_told(after.weights), reason=by.reason,
    )  # fmt: skip
    await note(connection, store_id, change)
    return after


def _told(weights: Weights) -> Values:
    plain: dict[str, object] = msgspec.to_builtins(weights)
    return plain
