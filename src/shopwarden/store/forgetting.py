"""Forgets a person: what tells of them is deleted, what the shop's books need stays without them."""

from __future__ import annotations

import asyncpg

from shopwarden.domain.email import canonical_email
from shopwarden.domain.ids import StoreId
from shopwarden.store.list_matching import digest_sql
from shopwarden.store.person_rows import refresh_persons
from shopwarden.store.privacy import Subject

# The visitors of these customers, and what was merged with them by hand, for that is the same person; not where it is known
# to be a customer of its own.
_VISITORS = """
    SELECT id FROM visitors WHERE store_id = $1 AND customer_id = ANY($2)
    UNION SELECT g.id FROM visitors v JOIN visitors g ON g.store_id = v.store_id
        AND (g.id = v.merged_into OR g.merged_into = coalesce(v.merged_into, v.id))
    WHERE v.store_id = $1 AND v.customer_id = ANY($2) AND g.customer_id IS NULL"""
# Whose sessions and figures what they did is part of.
_WHOLE = "SELECT coalesce(merged_into, id) FROM visitors WHERE store_id = $1 AND id IN (" + _VISITORS + ")"  # noqa: S608

# $1 store, $2 customer rows, $3 the shop's ids of orders, $4 texts that name the person, $5 the shop's ids of the person.
# Order matters: whom the later ones look for, the last ones delete.
_PROFILES = "SELECT value FROM customer_identifiers WHERE store_id = $1 AND kind = 'klaviyo' AND customer_id = ANY($2)"
LONG_ENOUGH = 16
"""Shorter ids of profiles would be found in texts about others."""

_STEPS = {
    "consents": f"DELETE FROM consents WHERE store_id = $1 AND profile_id IN ({_PROFILES})",  # noqa: S608
    "engagements": f"DELETE FROM engagements WHERE store_id = $1 AND profile_id IN ({_PROFILES})",  # noqa: S608
    "writes": "DELETE FROM shop_writes WHERE store_id = $1 AND subject = 'customer' AND subject_id = ANY($2)",
    "verdicts": """
        UPDATE verdicts SET verdict = '{}', facts = '{}' WHERE store_id = $1 AND (customer_id = ANY($2)
            OR subject = 'customer' AND subject_id = ANY($2) OR subject = 'order' AND subject_id IN (
                SELECT id FROM orders WHERE store_id = $1 AND (customer_id = ANY($2) OR external_id = ANY($3))))""",
    "activities": f"""
        DELETE FROM customer_activities WHERE store_id = $1 AND (customer_id = ANY($2)
            OR customer_id IS NULL AND visitor_id IN ({_VISITORS}) AND session_id IN (
                SELECT s.id FROM sessions s WHERE s.store_id = $1 AND s.visitor_id IN ({_WHOLE})))""",  # noqa: S608
    "sessions": f"""
        UPDATE sessions SET ip = NULL, country_code = NULL, referrer = NULL, entry_page = NULL, exit_page = NULL
        WHERE store_id = $1 AND visitor_id IN ({_WHOLE})""",  # noqa: S608
    "crowds": """
        DELETE FROM crowds WHERE store_id = $1 AND kind = 'ip' AND value IN (
            SELECT host(i.ip) FROM visitors v JOIN visitor_ips i ON i.store_id = v.store_id AND i.visitor_id = v.id
            WHERE v.store_id = $1 AND v.customer_id = ANY($2))""",
    "visitor_ips": f"DELETE FROM visitor_ips WHERE store_id = $1 AND visitor_id IN ({_VISITORS})",  # noqa: S608
    "checkout_tokens": f"DELETE FROM checkout_tokens WHERE store_id = $1 AND visitor_id IN ({_VISITORS})",  # noqa: S608
    "identities": "DELETE FROM identities WHERE store_id = $1 AND customer_id = ANY($2)",
    "visitors": f"""
        UPDATE visitors SET customer_id = CASE WHEN customer_id = ANY($2) THEN NULL ELSE customer_id END, ip = NULL,
            country_code = NULL, region = NULL, city = NULL, user_agent = NULL, traits = '{{}}', state = '{{}}'
        WHERE store_id = $1 AND id IN ({_VISITORS} UNION {_WHOLE})""",  # noqa: S608
    "payment_attempts": """
        UPDATE payment_attempts SET customer_id = NULL, ip = NULL, email = NULL, card_key = NULL, card = '{}'
        WHERE store_id = $1 AND (customer_id = ANY($2) OR order_external_id = ANY($3) OR email = ANY($4))""",
    "refunds": "UPDATE refunds SET note = NULL WHERE store_id = $1 AND order_external_id = ANY($3)",
    "carts": "UPDATE carts SET customer_id = NULL, note = NULL WHERE store_id = $1 AND customer_id = ANY($2)",
    "checkouts": """
        UPDATE checkouts SET customer_id = NULL, customer_external_id = NULL, email = NULL, phone = NULL,
            billing_address = '{}', shipping_address = '{}', landing_site = NULL, referring_site = NULL,
            abandoned_checkout_url = NULL
        WHERE store_id = $1 AND (customer_id = ANY($2) OR email = ANY($4))""",
    "orders": """
        UPDATE orders SET customer_id = NULL, customer_external_id = NULL, email = NULL, phone = NULL, browser_ip = NULL,
            user_agent = NULL, accept_language = NULL, billing_address = '{}', shipping_address = '{}', billing_key = NULL,
            shipping_key = NULL, card_bin = NULL, card_last4 = NULL, card_key = NULL, landing_site = NULL,
            referring_site = NULL, note = NULL, tags = '[]', visitor_id = NULL, session_id = NULL, device_id = NULL,
            joined_by = NULL
        WHERE store_id = $1 AND (customer_id = ANY($2) OR external_id = ANY($3) OR email = ANY($4))""",
    "deliveries": """
        UPDATE inbox SET body = '', detail = 'forgotten at the request of the person',
            outcome = CASE WHEN outcome = 'kept' THEN 'processed' ELSE outcome END
        WHERE store_id = $1 AND octet_length(body) > 0 AND (
            EXISTS (SELECT 1 FROM unnest($4::text[]) AS t WHERE
                position(encode(convert_to(t, 'UTF8'), 'escape') IN lower(encode(body, 'escape'))) > 0)
            OR EXISTS (SELECT 1 FROM unnest($5::text[]) AS t WHERE
                encode(body, 'escape') ~ ('(^|[^0-9])' || t || '([^0-9]|$)')))""",
    "forwards": """
        DELETE FROM forwarded_events WHERE store_id = $1 AND EXISTS (SELECT 1 FROM unnest($4::text[]) AS t WHERE
            position(encode(convert_to(t, 'UTF8'), 'escape') IN lower(encode(body, 'escape'))) > 0)""",
    "jobs": """
        DELETE FROM outbox WHERE store_id = $1 AND (
            EXISTS (SELECT 1 FROM unnest($2::uuid[]) AS t WHERE payload::text LIKE '%' || t || '%')
            OR EXISTS (SELECT 1 FROM unnest($4::text[]) AS t WHERE position(t IN lower(payload::text)) > 0))""",
    "exports": """
        UPDATE tasks SET result = '{}' WHERE store_id = $1 AND (
            EXISTS (SELECT 1 FROM unnest($4::text[]) AS t WHERE position(t IN lower(result::text)) > 0)
            OR EXISTS (SELECT 1 FROM unnest($2::uuid[]) AS t WHERE position(t::text IN result::text) > 0))""",
    "mentions": """
        UPDATE customer_identifiers SET seen_with = seen_with - gone.names FROM (
            SELECT array_agg(kind || ':' || value) AS names FROM customer_identifiers
            WHERE store_id = $1 AND customer_id = ANY($2)) AS gone
        WHERE store_id = $1 AND seen_with ?| gone.names""",
    "identifiers": """
        DELETE FROM customer_identifiers WHERE store_id = $1 AND (customer_id = ANY($2)
            OR customer_id IS NULL AND kind IN ('email', 'phone') AND value = ANY($4))""",
    "case_notes": """
        DELETE FROM case_notes WHERE store_id = $1 AND case_id IN (
            SELECT id FROM cases WHERE store_id = $1 AND (customer_id = ANY($2) OR order_external_id = ANY($3)))""",
    "cases": """
        UPDATE cases SET customer_id = NULL, opened_for = NULL, decision_note = NULL,
            state = CASE subject WHEN 'customer' THEN 'decided' ELSE state END,
            settled_at = CASE subject WHEN 'customer' THEN now() ELSE settled_at END
        WHERE store_id = $1 AND (customer_id = ANY($2) OR order_external_id = ANY($3))""",
    "labels": """
        UPDATE labels SET customer_id = NULL, note = NULL
        WHERE store_id = $1 AND (customer_id = ANY($2) OR order_external_id = ANY($3))""",
    "list_entries": f"""
        DELETE FROM list_entries e WHERE store_id = $1 AND (kind IN ('email', 'phone') AND value = ANY($6)
                AND (list <> 'block' OR EXISTS (SELECT FROM list_entries d WHERE d.store_id = e.store_id
                    AND d.list = e.list AND d.kind = e.kind AND d.value = {digest_sql("e.store_id", "e.value")}))
            OR kind = 'customer' AND value IN (SELECT id::text FROM unnest($2::uuid[]) AS id
                UNION SELECT 'shopify:' || id FROM unnest($5::text[]) AS id))""",  # noqa: S608
    # Who was blocked stays blocked, by what tells of nobody.
    "blocked_entries": f"""
        UPDATE list_entries SET value = {digest_sql("store_id", "value")}, shown = NULL, reason = NULL
        WHERE store_id = $1 AND list = 'block' AND kind IN ('email', 'phone') AND value = ANY($6)""",  # noqa: S608
    "customers": "DELETE FROM customers WHERE store_id = $1 AND id = ANY($2)",
}


async def forget(connection: asyncpg.Connection, store_id: StoreId, subject: Subject) -> dict[str, int]:
    """Deletes or blanks everything that tells of the person; answers how many rows, by kind.

    Amounts, items and times of orders stay: they are the shop's accounts. Addresses and IP addresses go with the customer.
    """
    arguments = {
        2: list(subject.customer_ids),
        3: list(subject.order_ids),
        4: [*subject.texts, *(one.lower() for one in subject.klaviyo_ids if len(one) >= LONG_ENOUGH)],
        5: [text for text in subject.shopify_ids if text.isalnum()],
        6: [canonical_email(text) if "@" in text else text for text in subject.texts],
    }
    linked = await connection.fetch(
        "SELECT id FROM customers WHERE store_id = $1 AND person_id IN"
        " (SELECT person_id FROM customers WHERE store_id = $1 AND id = ANY($2)) AND NOT id = ANY($2)",
        store_id,
        arguments[2],
    )
    counts: dict[str, int] = {}
    for what, statement in _STEPS.items():
        # A statement takes only the parameters it names, and these without gaps.
        used = [place for place in arguments if f"${place}" in statement]
        for now, place in enumerate(used, 2):
            statement = statement.replace(f"${place}", f"${now}")
        done = await connection.execute(statement, store_id, *(arguments[place] for place in used))
        counts[what] = int(done.rpartition(" ")[2])
    await refresh_persons(connection, store_id, {row["id"] for row in linked})
    return {what: count for what, count in counts.items() if count}
