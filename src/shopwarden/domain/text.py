"""Text from outside, made fit to be kept: no NUL bytes, no half characters, no more than there is room for."""

from __future__ import annotations

from shopwarden.domain.observation import Json

LONGEST = 10_000
MOST_MEMBERS = 200
DEEPEST = 6


def clean_text(text: str, longest: int = LONGEST) -> str:
    """Without NUL bytes and lone surrogates (PostgreSQL stores neither), trimmed, at most `longest` characters."""
    if "\0" in text:
        text = text.replace("\0", "")
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    return text.strip()[:longest].rstrip()


def clean_json(value: object, depth: int = 0) -> Json:
    """A JSON value whose texts are clean; what is nested deeper than DEEPEST or beyond MOST_MEMBERS is left out."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10**18 else str(value)
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, str):
        return clean_text(value)
    if depth >= DEEPEST:
        return None
    if isinstance(value, dict):
        members = list(value.items())[:MOST_MEMBERS]
        return {clean_text(str(name), 200): clean_json(member, depth + 1) for name, member in members}
    if isinstance(value, (list, tuple)):
        return [clean_json(member, depth + 1) for member in value[:MOST_MEMBERS]]
    return clean_text(str(value))
