"""Klaviyo's profiles become customers: who they are, and what is predicted of them; whom it changes is judged later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from shopwarden.domain.forgotten import digests_of
from shopwarden.domain.identity import EMAIL, KLAVIYO, PHONE, Identifier, identifiers_of
from shopwarden.domain.ids import CustomerId, StoreId, new_id
from shopwarden.domain.observation import CustomerObservation
from shopwarden.steps.assess_listed import put_listed
from shopwarden.steps.identify import identify_customers
from shopwarden.store.database import Connection
from shopwarden.store.forgotten import forgotten_when
from shopwarden.store.identifiers import lock_people
from shopwarden.store.klaviyo import Predicted, owners_of, stated_of, who_they_are, write_predictions
from shopwarden.vendors.klaviyo_people import PREDICTED, predictions_in


async def take_in(
    connection: Connection, store_id: StoreId, observations: Sequence[CustomerObservation]
) -> list[CustomerId]:
    """The customer behind each. Who is new, or has another address or number now, is judged when nothing else waits."""
    named = {name for each in observations for name in identifiers_of(each)}
    await lock_people(connection, store_id)
    before = await who_they_are(connection, store_id, named)
    found = await identify_customers(connection, store_id, observations)
    after = await who_they_are(connection, store_id, named)
    changed = [one for one in dict.fromkeys(found) if one in after and before.get(one) != after[one]]
    await put_listed(connection, store_id, changed, f"klaviyo:{new_id()}")
    return found


async def predict(connection: Connection, store_id: StoreId, customers: Iterable[CustomerId]) -> None:
    """The columns of these customers, by the newest prediction of any of their profiles."""
    stated = await stated_of(connection, store_id, customers, PREDICTED)
    told = {one: predictions_in(attributes) for one, attributes in stated.items()}
    rows = {one: Predicted(each.lifetime_value, each.churn_probability, each.next_order_date) for one, each in told.items()}
    await write_predictions(connection, store_id, rows)


async def forgotten_profiles(connection: Connection, store_id: StoreId, named: Mapping[str, Iterable[str]]) -> set[str]:
    """Those of the profiles whose people asked to be forgotten: Klaviyo does not bring them back, only the shop does.

    `named`: profile -> the addresses and numbers it has. Only while the store's people are locked by this transaction.
    """
    names = {profile: {profile, *texts} for profile, texts in named.items()}
    digests = {profile: digests_of(store_id, texts) for profile, texts in names.items()}
    known = await forgotten_when(connection, store_id, sorted({each for some in digests.values() for each in some}))
    gone = {profile for profile, some in digests.items() if known.keys() & set(some)} if known else set()
    if not gone:
        return gone
    owned = await owners_of(connection, store_id, gone)
    return {profile for profile in gone - owned.keys() if not await _is_back(connection, store_id, names[profile])}


async def _is_back(connection: Connection, store_id: StoreId, texts: Iterable[str]) -> bool:
    named = [Identifier(kind, text) for text in texts for kind in (EMAIL, PHONE, KLAVIYO)]
    return bool(await who_they_are(connection, store_id, named))
