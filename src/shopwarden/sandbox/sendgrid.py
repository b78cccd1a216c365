"""Stands in for SendGrid's e-mail validation, which wants a key of its own kind."""

from __future__ import annotations

from shopwarden.sandbox.mail import Mail, mail_of
from shopwarden.sandbox.stand_in import Heard, Said, StandIn, refused, spell

_LIMITS = {"x-ratelimit-limit": "600", "x-ratelimit-remaining": "599", "x-ratelimit-reset": "1795000000"}


def errors(status: int, message: str, field: str | None = None) -> Said:
    """SendGrid's `{errors: [{message, field, help}]}`."""
    return Said.of({"errors": [{"message": message, "field": field, "help": None}]}, status)


async def answer(heard: Heard) -> Said:
    """POST `/v3/validations/email`. A key with `mail-send` in it counts as one for sending, which is refused."""
    if heard.path != "/v3/validations/email":
        return errors(404, "Not Found")
    if heard.method != "POST":
        return errors(405, "POST method allowed only")
    key = heard.bearer()
    if refused(key):
        return errors(401, "The provided authorization grant is invalid, expired, or revoked")
    if "mail-send" in key:
        return errors(403, "access forbidden")
    if "json" not in heard.headers.get("content-type", "application/json"):
        return errors(406, "Content-Type should be application/json")
    body = heard.json()
    address, source = body.get("email"), body.get("source")
    if not isinstance(address, str) or not address.strip():
        return errors(400, "email is required", "email")
    if source is not None and (not isinstance(source, str) or not source.strip() or " " in source):
        return errors(400, "source must be one word", "source")
    special = spell(address)
    if special is not None:
        return special
    result = _result(mail_of(address, heard.dice)) | ({"source": source.upper()} if isinstance(source, str) else {})
    return Said.of({"result": result}, billed=True, headers=_LIMITS)


def _result(mail: Mail) -> dict[str, object]:
    bounces = mail.valid and not mail.exists
    risky = mail.disposable or mail.role or mail.risk > 0.75 or mail.dice.happens("catch_all", 0.1)
    verdict = "Invalid" if not mail.exists else "Risky" if risky else "Valid"
    score = {"Invalid": 0.0, "Risky": 0.35, "Valid": 0.9}[verdict] + (0.0 if verdict == "Invalid" else (1 - mail.risk) / 10)
    result: dict[str, object] = {
        "email": mail.address,
        "verdict": verdict,
        "score": round(score, 5),
        "local": mail.local,
        "host": mail.host,
        "checks": {
            "domain": {
                "has_valid_address_syntax": mail.valid,
                "has_mx_or_a_record": mail.valid and mail.suggestion is None,
                "is_suspected_disposable_address": mail.disposable,
            },
            "local_part": {"is_suspected_role_address": mail.role},
            "additional": {"has_known_bounces": bounces, "has_suspected_bounces": mail.risk > 0.9},
        },
        "ip_address": "81.2.69.142",
    }
    return result | ({"suggestion": mail.suggestion} if mail.suggestion else {})


STAND_IN = StandIn(
    name="sendgrid",
    hosts=("api.sendgrid.com", "api.eu.sendgrid.com"),
    answer=answer,
    faults={
        "quota": errors(429, "You have used up your validations for this billing period"),
        "refuse": errors(401, "The provided authorization grant is invalid, expired, or revoked"),
        "rate_limited": Said.of(
            {"errors": [{"message": "too many requests"}]}, 429, headers={**_LIMITS, "retry-after": "1"}
        ),
        "error": errors(500, "internal error"),
    },
)
