"""A visitor said who it is (identify, alias, an e-mail at checkout): the customer is found or made and tied to it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import UNSET

from shopwarden.contracts.job import RISK_ANALYSIS
from shopwarden.domain.email import normalise_email
from shopwarden.domain.events import version_of
from shopwarden.domain.identity import identifiers_of
from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.observation import CustomerObservation
from shopwarden.domain.phone import normalise_phone
from shopwarden.errors import SkipError
from shopwarden.steps.describe import describe
from shopwarden.steps.identify import identify_customers
from shopwarden.store.claims import StoredClaim, read_claim, visitor_named
from shopwarden.store.database import Connection
from shopwarden.store.identifiers import lock_people
from shopwarden.store.links import VisitorLink, link_visitors
from shopwarden.store.outbox import put


def observation_of(claim: StoredClaim) -> CustomerObservation | None:
    """What the claim says of a person; None where nothing in it names one (an unreadable e-mail, say)."""
    said = claim.said
    email = normalise_email(said["email"]) if "email" in said else None
    phone = normalise_phone(said["phone"]) if "phone" in said else None
    user_id = said.get("user_id")
    if email is None and user_id is not None and "@" in user_id:
        # Shops often use the address as the user id: then it is an e-mail and not an id of its own.
        email = normalise_email(user_id)
        user_id = user_id if email is None else None
    if not (email or phone or user_id):
        return None
    return CustomerObservation(
        version=version_of(claim.at, claim.at, repr(sorted(said.items())).encode()),
        at=claim.at,
        source="segment",
        user_id=user_id,
        email=email or UNSET,
        phone=phone or UNSET,
        first_name=said.get("first_name", UNSET),
        last_name=said.get("last_name", UNSET),
    )


async def tie_visitor(connection: Connection, store_id: StoreId, activity_id: UUID, at: datetime) -> CustomerId | None:
    """Looks into one claim, inside the job's transaction; answers the customer, None where nobody was named.

    SkipError where the event is gone: it was redacted, or its month was dropped.
    """
    claim = await read_claim(connection, store_id, activity_id, at)
    if claim is None:
        raise SkipError("the event of this claim is not there any more")
    observation = observation_of(claim)
    if observation is None:
        return None
    await lock_people(connection, store_id)
    (customer_id,) = await identify_customers(connection, store_id, [observation])
    named = str(identifiers_of(observation)[0])
    kind: Literal["checkout", "identify"] = "checkout" if claim.said.get("kind") == "checkout" else "identify"
    links = [VisitorLink(claim.visitor_id, customer_id, kind, at, named)]
    previous = claim.said.get("previous_id")
    other = await visitor_named(connection, store_id, previous) if previous else None
    if other is not None and other != claim.visitor_id:
        links.append(VisitorLink(other, customer_id, "identify", at, named))
    await link_visitors(connection, store_id, links, describe)
    await put(
        connection,
        store_id,
        RISK_ANALYSIS,
        f"customer:{customer_id}",
        f"claim:{activity_id}",
        {"subject": "customer", "id": str(customer_id), "event_key": f"claim:{activity_id}", "trigger": "webhook"},
    )
    return customer_id
