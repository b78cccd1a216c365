"""Sift: a risk score by kind of abuse, an order's or a user's, and the life cycle of shoppers told to it."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from typing import Literal
from urllib.parse import quote, urlencode

import msgspec

from shopwarden.contracts.exchange import Ask
from shopwarden.contracts.vendor import Account, Credential, Limits, Lookup, Teller, Vendor
from shopwarden.domain.inquiry import Happening, Inquiry
from shopwarden.vendors.sift_events import BODIES, event_of, order_body
from shopwarden.vendors.sift_replies import read_check, read_event, read_score
from shopwarden.vendors.sift_words import Body, id_of, milliseconds, said, user_of

OWN = "https://api.sift.com"
ABUSES = "payment_abuse,promotion_abuse,account_abuse"
NOBODY = "shopwarden-connection-test"
_ENTITIES = ("order", "user")
_WORDS = {"approve": "accept", "review": "watch", "decline": "block"}
_LONGEST_TEXT = 500


def _identity(inquiry: Inquiry, account: Account) -> tuple[str, ...]:
    if inquiry.order is not None:
        return ("order", inquiry.order.id)
    return ("user", user_of(inquiry) or "")


def _ask(inquiry: Inquiry, account: Account) -> Ask:
    abuses = account.value("abuse_types") or ABUSES
    if inquiry.order is None:
        user = quote(user_of(inquiry) or "", safe="")
        query = urlencode({"abuse_types": abuses}, safe=",")
        return _with_key(account, "Sift score", f"/v205/users/{user}/score?{query}")
    return _event(account, order_body(inquiry), "Sift order score", {"return_score": "true", "abuse_types": abuses})


def _event(account: Account, body: Body, name: str, query: dict[str, str] | None = None) -> Ask:
    path = "/v205/events" + (f"?{urlencode(query, safe=',')}" if query else "")
    return _post(account.url(OWN, path), {"$api_key": account.value("api_key")} | body, name)


def _post(url: str, body: Body, name: str, headers: dict[str, str] | None = None) -> Ask:
    sent = {"Content-Type": "application/json", "Accept": "application/json"} | (headers or {})
    return Ask(name, url, "POST", sent, msgspec.json.encode(body))


def _with_key(account: Account, name: str, path: str) -> Ask:
    return Ask(name, account.url(OWN, path), "GET", _basic(account) | {"Accept": "application/json"})


def _basic(account: Account) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(account.value('api_key').encode() + b':').decode()}"}


def tell(happening: Happening, account: Account) -> tuple[Ask, ...]:
    """An event; for what a person or a rule decided a decision where the account names one, else a label of its own kind."""
    if happening.kind in ("decided", "labelled"):
        return _judged(happening, account)
    body = event_of(happening)
    return () if body is None else (_event(account, body, f"Sift {body['$type']}"),)


def _judged(happening: Happening, account: Account) -> tuple[Ask, ...]:
    user = user_of(happening.inquiry)
    word = _word(happening)
    if user is None or word is None:
        return ()
    order = happening.inquiry.order
    entity: Literal["order", "user"] = "order" if order is not None else "user"
    decision = account.value(f"{entity}_{word}")
    if decision and account.value("account_id"):
        path = f"/v3/accounts/{quote(account.value('account_id'), safe='')}/users/{quote(user, safe='')}"
        path += f"/orders/{quote(id_of(order.id), safe='')}/decisions" if order is not None else "/decisions"
        return (_post(account.url(OWN, path), _decision(happening, decision), "Sift decision", _basic(account)),)
    if word == "watch":
        # A label says good or bad; who is still being looked at is neither.
        return ()
    label: Body = {
        "$is_bad": word == "block",
        "$abuse_type": "payment_abuse",
        "$description": (happening.reason or "")[:_LONGEST_TEXT],
        "$source": "manual review" if happening.by else "shopwarden",
        "$analyst": happening.by,
    }
    url = account.url(OWN, f"/v205/users/{quote(user, safe='')}/labels")
    return (_post(url, said({"$api_key": account.value("api_key")} | label), "Sift label", _basic(account)),)


def _word(happening: Happening) -> str | None:
    """block, watch or accept."""
    if happening.kind == "labelled":
        return None if happening.is_bad is None else "block" if happening.is_bad else "accept"
    return _WORDS.get(happening.decision or "")


def _decision(happening: Happening, decision: str) -> Body:
    return said(
        {
            "decision_id": decision,
            "source": "MANUAL_REVIEW" if happening.by else "AUTOMATED_RULE",
            "analyst": happening.by,
            "description": (happening.reason or "")[:_LONGEST_TEXT],
            "time": milliseconds(happening.at),
        }
    )


def check(account: Account) -> Ask:
    if account.value("account_id"):
        account_id = quote(account.value("account_id"), safe="")
        return _with_key(account, "Sift decisions", f"/v3/accounts/{account_id}/decisions?entity_type=order&limit=1")
    return _with_key(account, "Sift score", f"/v205/users/{NOBODY}/score")


VENDOR = Vendor(
    name="sift",
    title="Sift",
    about="Scores orders and customers by kind of abuse, and learns from what happens in the shop.",
    credentials=(
        Credential("api_key", "SIFT_API_KEY", "The REST API key; sandbox and production have one each."),
        Credential("account_id", "SIFT_ACCOUNT_ID", "Needed for decisions only.", secret=False, needed=False),
        Credential(
            "signature_key", "SIFT_WEBHOOK_SIGNATURE_KEY", "The key Sift signs its webhooks with.", needed=False
        ),
        Credential(
            "abuse_types", "SIFT_ABUSE_TYPES", "Kinds of abuse to be scored, with commas between.", secret=False,
            needed=False, default=ABUSES,
        ),
        *(
            Credential(
                f"{entity}_{word}", f"SIFT_{entity.upper()}_DECISION_{word.upper()}",
                f"Id of the decision that stands for `{word}` of an {entity}." if entity == "order"
                else f"Id of the decision that stands for `{word}` of a {entity}.",
                secret=False, needed=False,
            )
            for entity in _ENTITIES for word in ("block", "watch", "accept")
        ),
    ),
    hosts=("api.sift.com",),
    lookups=(
        Lookup(
            key="sift.score",
            subject="risk",
            needs=("customer",),
            identity=_identity,
            ask=_ask,
            read=read_score,
            repeatable=True,
            keep=timedelta(days=1),
            keep_miss=timedelta(hours=1),
            feeds=("risk score", "reasons", "labels", "decisions"),
            title="Sift's score of an order or a customer",
        ),
    ),
    teller=Teller(kinds=frozenset({*BODIES, "decided", "labelled"}), tell=tell, read=read_event),
    check=check,
    read_check=read_check,
    limits=Limits(connect=1.0, total=5.0, at_once=8, tries=3),
    notice="Orders, addresses and what happens to them leave for Sift, which learns from them.",
)  # fmt: skip
