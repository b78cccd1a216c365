"""Klaviyo's API as plain data: pages asked for and read, profiles changed, webhooks made. Pure.

Contract: https://developers.klaviyo.com, JSON:API with dated revisions. Links to a next page are never followed as they
stand: only their cursor is taken over, so that no reply can send us elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import msgspec

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, VendorFault
from shopwarden.vendors.faults import fault_of
from shopwarden.vendors.klaviyo import NAME, OWN, headers

JSON_API = "application/vnd.api+json"
PROFILES_A_PAGE, EVENTS_A_PAGE = 100, 200
Item = Mapping[str, object]
_PREDICTIONS = "subscriptions,predictive_analytics"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """`next`: the cursor of the page after this one; None at the end."""

    items: list[dict[str, object]]
    included: list[dict[str, object]] = []
    next: str | None = None


def ask_profiles(account: Account, since: datetime, cursor: str | None) -> Ask:
    """Profiles changed since then, the longest unchanged first, with consent and predictions."""
    return _get(
        account, "profiles", "/api/profiles", cursor,
        {
            "additional-fields[profile]": _PREDICTIONS,
            "filter": f"greater-than(updated,{_moment(since)})",
            "sort": "updated",
            "page[size]": str(PROFILES_A_PAGE),
        },
    )  # fmt: skip


def ask_events(account: Account, since: datetime, cursor: str | None) -> Ask:
    """Events from then on, the oldest first, with the addresses of their profiles."""
    return _get(
        account, "events", "/api/events", cursor,
        {
            "filter": f"greater-or-equal(datetime,{_moment(since)})",
            "sort": "datetime",
            "include": "profile,metric",
            "fields[profile]": "email",
            "fields[metric]": "name",
            "page[size]": str(EVENTS_A_PAGE),
        },
    )  # fmt: skip


def ask_metrics(account: Account, cursor: str | None) -> Ask:
    return _get(account, "metrics", "/api/metrics", cursor, {"fields[metric]": "name,created,updated"})


def ask_lists(account: Account, cursor: str | None) -> Ask:
    return _get(account, "lists", "/api/lists", cursor, {"sort": "name"})


def ask_segments(account: Account, cursor: str | None) -> Ask:
    return _get(account, "segments", "/api/segments", cursor, {"sort": "name"})


def ask_webhooks(account: Account, cursor: str | None = None) -> Ask:
    return _get(account, "webhooks", "/api/webhooks", cursor, {})


def ask_webhook_topics(account: Account, cursor: str | None = None) -> Ask:
    return _get(account, "webhook topics", "/api/webhook-topics", cursor, {})


def change_webhook(account: Account, webhook_id: str, url: str, secret: str, topics: list[str]) -> Ask:
    """Puts one that is there right: address, secret, topics, and switched on."""
    data: dict[str, object] = _webhook(url, secret, topics)
    attributes = {"name": "shopwarden", "endpoint_url": url, "secret_key": secret, "enabled": True}
    body = {"data": {**data, "id": webhook_id, "attributes": attributes}}
    return _send(account, "change webhook", "PATCH", f"/api/webhooks/{quote(webhook_id, safe='')}", body)


def make_webhook(account: Account, url: str, secret: str, topics: list[str]) -> Ask:
    """`secret` of at least 16 characters; Klaviyo signs its deliveries with it."""
    return _send(account, "make webhook", "POST", "/api/webhooks", {"data": _webhook(url, secret, topics)})


def _webhook(url: str, secret: str, topics: list[str]) -> dict[str, object]:
    return {
        "type": "webhook",
        "attributes": {"name": "shopwarden", "endpoint_url": url, "secret_key": secret},
        "relationships": {"webhook-topics": {"data": [{"type": "webhook-topic", "id": each} for each in topics]}},
    }


def set_properties(account: Account, profile_id: str, properties: Item) -> Ask:
    """Sets these properties of one profile; others stay. The same again changes nothing."""
    attributes = {"properties": dict(properties)}
    body = {"data": {"type": "profile", "id": profile_id, "attributes": attributes}}
    return _send(account, "set properties", "PATCH", f"/api/profiles/{quote(profile_id, safe='')}", body)


def forget_profile(account: Account, profile_id: str) -> Ask:
    """Asks Klaviyo to delete a person, as the law lets them demand."""
    profile = {"data": {"type": "profile", "id": profile_id}}
    body = {"data": {"type": "data-privacy-deletion-job", "attributes": {"profile": profile}}}
    return _send(account, "forget profile", "POST", "/api/data-privacy-deletion-jobs", body)


def read_page(reply: Reply) -> Page:
    """VendorFault for anything but a page."""
    refuse_faults(reply)
    try:
        body = msgspec.json.decode(reply.body, type=_Body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise VendorFault("contract_changed", f"{NAME} answers something that is no page of its API") from None
    following = body.links.get("next")
    return Page(items=body.data, included=body.included, next=cursor_in(following) if isinstance(following, str) else None)


class LackingRight(VendorFault):
    """403: the key is known, but its rights, or the account's plan, do not include what was asked."""


def refuse_faults(reply: Reply) -> None:
    """VendorFault unless the reply is a success; LackingRight for 403. It names the parameter that was refused."""
    if reply.status == 403:
        raise LackingRight("auth", f"{NAME} does not let this key do that: a right or the plan is missing (HTTP 403)")
    if not 200 <= reply.status < 300:
        raise fault_of(reply, NAME, code=_refused_in(reply))


def _refused_in(reply: Reply) -> str | None:
    try:
        wrong = msgspec.json.decode(reply.body, type=_Wrong).errors[0]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, IndexError):
        return None
    return wrong.source.parameter or wrong.code


def cursor_in(link: str) -> str | None:
    """The page's cursor in a link, wherever the link leads."""
    try:
        found = parse_qs(urlsplit(link).query).get("page[cursor]", [])
    except ValueError:
        return None
    return found[0] if found and found[0] and found[0].isprintable() else None


class _Body(msgspec.Struct, frozen=True):
    data: list[dict[str, object]]
    links: dict[str, object] = {}
    included: list[dict[str, object]] = []


class _Place(msgspec.Struct, frozen=True):
    parameter: str | None = None


class _Refusal(msgspec.Struct, frozen=True):
    code: str | None = None
    source: _Place = _Place()


class _Wrong(msgspec.Struct, frozen=True):
    errors: list[_Refusal]


def _get(account: Account, what: str, path: str, cursor: str | None, query: Mapping[str, str]) -> Ask:
    parameters = dict(query) | ({"page[cursor]": cursor} if cursor else {})
    url = account.url(OWN, path + (f"?{urlencode(parameters)}" if parameters else ""))
    return Ask(f"klaviyo {what}", url, "GET", headers(account))


def _send(account: Account, what: str, method: str, path: str, body: Mapping[str, object]) -> Ask:
    sent = {**headers(account), "Content-Type": JSON_API}
    return Ask(f"klaviyo {what}", account.url(OWN, path), method, sent, msgspec.json.encode(body))


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
