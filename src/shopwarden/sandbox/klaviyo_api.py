"""Where requests to Klaviyo's API come in: key, revision, rate limits, and which part answers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from shopwarden.sandbox import klaviyo_events, klaviyo_groups, klaviyo_profiles, klaviyo_setup
from shopwarden.sandbox.klaviyo_account import account_of
from shopwarden.sandbox.klaviyo_documents import KIND, Wrong, error
from shopwarden.sandbox.klaviyo_state import Account
from shopwarden.sandbox.shop_world import iso
from shopwarden.sandbox.stand_in import Heard, Said

TIERS = {"XS": (1, 15), "S": (3, 60), "M": (10, 150), "L": (75, 700), "XL": (350, 3500)}
"""Requests a second and a minute, for each account and endpoint."""

Endpoint = Callable[[Account, Heard, str], Said]
"""(account, request, id in the path) -> answer."""

_REVISION = re.compile(r"20\d\d-\d\d-\d\d(\.pre)?")
_ROUTES: tuple[tuple[str, str, str, Endpoint], ...] = (
    ("GET", "/api/accounts", "XS", klaviyo_setup.accounts),
    ("GET", "/api/profiles", "L", klaviyo_profiles.listed),
    ("POST", "/api/profiles", "L", klaviyo_profiles.create),
    ("POST", "/api/profile-import", "L", klaviyo_profiles.take_in),
    ("GET", "/api/profiles/{id}", "L", klaviyo_profiles.one),
    ("PATCH", "/api/profiles/{id}", "L", klaviyo_profiles.change),
    ("GET", "/api/profiles/{id}/lists", "L", klaviyo_groups.lists_of),
    ("GET", "/api/profiles/{id}/segments", "L", klaviyo_groups.segments_of),
    ("GET", "/api/events", "XL", klaviyo_events.listed),
    ("POST", "/api/events", "XL", klaviyo_events.create),
    ("GET", "/api/events/{id}", "XL", klaviyo_events.one),
    ("GET", "/api/metrics", "M", klaviyo_setup.metrics),
    ("GET", "/api/metrics/{id}", "M", klaviyo_setup.metric),
    ("GET", "/api/lists", "L", klaviyo_groups.lists),
    ("GET", "/api/lists/{id}", "L", klaviyo_groups.one_list),
    ("GET", "/api/lists/{id}/profiles", "L", klaviyo_groups.profiles_in),
    ("GET", "/api/lists/{id}/relationships/profiles", "L", klaviyo_groups.ids_in),
    ("GET", "/api/segments", "L", klaviyo_groups.segments),
    ("GET", "/api/segments/{id}", "L", klaviyo_groups.one_segment),
    ("GET", "/api/segments/{id}/profiles", "L", klaviyo_groups.profiles_in),
    ("GET", "/api/segments/{id}/relationships/profiles", "L", klaviyo_groups.ids_in),
    ("POST", "/api/data-privacy-deletion-jobs", "S", klaviyo_profiles.delete),
    ("GET", "/api/webhooks", "XS", klaviyo_setup.webhooks),
    ("POST", "/api/webhooks", "XS", klaviyo_setup.create_webhook),
    ("GET", "/api/webhooks/{id}", "XS", klaviyo_setup.webhook),
    ("PATCH", "/api/webhooks/{id}", "XS", klaviyo_setup.change_webhook),
    ("DELETE", "/api/webhooks/{id}", "XS", klaviyo_setup.delete_webhook),
    ("GET", "/api/webhook-topics", "XS", klaviyo_setup.topics),
    ("GET", "/api/webhook-topics/{id}", "XS", klaviyo_setup.topic),
    ("POST", "/client/events", "XL", klaviyo_events.create),
    ("POST", "/client/profiles", "XL", klaviyo_profiles.from_browser),
)


def api(heard: Heard) -> Said:
    """The answer, with rate limit headers; what is wrong comes back as JSON:API errors."""
    account = account_of(heard)
    path = heard.path.rstrip("/")
    found = [(method, tier, run, one) for method, known, tier, run in _ROUTES if (one := _fits(known, path)) is not None]
    if not found:
        return error(404, "not_found", f"The path {heard.path} could not be found.")
    chosen = next((entry for entry in found if entry[0] == heard.method), None)
    if chosen is None:
        return error(405, "method_not_allowed", f'Method "{heard.method}" not allowed.')
    _, tier, run, one = chosen
    refused = _refused(account, heard)
    if refused:
        return refused
    headers, wait = _limit(account, f"{heard.method} {path if one == '' else path.replace(one, '{id}')}", _tier(heard, tier))
    if wait:
        return error(429, "throttled", f"Request was throttled. Expected available in {wait} seconds.", wait=wait)
    try:
        said = run(account, heard, one)
    except Wrong as problem:
        said = problem.said
    if heard.method != "GET" and said.status < 300:
        account.writes.append({"kind": f"{heard.method} {heard.path}", "at": iso(time.time()), "input": heard.json()})
    return Said(said.status, said.body, {**said.headers, **headers}, hooks=said.hooks)


def _fits(known: str, path: str) -> str | None:
    """The id in the path, an empty text where it has none; None for another path."""
    before, mark, after = known.partition("{id}")
    if not mark:
        return "" if path == known else None
    if not (path.startswith(before) and path.endswith(after)):
        return None
    one = path[len(before) : len(path) - len(after)]
    return one if one and "/" not in one else None


def _refused(account: Account, heard: Heard) -> Said | None:
    if heard.path.startswith("/client/"):
        return None if heard.asked("company_id") else error(400, "invalid", "company_id is required", "company_id")
    scheme, _, key = heard.headers.get("authorization", "").partition(" ")
    known = key == account.key if account.key else key == "sandbox" or key.startswith("pk_")
    if scheme not in {"Klaviyo-API-Key", "Bearer"} or not known:
        return error(401, "not_authenticated", "Missing or invalid private key.", "/data/")
    if not _REVISION.fullmatch(heard.headers.get("revision", "")):
        return error(400, "invalid", "A valid revision header is required.", "revision")
    kind = heard.headers.get("content-type", "").partition(";")[0].strip()
    if heard.method in {"POST", "PATCH"} and kind not in {KIND, "application/json"}:
        return error(415, "unsupported_media_type", f'Unsupported media type "{kind}" in request.')
    if heard.method in {"POST", "PATCH"} and not heard.is_json():
        return error(400, "invalid", "JSON parse error.")
    return None


def _tier(heard: Heard, tier: str) -> str:
    if "predictive_analytics" in heard.asked("additional-fields[profile]"):
        return "M"
    return "XS" if heard.asked("include") and heard.path.startswith("/api/profiles/") else tier


def _limit(account: Account, endpoint: str, tier: str) -> tuple[dict[str, str], int]:
    """(headers, seconds to wait): two windows, a second and a minute."""
    burst, steady = TIERS[tier]
    if not account.limits:
        return {}, 0
    now = time.time()
    window = account.windows.setdefault(endpoint, [0.0, 0.0, 0.0, 0.0])
    for start, length in ((0, 1), (2, 60)):
        if now - window[start] >= length:
            window[start], window[start + 1] = now, 0.0
    if window[1] >= burst:
        return {}, 1
    if window[3] >= steady:
        return {}, max(1, int(window[2] + 60 - now))
    window[1] += 1
    window[3] += 1
    left = int(window[2] + 60 - now)
    told = {"ratelimit-limit": f"{burst}, {burst};w=1, {steady};w=60", "ratelimit-reset": str(left)}
    return {**told, "ratelimit-remaining": str(int(steady - window[3]))}, 0
