"""What a field of a body may be, where that is one of few: so that a refusal names it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import inspect

MOST_NAMED = 40
_STEP = re.compile(r"\[[^\]]*\]|[^.\[\]]+")


@lru_cache(maxsize=512)
def choices_at(kind: object, path: str) -> tuple[str, ...]:
    """The values the field at `path` (`effect.advice`, `rules[0].state`) of a type may have; empty where any would do, where
    there is no such field, and where they are too many to be named."""
    try:
        reached = [inspect.type_info(kind)]
    except TypeError:
        return ()
    for step in _STEP.findall(path):
        reached = [inner for one in reached for inner in _inside(one, step)]
    found = dict.fromkeys(choice for one in reached for choice in _choices(one))
    return tuple(found) if len(found) <= MOST_NAMED else ()


def _inside(kind: inspect.Type, step: str) -> Iterator[inspect.Type]:
    """The types of a field or of the items; `step` in brackets is an item."""
    match kind:
        case inspect.UnionType():
            for one in kind.types:
                yield from _inside(one, step)
        case inspect.Metadata():
            yield from _inside(kind.type, step)
        case inspect.StructType() if not step.startswith("["):
            yield from (field.type for field in kind.fields if field.encode_name == step)
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() if step.startswith("["):
            yield kind.item_type
        case inspect.DictType() if step.startswith("["):
            yield kind.value_type


def _choices(kind: inspect.Type) -> Iterator[str]:
    match kind:
        case inspect.UnionType():
            for one in kind.types:
                yield from _choices(one)
        case inspect.Metadata():
            yield from _choices(kind.type)
        case inspect.LiteralType():
            yield from (str(value) for value in kind.values if value != "")
        case inspect.EnumType():
            yield from (str(member.value) for member in kind.cls)


def told_choices(kind: object, path: str, message: str) -> str:
    """The message, or what the field takes where it was none of that."""
    if not message.lower().startswith("invalid enum value"):
        return message
    choices = choices_at(kind, path)
    return f"takes {', '.join(choices)}" if choices else message
