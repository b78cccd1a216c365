"""A request to the tracking API taken apart: the messages in it and what holds for all of them."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from functools import lru_cache

import msgspec

from shopwarden.errors import RefuseError
from shopwarden.sources.segment.messages import Arrival, Tracked, Unreadable, read_message
from shopwarden.sources.segment.values import mapping, moment, text

LARGEST_BATCH = 500 * 1024
MOST_MESSAGES = 2_500


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw]
    sentAt: object = None
    writeKey: object = None
    context: object = None


class _Single(msgspec.Struct):
    sentAt: object = None
    writeKey: object = None


class Rejected(msgspec.Struct, frozen=True):
    """A message that was not taken: its place in the batch, the path of the wrong field and what to do about it."""

    index: int
    field: str
    message: str


class Request(msgspec.Struct, kw_only=True):
    write_key: str
    events: list[Tracked]
    rejected: list[Rejected]
    places: list[int]
    """Where in the batch each event stood."""


_read_batch = msgspec.json.Decoder(_Batch)
_read_single = msgspec.json.Decoder(_Single)


@lru_cache(maxsize=1_000)
def basic_user(header: str | None) -> str | None:
    """The user name of an HTTP Basic header: Segment's SDKs send the write key there, with an empty password."""
    if not header or not header.lower().startswith("basic "):
        return None
    try:
        return b64decode(header[6:].strip(), validate=True).decode().split(":", 1)[0] or None
    except (Base64Error, ValueError, UnicodeDecodeError):
        return None


def read_request(kind: str, body: bytes, authorization: str | None, arrival: Arrival) -> Request:
    """Every message of a call to /v1/{kind}. Bad messages are set apart, their neighbours are kept.

    Raises RefuseError where nothing can be taken: no JSON, too large, no write key, or no readable message at all.
    """
    if len(body) > LARGEST_BATCH:
        raise RefuseError(f"a request may have {LARGEST_BATCH} bytes at most", status=413, type="too-large")
    key = basic_user(authorization)
    if kind == "batch":
        parts, arrival, stated = _split(body, arrival)
    else:
        parts, stated = [body], _decode_single(body).writeKey
    write_key = key or text(stated, 200)
    if write_key is None:
        raise RefuseError(
            "send the store's write key as the user of HTTP Basic authorization, or as writeKey in the body",
            status=401,
            type="write-key-missing",
        )
    request = Request(write_key=write_key, events=[], rejected=[], places=[])
    for index, part in enumerate(parts):
        try:
            request.events.append(read_message(part, None if kind == "batch" else kind, arrival))
            request.places.append(index)
        except Unreadable as problem:
            request.rejected.append(Rejected(index, problem.field, problem.problem))
    if request.rejected and not request.events:
        raise _nothing_taken(kind, request.rejected)
    return request


def _nothing_taken(kind: str, rejected: list[Rejected]) -> RefuseError:
    fields = {_path(kind, one): one.message for one in rejected[:50]}
    return RefuseError("no message of this request can be taken", type="invalid-message", fields=fields)


def _path(kind: str, one: Rejected) -> str:
    if kind != "batch":
        return one.field
    return f"batch[{one.index}]" + (f".{one.field}" if one.field else "")


def _decode_single(body: bytes) -> _Single:
    try:
        return _read_single.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as problem:
        raise RefuseError(f"the body is not a JSON object: {str(problem)[:200]}", type="invalid-json") from None


def _split(body: bytes, arrival: Arrival) -> tuple[list[bytes], Arrival, object]:
    try:
        batch = _read_batch.decode(body)
    except msgspec.ValidationError as problem:
        raise RefuseError(
            'a batch is {"batch": [messages]}', type="invalid-message", fields={"batch": str(problem)[:200]}
        ) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as problem:
        raise RefuseError(f"the body is not JSON: {str(problem)[:200]}", type="invalid-json") from None
    if not batch.batch:
        raise RefuseError("the batch is empty", type="invalid-message", fields={"batch": "holds no message"})
    if len(batch.batch) > MOST_MESSAGES:
        raise RefuseError(
            f"a batch may have {MOST_MESSAGES} messages at most",
            status=413,
            type="too-large",
            fields={"batch": "too many messages"},
        )
    sent = moment(batch.sentAt)
    shared = msgspec.structs.replace(arrival, sent=sent, context=mapping(batch.context))
    return [bytes(part) for part in batch.batch], shared, batch.writeKey
