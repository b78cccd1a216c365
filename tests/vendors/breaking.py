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


def broken_bodies(body: Any, *, deep: bool = False) -> Iterator[tuple[str, Any]]:
    """(where, body) with one place replaced by something of another type; `deep`: also whole objects and lists."""
    for path in places(body, deep=deep):
        *way, last = path
        for wrong in WRONG if deep else ({"unexpected": [1]},):
            changed = copy.deepcopy(body)
            holder = changed
            for step in way:
                holder = holder[step]
            holder[last] = wrong
            yield "/" + "/".join(map(str, path)), changed


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
