"""Answers what the law lets people and shops ask for, each with a receipt that names nobody."""

from __future__ import annotations

from shopwarden.domain.events import PrivacyRequested
from shopwarden.domain.forgotten import digests_of
from shopwarden.domain.ids import StoreId
from shopwarden.steps.klaviyo_jobs import put_jobs
from shopwarden.store.database import Connection
from shopwarden.store.forgetting import forget
from shopwarden.store.forgotten import keep_forgotten
from shopwarden.store.klaviyo_settings import read_klaviyo_settings
from shopwarden.store.privacy import export_subject, find_subject, keep_export, keep_receipt, wipe_shop
from shopwarden.store.vendor_answers import export_answers, forget_answers


async def answer_privacy(connection: Connection, store_id: StoreId, request: PrivacyRequested, job: str) -> None:
    """Gives out, forgets a person, or forgets a shop. `job`: the subject of the job that asks, which must end as usual."""
    if request.kind == "shop_redact":
        counts = await wipe_shop(connection, store_id, job)
    else:
        named = (request.shopify_id, request.email, request.phone)
        subject = await find_subject(connection, store_id, named, request.order_ids)
        if request.kind == "customer_redact":
            answers = await forget_answers(connection, store_id, *subject.customer_ids)
            counts = await forget(connection, store_id, subject) | ({"vendor_answers": answers} if answers else {})
            names = (*subject.shopify_ids, *subject.texts, *subject.klaviyo_ids)
            await keep_forgotten(connection, store_id, digests_of(store_id, names), request.at)
            if (await read_klaviyo_settings(connection, store_id)).forget:
                await put_jobs(
                    connection, store_id, [{"klaviyo": "forget", "profile_id": one} for one in subject.klaviyo_ids]
                )
        else:
            export = await export_subject(connection, store_id, subject)
            export["vendor_answers"] = await export_answers(connection, store_id, subject.customer_ids)
            counts = {table: len(rows) for table, rows in export.items() if rows}
            await keep_export(connection, store_id, request.reference or request.version, export)
    await keep_receipt(connection, store_id, (request.kind, request.reference, request.at), counts)
