"""Ways in which a reply can be broken: one member of the wrong type, members missing, or no sense at all."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from shopwarden.contracts.exchange import Reply

WRONG: tuple[Any, ...] = (None, [], {}, "", -1, 1e308, True, "N/A", ["x", None], {"x": {"y": 1}}, "\x00\ud800")
HEADERS = st.dictionaries(
    st.sampled_from(["Retry-After", "Date", "X-RateLimit-Reset", "Content-Type"]),
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=30)
    | st.sampled_from(["5", "Sat, 21 Nov 2026 10:00:00 GMT", "99999999999999999999", "²"]),
    max_size=3,
)


def broken_bodies(body: Any) -> Iterator[tuple[str, Any]]:
    """(where, body) with one leaf replaced by something nobody expects there; every leaf in turn."""
    for path in places(body, deep=False):
        yield "/" + "/".join(map(str, path)), replaced(body, path, {"unexpected": [1]})


def replaced(body: Any, path: tuple[Any, ...], wrong: Any) -> Any:
    """A copy of the body with something else at one place."""
    if not path:
        return wrong
    changed = copy.copy(body)
    changed[path[0]] = replaced(body[path[0]], path[1:], wrong)
    return changed


@st.composite
def with_holes(draw: st.DrawFn, body: Any) -> Any:
    """The body with one to three places, whole objects and lists among them, replaced by something of another type."""
    changed = body
    for _ in range(draw(st.integers(1, 3))):
        paths = list(places(changed, deep=True))
        if not paths:
            break
        changed = replaced(changed, draw(st.sampled_from(paths)), draw(st.sampled_from(WRONG)))
    return changed


def places(body: Any, path: tuple[Any, ...] = (), *, deep: bool) -> Iterator[tuple[Any, ...]]:
    if not isinstance(body, dict | list):
        yield path
        return
    if deep and path:
        yield path
    for step, value in body.items() if isinstance(body, dict) else enumerate(body):
        yield from places(value, (*path, step), deep=deep)


def _json() -> st.SearchStrategy[bytes]:
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
    nested = st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner))
    return nested.map(lambda value: json.dumps(value).encode())


@st.composite
def rubbish(draw: st.DrawFn) -> Reply:
    """Any status, any headers, any bytes or any JSON."""
    status = draw(st.sampled_from([200, 201, 202, 204, 301, 400, 401, 402, 403, 404, 410, 415, 422, 429, 500, 503]))
    return Reply(status, draw(HEADERS), draw(st.binary(max_size=60) | _json()))
