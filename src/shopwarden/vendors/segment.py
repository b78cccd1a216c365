"""Segment: a sink the store's collected events are forwarded to, in batches, with their own message ids."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, Credential, Limits, Vendor
from shopwarden.vendors.faults import fault_of

NAME = "Segment"
US, EU = "api.segment.io", "events.eu1.segmentapis.com"
MOST_IN_BATCH = 100
LARGEST_BATCH = 475 * 1024
LARGEST_MESSAGE = 32 * 1024
LONGEST_WAIT = 300.0
RETRIED = frozenset({408, 410, 429, 460, *range(500, 600)} - {501, 505})
_FRAME = len(b'{"batch":[],"sentAt":"2026-01-01T00:00:00.000Z"}') + 64


def batch_ask(messages: Sequence[bytes], account: Account, sent_at: str, tries: int = 0) -> Ask:
    """Messages as JSON, each with its type; the key goes into the header. `tries`: how often it failed before."""
    headers = {
        "Authorization": f"Basic {b64encode(account.value('write_key').encode() + b':').decode()}",
        "Content-Type": "application/json",
    }
    if tries:
        headers["X-Retry-Count"] = str(tries)
    own = f"https://{account.value('host') or US}"
    body = b'{"batch":[' + b",".join(messages) + b'],"sentAt":"' + sent_at.encode() + b'"}'
    return Ask("Segment batch", account.url(own, "/v1/batch"), "POST", headers, body)


def fitting(sizes: Sequence[int]) -> int:
    """How many of the messages, from the first on, go into one batch: at most 100, at most 475 KB; at least one."""
    total, count = _FRAME, 0
    for size in sizes[:MOST_IN_BATCH]:
        total += size + 1
        if count and total > LARGEST_BATCH:
            break
        count += 1
    return count


def read_batch(reply: Reply) -> None:
    """Returns when Segment took the batch. VendorFault `rate_limited` or `unavailable` may be tried again; any other is
    final. That the key is right does not follow: Segment answers 200 for a wrong one too."""
    if reply.status in (200, 201, 202, 204):
        return
    kinds = dict.fromkeys(RETRIED, "unavailable") | {429: "rate_limited", 501: "contract_changed", 505: "contract_changed"}
    raise fault_of(reply, NAME, kinds | {413: "invalid_input"})  # type: ignore[arg-type]


def check(account: Account) -> Ask:
    """An empty batch: no event is made of it."""
    return batch_ask((), account, "1970-01-01T00:00:00.000Z")


def read_check(reply: Reply) -> str:
    if reply.status in (200, 202, 204, 400):
        return "Segment can be reached. It takes events under any key: look into its debugger whether they arrive."
    raise fault_of(reply, NAME)


VENDOR = Vendor(
    name="segment",
    title="Segment",
    about="Takes every event the shop's tracker sends, to hand it on to other tools.",
    credentials=(
        Credential("write_key", "SEGMENT_WRITE_KEY", "Write key of an HTTP API source."),
        Credential(
            "host", "SEGMENT_HOST", "Where the workspace lives: the United States or the EU.", secret=False, needed=False,
            default=US, choices=(US, EU),
        ),
        Credential(
            "webhook_secret", "SEGMENT_WEBHOOK_SECRET", "Shared secret of a webhook destination that leads here.",
            needed=False,
        ),
    ),
    hosts=(US, EU),
    check=check,
    read_check=read_check,
    limits=Limits(connect=5.0, total=15.0, at_once=4, tries=1, retry_statuses=frozenset()),
    notice="Every event collected from the storefront is sent on, with the visitor's address and browser.",
)  # fmt: skip
