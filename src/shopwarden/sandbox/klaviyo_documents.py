"""JSON:API as Klaviyo writes it: errors, resources, filters, and lists cut into pages by cursor."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

from shopwarden.sandbox.stand_in import Heard, Said

KIND = "application/vnd.api+json"
Document = dict[str, object]


class Wrong(Exception):
    """A request that is answered with this error."""

    def __init__(self, said: Said) -> None:
        super().__init__("refused")
        self.said = said


def error(
    status: int, code: str, detail: str, place: str = "/data", meta: Document | None = None, wait: int | None = None
) -> Said:
    """One error. `place`: where it lies, a pointer into the body or a parameter's name; `wait`: seconds to wait."""
    source: Document = {"pointer" if place.startswith("/") else "parameter": place}
    one: Document = {"id": str(uuid.uuid4()), "status": status, "code": code, "title": _TITLES.get(code, "Error."),
                     "detail": detail, "source": source, "links": {}, "meta": meta or {}}  # fmt: skip
    headers = {} if wait is None else {"retry-after": str(wait)}
    return Said.of({"errors": [one]}, status, kind=KIND, headers=headers)


_TITLES = {
    "invalid": "Invalid input.",
    "not_authenticated": "Authentication credentials were not provided or are incorrect.",
    "permission_denied": "You do not have permission to perform this action.",
    "not_found": "Not found.",
    "duplicate_profile": "Conflict.",
    "throttled": "Request was throttled.",
}


def invalid(detail: str, place: str = "/data") -> Wrong:
    return Wrong(error(400, "invalid", detail, place))


def missing(what: str, one: str) -> Wrong:
    return Wrong(error(404, "not_found", f"A {what} with id {one} does not exist."))


@dataclass(frozen=True, slots=True)
class Test:
    """One condition of a filter: `operator(field,value)`."""

    operator: str
    field: str
    values: tuple[object, ...]

    def holds(self, value: object) -> bool:
        if self.operator in {"equals", "any"}:
            return any(value == one for one in self.values)
        if self.operator == "contains":
            return isinstance(value, list) and self.values[0] in value
        left, right = _sortable(value), _sortable(self.values[0])
        if left is None or right is None:
            return False
        return {
            "greater-than": left > right,
            "greater-or-equal": left >= right,
            "less-than": left < right,
            "less-or-equal": left <= right,
        }[self.operator]


_TEST = re.compile(r"\s*([a-z-]+)\(\s*([\w.$]+)\s*,\s*(\[[^\]]*\]|\"(?:[^\"\\]|\\.)*\"|[^()]*?)\s*\)\s*(,|$)")


def read_filter(written: str, allowed: dict[str, set[str]]) -> tuple[Test, ...]:
    """All conditions, of which each must hold. Wrong (400) for what can't be read or isn't `allowed` (field: operators)."""
    rest, tests = written.strip(), []
    if rest.startswith("and(") and rest.endswith(")"):
        rest = rest[4:-1]
    while rest:
        found = _TEST.match(rest)
        if found is None:
            raise invalid(f"Invalid filter provided: {written}", "filter")
        operator, field, value, _ = found.groups()
        if operator not in allowed.get(field, set()):
            raise invalid(f"Filtering by '{field}' with operator '{operator}' is not allowed.", "filter")
        tests.append(Test(operator, field, _values(value)))
        rest = rest[found.end() :]
    return tuple(tests)


def _values(written: str) -> tuple[object, ...]:
    if written.startswith(("[", '"')):
        try:
            read = msgspec.json.decode(written.encode())
        except msgspec.DecodeError:
            raise invalid(f"Invalid filter value: {written}", "filter") from None
        return tuple(read) if isinstance(read, list) else (read,)
    return ({"true": True, "false": False}.get(written, written),)


def _sortable(value: object) -> float | None:
    """A time or number as a number; None for what is none."""
    if isinstance(value, int | float):
        return float(value)
    try:
        at = datetime.fromisoformat(str(value))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        try:
            return float(str(value))
        except ValueError:
            return None


def time_text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list was asked for. `sort`: a member's name; `down`: from the largest on."""

    size: int
    sort: str
    down: bool
    cursor: tuple[float | str, str] | None

    @classmethod
    def of(cls, heard: Heard, usual: int, most: int, sorts: Iterable[str]) -> Asked:
        size = heard.asked("page[size]", str(usual))
        if not size.isdigit() or not 1 <= int(size) <= most:
            raise invalid(f"Page size must be an integer between 1 and {most}.", "page_size")
        first = next(iter(sorts))
        sort = heard.asked("sort") or first
        if sort.lstrip("-") not in set(sorts):
            raise invalid(f"Sorting by '{sort}' is not allowed.", "sort")
        return cls(int(size), sort.lstrip("-"), sort.startswith("-"), _cursor(heard.asked("page[cursor]")))


def page(heard: Heard, asked: Asked, keys: list[tuple[float | str, str]]) -> tuple[list[str], Document]:
    """(ids of this page, its links). `keys`: (what is sorted by, id) of all that are found, in the asked order."""
    behind = keys
    if asked.cursor is not None:
        edge = asked.cursor
        behind = [one for one in keys if (one < edge if asked.down else one > edge)]
    taken = behind[: asked.size]
    onward = _link(heard, taken[-1]) if len(behind) > asked.size else None
    own = f"{heard.base}{heard.path}"
    return [one for _, one in taken], {"self": own, "next": onward, "prev": None}


def _link(heard: Heard, key: tuple[float | str, str]) -> str:
    mark = base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")
    kept = [(name, value) for name, value in heard.query if name != "page[cursor]"]
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in [*kept, ("page[cursor]", mark)])
    return f"{heard.base}{heard.path}?{query}"


def _cursor(written: str) -> tuple[float | str, str] | None:
    if not written:
        return None
    try:
        padded = written + "=" * (-len(written) % 4)
        return msgspec.json.decode(base64.urlsafe_b64decode(padded), type=tuple[float | str, str])
    except (ValueError, msgspec.MsgspecError):
        raise invalid("Invalid page cursor.", "page_cursor") from None


def narrowed(heard: Heard, kind: str, attributes: Document) -> Document:
    """Only the members `fields[kind]` names, where it names any."""
    wanted = heard.asked(f"fields[{kind}]")
    names = {name.strip().partition(".")[0] for name in wanted.split(",")} if wanted else None
    return {name: value for name, value in attributes.items() if names is None or name in names}
