"""What the OpenAPI document says of the collect endpoints, which live below the framework."""

from __future__ import annotations

_STRING = {"type": "string"}
_MOMENT = {"type": "string", "format": "date-time"}
_MESSAGE: dict[str, object] = {
    "type": "object",
    "properties": {
        "messageId": {**_STRING, "description": "Makes a repeated send count once.", "maxLength": 255},
        "userId": {"type": ["string", "null"]},
        "anonymousId": {"type": ["string", "null"]},
        "timestamp": _MOMENT,
        "sentAt": _MOMENT,
        "context": {"type": "object"},
        "writeKey": {**_STRING, "description": "Instead of the Authorization header."},
    },
}
_OWN: dict[str, dict[str, object]] = {
    "track": {"event": _STRING, "properties": {"type": "object"}},
    "identify": {"traits": {"type": "object"}},
    "page": {"name": {"type": ["string", "null"]}, "properties": {"type": "object"}},
    "screen": {"name": {"type": ["string", "null"]}, "properties": {"type": "object"}},
    "group": {"groupId": _STRING, "traits": {"type": "object"}},
    "alias": {"previousId": _STRING},
}
_EXAMPLES: dict[str, dict[str, object]] = {
    "track": {
        "messageId": "6f1c2a70-1", "anonymousId": "visitor-1", "event": "Product Viewed",
        "properties": {"product_id": "42", "price": 19.9, "currency": "EUR"}, "timestamp": "2026-03-01T12:00:00Z",
    },
    "identify": {"anonymousId": "visitor-1", "userId": "7001", "traits": {"email": "jane@example.com"}},
    "page": {"anonymousId": "visitor-1", "name": "Home", "properties": {"url": "https://shop.example/"}},
    "screen": {"anonymousId": "visitor-1", "name": "Cart"},
    "group": {"userId": "7001", "groupId": "wholesale"},
    "alias": {"previousId": "visitor-1", "userId": "7001"},
}  # fmt: skip
_SECURITY: list[dict[str, list[str]]] = [{"writeKey": []}, {}]
_WHY = {
    "400": "The body can't be read, or a message is not one",
    "401": "The write key is unknown or revoked",
    "413": "A message above 32 KB, or a batch above 500 KB",
    "429": "Too many events; `Retry-After` says how long to wait",
    "503": "The queue is full or the database is away; `Retry-After` says when to send again",
}


def _operation(name: str, schema: dict[str, object], example: object, summary: str) -> dict[str, object]:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answers: dict[str, object] = {
        "200": {
            "description": "Stored: the answer comes after the commit.",
            "content": {"application/json": {"schema": {"type": "object", "properties": {"success": {"type": "boolean"}}}}},
        }
    }
    answers |= {status: {"description": why, "content": problem} for status, why in _WHY.items()}
    return {
        "post": {
            "tags": ["collect"],
            "summary": summary,
            "operationId": f"collect{name.capitalize()}",
            "security": _SECURITY,
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}},
            "responses": answers,
        }
    }


def _single(name: str) -> dict[str, object]:
    properties = _MESSAGE["properties"]
    assert isinstance(properties, dict)
    return {"type": "object", "properties": {**properties, **_OWN[name]}}


def _batch() -> dict[str, object]:
    example = {"batch": [{"type": kind, **message} for kind, message in _EXAMPLES.items()][:3]}
    message = {**_MESSAGE, "required": ["type"]}
    schema: dict[str, object] = {
        "type": "object",
        "required": ["batch"],
        "properties": {"batch": {"type": "array", "items": message}, "writeKey": _STRING, "sentAt": _MOMENT},
    }
    return _operation("batch", schema, example, "Many messages at once, 500 KB together")


def _count() -> dict[str, object]:
    properties = {
        "writeKey": _STRING,
        "path": {**_STRING, "description": "Only what kind of page it is is kept."},
        "referrer": {**_STRING, "description": "The host that linked here, empty for none."},
        "source": {**_STRING, "description": "The campaign's source, empty for none."},
    }
    schema: dict[str, object] = {"type": "object", "required": ["writeKey"], "properties": properties}
    example = {"writeKey": "swk_1", "path": "/products/lamp", "referrer": "google.com", "source": ""}
    described = _operation("count", schema, example, "One view by somebody who did not agree to be recognised")
    post = described["post"]
    assert isinstance(post, dict)
    answers = {status: answer for status, answer in post["responses"].items() if status != "200"}
    post["responses"] = {"204": {"description": "Counted, and nothing else of it kept."}, **answers}
    return described


COLLECT_PATHS: dict[str, object] = {
    **{f"/v1/{name}": _operation(name, _single(name), _EXAMPLES[name], f"One `{name}` message") for name in _OWN},
    "/v1/batch": _batch(),
    "/v1/count": _count(),
}
