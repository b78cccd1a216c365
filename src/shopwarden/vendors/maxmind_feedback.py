"""What MaxMind wants to hear of an order it judged: chargebacks and what people found out.

Contract: POST /minfraud/v2.0/transactions/report with the order's id as it was judged under; 204 when it was taken.
"""

from __future__ import annotations

import msgspec

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, Teller
from shopwarden.domain.inquiry import Happening
from shopwarden.vendors.maxmind_account import has_minfraud, headers, minfraud_address
from shopwarden.vendors.maxmind_faults import fault_in
from shopwarden.vendors.public_address import known_public_ip

TITLE = "MaxMind minFraud"


def tell(happening: Happening, account: Account) -> tuple[Ask, ...]:
    """One report; none where minFraud is off, or there is no order."""
    order = happening.inquiry.order
    tag = _tag(happening)
    if order is None or tag is None or not has_minfraud(account):
        return ()
    report = {"tag": tag, "transaction_id": order.id[:255]}
    if address := known_public_ip(happening.inquiry):
        report["ip_address"] = address
    if happening.kind == "chargeback" and happening.code:
        report["chargeback_code"] = happening.code[:100]
    content = headers(account) | {"Content-Type": "application/json"}
    url = minfraud_address(account, "transactions/report")
    return (Ask("maxmind.report", url, "POST", content, msgspec.json.encode(report)),)


def _tag(happening: Happening) -> str | None:
    if happening.kind == "chargeback":
        return "chargeback"
    if happening.kind != "labelled" or happening.is_bad is None:
        return None
    return "suspected_fraud" if happening.is_bad else "not_fraud"


def read_told(reply: Reply) -> None:
    if reply.status not in (200, 204):
        raise fault_in(reply, TITLE)


TELLER = Teller(kinds=frozenset({"chargeback", "labelled"}), tell=tell, read=read_told)
