"""What an alert's webhook sends, for the OpenAPI document: body, headers, how to check and what to expect of repetitions."""

from __future__ import annotations

import msgspec

from shopwarden.domain.alert_message import AlertMessage

_REFERENCE = "#/components/schemas/{name}"


def _anything(kind: type) -> dict[str, object]:
    """`object` is any JSON value. For others the library wants this very error."""
    if kind is not object:
        raise NotImplementedError(kind)
    return {"description": "Any JSON value."}


_SCHEMA, _COMPONENTS = msgspec.json.schema_components((AlertMessage,), schema_hook=_anything, ref_template=_REFERENCE)
ALERT_MESSAGE_SCHEMAS: dict[str, object] = dict(_COMPONENTS)
_DESCRIPTION = """\
Posted to every channel of the kind `webhook`, by the Standard Webhooks scheme; its libraries verify it as it is.

`webhook-signature` holds one `v1,<base64>` for each secret in use, separated by spaces: HMAC-SHA256, under the bytes after
`whsec_` (base64), of `{webhook-id}.{webhook-timestamp}.{body}`. After a change of the secret the former one signs too, for a
day. Refuse a timestamp far from your clock.

Any answer of 200 to 299 within 15 seconds takes the message; 410 switches the channel off. With any other it is sent again,
after 5 seconds first and 15 minutes at most, or when `Retry-After` says, for three days. Messages of one channel come in
their order: none is sent before the one before it was taken or given up. Only what is critical overtakes others, in the
channel's hours of quiet.

A message whose answer was lost is sent again with the same `webhook-id` and body and a new timestamp. Keep the ids you
have taken for three days and leave out what comes a second time."""


def _header(text: str) -> dict[str, object]:
    return {"in": "header", "required": True, "description": text, "schema": {"type": "string"}}


ALERT_WEBHOOKS: dict[str, object] = {
    "alert": {
        "post": {
            "operationId": "alertMessage",
            "tags": ["alerts"],
            "summary": "An alert was raised, goes on, was escalated or is over",
            "description": _DESCRIPTION,
            "parameters": [
                {"name": "webhook-id", **_header("Of the message; the same in every repetition.")},
                {"name": "webhook-timestamp", **_header("Unix seconds of this sending.")},
                {"name": "webhook-signature", **_header("`v1,<base64>`, one for each secret, separated by spaces.")},
            ],
            "requestBody": {"required": True, "content": {"application/json": {"schema": _SCHEMA[0]}}},
            "responses": {"2XX": {"description": "Taken."}, "410": {"description": "Send nothing here any more."}},
        }
    }
}
