"""Why a vendor did not answer, from the status of its reply.

Texts of vendors never get into a fault: some of them repeat the key or the address that was sent. Only codes do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from shopwarden.contracts.exchange import Reply
from shopwarden.contracts.vendor import FaultKind, VendorFault

LONGEST_WAIT = 86_400.0
USUAL: Mapping[int, FaultKind] = {
    400: "invalid_input", 401: "auth", 402: "quota", 403: "auth", 408: "unavailable", 410: "auth", 422: "invalid_input",
    425: "unavailable", 429: "rate_limited",
}  # fmt: skip
MEANINGS: Mapping[FaultKind, str] = {
    "auth": "refuses the credentials",
    "quota": "says that the account's credits are used up",
    "rate_limited": "asks to slow down",
    "invalid_input": "does not accept the question",
    "pending": "has no answer yet",
    "unavailable": "cannot answer at present",
    "contract_changed": "answers in a way its contract does not know",
    "timeout": "did not answer in time",
}
USED_UP = ("quota", "limit", "usage", "exceeded", "used up", "credit")
_CODE = re.compile(r"[A-Za-z][A-Za-z_]{2,59}", re.ASCII)


def fault_of(reply: Reply, vendor: str, kinds: Mapping[int, FaultKind] = USUAL, code: str | None = None) -> VendorFault:
    """The fault a status that is no success stands for; `kinds` are the vendor's own meanings of statuses.

    `code` is the vendor's word for it, told only where it is a single word.
    """
    status = reply.status
    known = kinds.get(status) or USUAL.get(status)
    kind: FaultKind = known or ("unavailable" if status >= 500 else "contract_changed")
    return fault(kind, vendor, f"HTTP {status}{_word(code)}", wait_of(reply))


def fault(kind: FaultKind, vendor: str, why: str, after: float | None = None) -> VendorFault:
    """A fault of this kind in a sentence of ours."""
    return VendorFault(kind, f"{vendor} {MEANINGS[kind]} ({why})", after)


def says_used_up(message: str | None) -> bool:
    """Whether a refusal's text is about the plan's credits rather than the key: some vendors have one status for both."""
    lower = (message or "").lower()
    return any(word in lower for word in USED_UP)


def _word(code: str | None) -> str:
    return f", {code}" if code and _CODE.fullmatch(code) else ""


def wait_of(reply: Reply, *, reset: str | None = None) -> float | None:
    """Seconds until the vendor wants to be asked again: Retry-After, or the header `reset` with Unix seconds.

    A point in time is counted from the reply's own Date, so that no clock is needed here.
    """
    headers = {name.lower(): value.strip() for name, value in reply.headers.items()}
    told = headers.get("retry-after", "")
    now = sent_at(reply)
    if told.isdecimal() and told.isascii():
        return min(LONGEST_WAIT, float(told[:9]))
    until = _moment(told)
    if until is None and reset and (seconds := headers.get(reset.lower(), "")).isdecimal() and seconds.isascii():
        until = datetime.fromtimestamp(min(float(seconds[:11]), 9e9), UTC)
    if until is None or now is None:
        return None
    return min(LONGEST_WAIT, max(0.0, (until - now).total_seconds()))


def sent_at(reply: Reply) -> datetime | None:
    """When the vendor sent the reply, by its Date header."""
    return _moment(next((value for name, value in reply.headers.items() if name.lower() == "date"), ""))


def _moment(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
