"""Sift's replies: the status in the body, the scores by kind of abuse, their reasons, labels and decisions."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from shopwarden.contracts.exchange import Reply
from shopwarden.contracts.vendor import FaultKind, Finding, VendorFault
from shopwarden.domain.answers import Label, Opinion, RiskAnswer, RiskReason
from shopwarden.vendors.faults import fault, fault_of, wait_of
from shopwarden.vendors.fields import Fields, read_object, said

NAME = "Sift"
OPINIONS: dict[str, Opinion] = {"block": "decline", "watch": "review", "accept": "approve"}
NO_SCORE_YET = 54
MOST_REASONS = 20
_WORST_FIRST: tuple[Opinion, ...] = ("decline", "review", "approve")
_KINDS: dict[int, FaultKind] = {
    51: "auth", 52: "invalid_input", 53: "invalid_input", 55: "invalid_input", 56: "invalid_input", 57: "invalid_input",
    60: "rate_limited", 104: "contract_changed", 105: "contract_changed",
}  # fmt: skip
_ALIASES = {"promo_abuse": "promotion_abuse"}
_LATEST_SECONDS = 10**11
"""A time greater than this is in milliseconds."""


def read_status(reply: Reply) -> Fields | None:
    """The body of a reply that went well, None where Sift knows no score yet; else VendorFault.

    The status in the body decides, also under HTTP 200: 0 is good, negative ones are trouble on Sift's side.
    """
    if reply.status >= 500 or reply.status in (401, 403, 408, 429):
        raise fault_of(reply, NAME)
    if reply.status == 204:
        return Fields()
    body = read_object(reply, NAME)
    status = body.whole("status", low=-1000)
    if status is None:
        if reply.status != 200:
            raise fault_of(reply, NAME)
        raise fault("contract_changed", NAME, "a reply without its status")
    if status == NO_SCORE_YET:
        return None
    if status == 0:
        return body
    kind: FaultKind = "unavailable" if status < 0 else _KINDS.get(status, "contract_changed")
    raise fault(kind, NAME, f"status {status}", wait_of(reply))


def read_event(reply: Reply) -> None:
    """Whether Sift took an event, a label or a decision; VendorFault if not."""
    if reply.status in (200, 201) and b'"status"' not in reply.body and b'"entity"' in reply.body:
        return
    read_status(reply)


def read_score(reply: Reply) -> Finding:
    """From the answer to an event with `return_score`, or from the score of a user. No score yet is an empty finding."""
    body = read_status(reply)
    if body is None:
        return Finding()
    score = body.inside("score_response") if "score_response" in body else body
    status = score.whole("status", low=-1000)
    if status == NO_SCORE_YET:
        return Finding()
    if status not in (0, None):
        kind: FaultKind = "unavailable" if status < 0 else _KINDS.get(status, "contract_changed")
        raise fault(kind, NAME, f"score status {status}")
    if "scores" not in score and "score" not in score:
        if "request" in body and "score_response" not in body:
            raise fault("contract_changed", NAME, "an event's answer without the score that was asked for")
        return Finding()
    answer = answer_of(
        score, tuple(text for item in body.inside("warnings").each("items") if (text := item.text("message")))
    )
    return Finding((answer,)) if answer.score is not None or answer.opinion or answer.labels else Finding()


def answer_of(score: Fields, warnings: tuple[str, ...] = ()) -> RiskAnswer:
    """Scores ×100. The score as a whole is that of payment abuse, else the highest there is."""
    scores: dict[str, float] = {}
    reasons: dict[str, RiskReason] = {}
    for abuse, part in sorted(score.inside("scores").members(), key=lambda each: each[0] != "payment_abuse"):
        own = part.number("score", 0, 1)
        if own is None or part.whole("status", low=-1000) not in (0, None):
            continue
        scores[_ALIASES.get(abuse, abuse)] = round(own * 100, 2)
        for reason in part.each("reasons"):
            code = reason.text("name", 100)
            if code is not None and len(reasons) < MOST_REASONS:
                reasons.setdefault(code, RiskReason(code=code, text=_worded(reason)))
    single = score.number("score", 0, 1)
    total = scores.get("payment_abuse", max(scores.values(), default=None if single is None else round(single * 100, 2)))
    category, opinion = _decided(score)
    return RiskAnswer(
        score=total,
        opinion=opinion,
        status=category,
        scores=scores,
        reasons=tuple(reasons.values()),
        labels=_labels(score),
        warnings=warnings,
    )


def _worded(reason: Fields) -> str | None:
    """A reason's value is a text, a number or a boolean."""
    flag = reason.flag("value")
    if flag is not None:
        return "yes" if flag else "no"
    text = reason.text("value")
    number = reason.number("value") if text is None else None
    return text if number is None else f"{number:g}"


def _labels(score: Fields) -> tuple[Label, ...]:
    labels = []
    for abuse, label in score.inside("latest_labels").members():
        is_bad = label.flag("is_bad")
        if is_bad is not None:
            labels.append(Label(abuse=_ALIASES.get(abuse, abuse), is_bad=is_bad, at=moment_of(label.number("time", 0))))
    return tuple(sorted(labels, key=lambda label: label.abuse))


def _decided(score: Fields) -> tuple[str | None, Opinion | None]:
    """The word and the meaning of the decision on payment abuse, else of the strictest there is."""
    found: dict[str, tuple[str, Opinion]] = {}
    for abuse, decision in score.inside("latest_decisions").members():
        category = (decision.text("category", 40) or "").lower()
        if category in OPINIONS:
            found[abuse] = (category, OPINIONS[category])
    if "payment_abuse" in found:
        return found["payment_abuse"]
    return min(found.values(), key=lambda each: _WORST_FIRST.index(each[1]), default=(None, None))


def moment_of(stamp: float | None) -> datetime | None:
    """Milliseconds, or seconds where they are as few as seconds are; None for what is no time."""
    if stamp is None:
        return None
    try:
        return datetime.fromtimestamp(stamp / 1000 if stamp > _LATEST_SECONDS else stamp, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def read_check(reply: Reply) -> str:
    """A list of decisions proves key and account; a missing score of an unknown user proves the key."""
    if reply.status == 200 and b'"data"' in reply.body:
        body = read_object(reply, NAME)
        total = body.whole("total_results")
        return "The key and the account id work" + ("." if total is None else f"; the account has {total} decisions.")
    if reply.status == 404 and _is_plain(reply):
        raise VendorFault("auth", "Sift knows no account with this account id")
    read_status(reply)
    return "The key works. Decisions need the account id too."


def _is_plain(reply: Reply) -> bool:
    try:
        body = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True
    return not isinstance(body, dict) or said(body.get("error")) is not None
