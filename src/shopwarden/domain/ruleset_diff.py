"""What is different between two rulesets, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from shopwarden.domain.policy import Rule


def ruleset_diff(before: tuple[Rule, ...], after: tuple[Rule, ...]) -> Iterator[str]:
    """One sentence for each rule that came, went or changed, and one where the order did."""
    was, now = {rule.id: rule for rule in before}, {rule.id: rule for rule in after}
    for rule in after:
        if rule.id not in was:
            yield f"\u201c{rule.name}\u201d is asked now, as {_state(rule)}."
        elif was[rule.id] != rule:
            yield from _changes(was[rule.id], rule)
    for rule in before:
        if rule.id not in now:
            yield f"\u201c{rule.name}\u201d is not asked any more."
    stayed = [rule.id for rule in before if rule.id in now]
    if stayed != [rule.id for rule in after if rule.id in was]:
        yield "Rules are asked in another order."


def _changes(was: Rule, now: Rule) -> Iterator[str]:
    if was.name != now.name:
        yield f"\u201c{was.name}\u201d is called \u201c{now.name}\u201d."
    if was.condition != now.condition:
        yield f"The condition of \u201c{now.name}\u201d was {was.condition!r} and is {now.condition!r}."
    if was.effect != now.effect:
        old, new = (msgspec.json.encode(each.effect).decode() for each in (was, now))
        yield f"The effect of \u201c{now.name}\u201d was {old} and is {new}."
    if _state(was) != _state(now):
        yield f"\u201c{now.name}\u201d was {_state(was)} and is {_state(now)}."


def _state(rule: Rule) -> str:
    return f"partial ({rule.share} %)" if rule.state == "partial" else rule.state
