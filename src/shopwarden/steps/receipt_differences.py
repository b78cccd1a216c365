"""Two verdicts compared, and what is not the same in words; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec

from shopwarden.domain.policy import RuleHit
from shopwarden.domain.verdict import Gap, Override, PartScore, Reason, Verdict

_FIGURES = (
    "score", "level", "advice", "probability", "behaviour_score", "weights_version", "ruleset_version", "tags", "hold", "at",
    "made_up",
)  # fmt: skip
_APART = ("points", "reasons", "gaps", "parts", "rules", "overrides", "band", "code_version")
Listed = TypeVar("Listed", Reason, Gap, Override, RuleHit)


def differences(then: Verdict, now: Verdict) -> Iterator[str]:
    """What is not the same, one sentence each. Sentences of reasons are not repeated: they may name a person's domain."""
    for name in _FIGURES:
        was, is_now = getattr(then, name), getattr(now, name)
        if was != is_now:
            yield f"{name}: was {_shown(was)}, is {_shown(is_now)}"
    if then.points != now.points:
        yield f"points: was {_points(then.points, now.points)}, is {_points(now.points, then.points)}"
    yield from _listed(then.reasons, now.reasons, lambda each: each.key, _reason)
    yield from _listed(then.rules, now.rules, lambda each: f"rule {each.name} ({each.rule_id})", _hit)
    yield from _listed(then.overrides, now.overrides, lambda each: f"override {each.by}", _override)
    yield from _listed(then.gaps, now.gaps, lambda each: f"gap {each.key}", _gap)
    for part in sorted({*then.parts, *now.parts}):
        part_then, part_now = then.parts.get(part), now.parts.get(part)
        if part_then != part_now:
            yield f"part {part}: was {_part(part_then)}, is {_part(part_now)}"
    if then.band != now.band:
        yield f"band: was {then.band.low} to {then.band.high}, is {now.band.low} to {now.band.high}"
    yield from _others(then, now)


def _others(then: Verdict, now: Verdict) -> Iterator[str]:
    """Whatever a verdict may come to hold: nothing that differs goes unnamed."""
    for name in then.__struct_fields__:
        if name not in (*_FIGURES, *_APART) and getattr(then, name) != getattr(now, name):
            yield f"{name}: was {_shown(getattr(then, name))}, is {_shown(getattr(now, name))}"


def _listed(
    then: Sequence[Listed], now: Sequence[Listed], key: Callable[[Listed], str], told: Callable[[Listed, Listed | None], str]
) -> Iterator[str]:
    before: dict[str, Listed] = {key(each): each for each in then}
    after: dict[str, Listed] = {key(each): each for each in now}
    for name in sorted({*before, *after}):
        was, is_now = before.get(name), after.get(name)
        if was is None and is_now is not None:
            yield f"{name}: new, {told(is_now, None)}"
        elif was is not None and is_now is None:
            yield f"{name}: gone, was {told(was, None)}"
        elif was is not None and is_now is not None and was != is_now:
            yield _changed(name, told(was, is_now), told(is_now, was))
    if list(before) != list(after) and sorted(before) == sorted(after):
        yield f"{', '.join(before)}: stand in another order"


def _changed(name: str, was: str, is_now: str) -> str:
    return f"{name}: was {was}, is {is_now}" if was != is_now else f"{name}: is told in other words"


def _points(points: float, beside: float) -> str:
    """To two places, and to the last one where two would look the same."""
    return f"{points:+.2f}" if f"{points:+.2f}" != f"{beside:+.2f}" else f"{points:+}"


def _reason(reason: Reason, beside: Reason | None) -> str:
    plain = beside is None or beside.points == reason.points
    return f"{reason.points:+.2f} points" if plain or beside is None else f"{_points(reason.points, beside.points)} points"


def _hit(hit: RuleHit, _: RuleHit | None) -> str:
    what = "applied" if hit.applied else "matched" if hit.matched else f"left out ({hit.error or ', '.join(hit.missing)})"
    return f"{what} at version {hit.version} in the state {hit.state}"


def _override(override: Override, _: Override | None) -> str:
    return f"{override.was} to {override.now}"


def _gap(gap: Gap, _: Gap | None) -> str:
    return f"for want of {', '.join(gap.missing) or gap.why or 'an answer'}"


def _part(part: PartScore | None) -> str:
    return "nothing" if part is None else f"{part.points:+} points"


def _shown(value: object) -> str:
    if isinstance(value, str | int | float):
        return str(value)
    return msgspec.json.encode(value).decode()[:200]
