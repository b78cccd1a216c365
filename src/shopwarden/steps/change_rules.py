"""Changes of a store's rules: each one is checked, kept, written into the next ruleset and noted in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from msgspec.structs import replace

from shopwarden.domain.hand import Hand
from shopwarden.domain.ids import StoreId, new_id
from shopwarden.domain.policy import Effect, RuleState
from shopwarden.domain.rule_life import MOST_RULES, StoredRule, named, refuse_effect, refuse_fields, refuse_step
from shopwarden.errors import RefuseError
from shopwarden.rules.language import read_condition
from shopwarden.store.audit import Change, note
from shopwarden.store.case_history import names_of
from shopwarden.store.database import Connection
from shopwarden.store.rules import find_rule, hold_rules, keep_order, keep_rule, list_rules
from shopwarden.store.rulesets import current_ruleset, put_ruleset


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule is to be; None leaves it as it is."""

    name: str | None = None
    condition: str | None = None
    effect: Effect | None = None
    state: RuleState | None = None
    share: int | None = None


async def create_rule(connection: Connection, store_id: StoreId, wanted: Wanted, by: Hand) -> StoredRule:
    """At the end of the store's order. ConditionError (400), RefuseError 409 beyond MOST_RULES; needs a transaction."""
    now = datetime.now(UTC)
    rule = StoredRule(
        id=new_id(), name=named(wanted.name or ""), condition=wanted.condition or "", effect=wanted.effect or Effect(),
        state=wanted.state or "draft", share=100 if wanted.share is None else wanted.share, position=0, version=1,
        created_by=by.actor, created_at=now, updated_by=by.actor, updated_at=now,
    )  # fmt: skip
    _refuse_wrong(rule)
    await hold_rules(connection, store_id)
    others = await list_rules(connection, store_id)
    _refuse_too_many(others)
    rule = replace(rule, position=max((each.position for each in others), default=0) + 1)
    await keep_rule(connection, store_id, rule)
    await _publish(connection, store_id, by)
    await _note(connection, store_id, by, "created", None, rule)
    return rule


async def change_rule(
    connection: Connection, store_id: StoreId, rule_id: UUID, wanted: Wanted, version: int | None, by: Hand
) -> StoredRule:
    """`version` is the one the change was thought of; RefuseError 409 where the rule has moved on, 404 where it is not."""
    rule = await _held(connection, store_id, rule_id)
    if rule.archived_at is not None:
        raise RefuseError("This rule is archived; restore it first.", status=409, type="conflict")
    if version is not None and version != rule.version:
        who = (await names_of(connection, store_id, {rule.updated_by})).get(rule.updated_by, rule.updated_by)
        told = f"{who} changed this rule since you read it: it is version {rule.version} now."
        raise RefuseError(told, status=409, type="conflict", fields={"version": f"is {rule.version} by now"})
    given = {name: value for name in wanted.__struct_fields__ if (value := getattr(wanted, name)) is not None}
    if "name" in given:
        given["name"] = named(given["name"])
    changed = replace(rule, **given)
    if changed == rule:
        return rule
    refuse_step(rule.state, changed.state)
    changed = replace(changed, version=rule.version + 1, updated_by=by.actor, updated_at=datetime.now(UTC))
    _refuse_wrong(changed)
    await keep_rule(connection, store_id, changed)
    await _publish(connection, store_id, by)
    await _note(connection, store_id, by, "changed", rule, changed)
    return changed


async def archive_rule(connection: Connection, store_id: StoreId, rule_id: UUID, by: Hand) -> StoredRule:
    """Put away: asked no more, its results stay. Archiving twice is the same as once."""
    rule = await _held(connection, store_id, rule_id)
    if rule.archived_at is not None:
        return rule
    now = datetime.now(UTC)
    put_away = replace(rule, archived_at=now, version=rule.version + 1, updated_by=by.actor, updated_at=now)
    await keep_rule(connection, store_id, put_away)
    await _publish(connection, store_id, by)
    await _note(connection, store_id, by, "archived", rule, put_away)
    return put_away


async def restore_rule(connection: Connection, store_id: StoreId, rule_id: UUID, by: Hand) -> StoredRule:
    """Back at the end of the order, switched off where it was asked before."""
    rule = await _held(connection, store_id, rule_id)
    if rule.archived_at is None:
        return rule
    others = await list_rules(connection, store_id)
    _refuse_too_many(others)
    back = replace(
        rule, archived_at=None, state="draft" if rule.state == "draft" else "off", version=rule.version + 1,
        position=max((each.position for each in others), default=0) + 1,
        updated_by=by.actor, updated_at=datetime.now(UTC),
    )  # fmt: skip
    await keep_rule(connection, store_id, back)
    await _note(connection, store_id, by, "restored", rule, back)
    return back


async def reorder_rules(connection: Connection, store_id: StoreId, ids: Sequence[UUID], by: Hand) -> list[StoredRule]:
    """`ids` are all rules of the store, each once, in the order they are to be asked in; RefuseError 409 else."""
    await hold_rules(connection, store_id)
    rules = await list_rules(connection, store_id)
    before = [rule.id for rule in rules]
    if sorted(ids) != sorted(before):
        told = "names all rules that are not archived, each once; they may have changed meanwhile"
        raise RefuseError(f"rules: {told}.", status=409, type="conflict", fields={"rules": told})
    if list(ids) != before:
        await keep_order(connection, store_id, ids)
        await _publish(connection, store_id, by)
        told_before, told_after = ([str(each) for each in order] for order in (before, ids))
        change = Change(
            actor=by.actor, action="rule.reordered", subject="rules", reason=by.reason,
            before={"order": told_before}, after={"order": told_after},
        )  # fmt: skip
        await note(connection, store_id, change)
    return await list_rules(connection, store_id)


def _refuse_wrong(rule: StoredRule) -> None:
    read_condition(rule.condition)
    refuse_effect(rule.effect, rule.state)
    if not 1 <= rule.share <= 100:
        refuse_fields({"share": "must lie within 1 and 100"})


def _refuse_too_many(others: Sequence[StoredRule]) -> None:
    if len(others) >= MOST_RULES:
        raise RefuseError(f"There are {MOST_RULES} rules already; archive some first.", status=409, type="conflict")


async def _held(connection: Connection, store_id: StoreId, rule_id: UUID) -> StoredRule:
    await hold_rules(connection, store_id)
    rule = await find_rule(connection, store_id, rule_id)
    if rule is None:
        raise no_such_rule()
    return rule


def no_such_rule() -> RefuseError:
    return RefuseError("There is no such rule in this store.", status=404, type="not-found")


async def _publish(connection: Connection, store_id: StoreId, by: Hand) -> None:
    """The rules that are asked as the next ruleset, where they are others than before: a draft changes no verdict."""
    asked = tuple(rule.as_asked() for rule in await list_rules(connection, store_id) if rule.is_asked)
    if asked != (await current_ruleset(connection, store_id)).rules:
        await put_ruleset(connection, store_id, asked, by.actor, by.reason)


async def _note(
    connection: Connection, store_id: StoreId, by: Hand, what: str, before: StoredRule | None, after: StoredRule
) -> None:
    change = Change(
        actor=by.actor, action=f"rule.{what}", subject="rule", subject_id=str(after.id), reason=by.reason,
        before=None if before is None else _told(before), after=_told(after),
    )  # fmt: skip
    await note(connection, store_id, change)


def _told(rule: StoredRule) -> dict[str, object]:
    names = ("name", "condition", "state", "share", "version", "archived_at")
    told = {name: getattr(rule, name) for name in names} | {"effect": rule.effect}
    plain: dict[str, object] = msgspec.to_builtins(told)
    return plain
