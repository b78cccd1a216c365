"""The one table of rights, endpoint by endpoint: every role calls every endpoint and is let in or refused as it says."""

from __future__ import annotations

import re
from uuid import UUID

import httpx
import pytest

from shopwarden.api.rights import ANYBODY, OPEN, SIGNED_IN, Right, rights_of
from shopwarden.domain.ids import new_id
from shopwarden.domain.scopes import ROLES, Role
from shopwarden.store.database import Database
from shopwarden.web import find_handlers
from tests.accounts.conftest import AddUser, SignedIn

RIGHTS = rights_of(find_handlers())
_PARAMETER = re.compile(r"\{(\w+)\}")
_KINDS = {name: kind for one in find_handlers() for path in one.paths for name, kind in re.findall(r"{(\w+):(\w+)}", path)}


def url_of(right: Right, store_id: UUID) -> str:
    """The endpoint's address with things that are not there: whoever is let in finds nothing and changes nothing."""

    def value(found: re.Match[str]) -> str:
        if found[1] == "storeId":
            return str(store_id)
        return {"int": "1", "str": "x"}.get(_KINDS[found[1]], str(new_id()))

    return _PARAMETER.sub(value, right.path)


def test_what_asks_for_nothing_is_open_on_purpose() -> None:
    assert {right.path for right in RIGHTS if right.needs == ANYBODY} - set(OPEN) == set()
    assert all("/api/auth/" in right.path for right in RIGHTS if right.needs == SIGNED_IN)


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_is_let_in_where_the_table_says_and_nowhere_else(
    add: AddUser, signed_in: SignedIn, database: Database, store_id: UUID, role: Role
) -> None:
    page = await signed_in(await add(role, store=store_id))
    for right in RIGHTS:
        if right.needs in (ANYBODY, SIGNED_IN):
            continue
        refused = await _is_refused(page, right, url_of(right, store_id))
        assert refused != right.allows(role), (role, right)


async def _is_refused(page: httpx.AsyncClient, right: Right, url: str) -> bool:
    """A body that fits no endpoint: who is let in is told what is wrong with it, and nothing is changed."""
    body: dict[str, object] | None = {"\u00a7": 1} if right.method in ("POST", "PUT", "PATCH") else None
    if url.endswith("/live"):
        # An open feed has no end to wait for; one of a store that is not there ends at once.
        url = url_of(right, new_id())
    answer = await page.request(right.method, url, json=body)
    if answer.status_code == 403:
        assert answer.json()["type"] == "urn:shopwarden:problem:missing-scope", (right, answer.text)
        return True
    assert answer.status_code not in (401, 500), (right, answer.text)
    return False


async def test_without_signing_in_nothing_opens(stranger: httpx.AsyncClient, store_id: UUID) -> None:
    for right in RIGHTS:
        if right.needs != ANYBODY:
            answer = await stranger.request(right.method, url_of(right, store_id))
            assert answer.status_code == 401, (right, answer.text)


async def test_from_one_store_no_endpoint_of_another_opens(
    add: AddUser, signed_in: SignedIn, store_id: UUID, other_store: UUID
) -> None:
    page = await signed_in(await add("owner", store=store_id))
    for right in RIGHTS:
        if "{storeId}" in right.path and right.method in ("GET", "DELETE"):
            answer = await page.request(right.method, url_of(right, other_store))
            assert answer.status_code == 404, (right, answer.text)
