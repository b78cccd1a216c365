"""Reads the body of an import: JSON as a whole, NDJSON line by line as it comes in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from shopwarden.errors import RefuseError

LARGEST_JSON = 32 * 1024 * 1024
LONGEST_LINE = 256 * 1024
NDJSON_TYPES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")
TOO_LONG = b'"a row of more than 256 KB"'


class ImportBody(msgspec.Struct, frozen=True, kw_only=True):
    """`source` says who tells: shopify, klaviyo or manual."""

    data: list[msgspec.Raw]
    source: str = ""


async def read_json(chunks: AsyncIterator[bytes]) -> ImportBody:
    """The whole body; RefuseError if it is too large or not of this shape. The rows themselves are not looked at."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > LARGEST_JSON:
            raise RefuseError(
                f"JSON bodies may have {LARGEST_JSON // 2**20} MB; send more as NDJSON (application/x-ndjson).",
                status=413, type="too-large",
            )  # fmt: skip
    try:
        return msgspec.json.decode(body, type=ImportBody)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefuseError(f"The body is not JSON: {error}.", fields={"body": "is not JSON"}) from None


async def read_lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The lines that hold something, each as soon as it is there. Too long a line comes as something no row can be."""
    held, is_skipping = bytearray(), False
    async for chunk in chunks:
        held += chunk
        *lines, rest = held.split(b"\n")
        held = bytearray(rest)
        for line in lines:
            if is_skipping or len(line) > LONGEST_LINE:
                yield TOO_LONG
                is_skipping = False
            elif line.strip():
                yield bytes(line)
        if len(held) > LONGEST_LINE:
            # Kept only in mind: a line without an end must not fill the memory.
            held.clear()
            is_skipping = True
    if is_skipping:
        yield TOO_LONG
    elif held.strip():
        yield bytes(held)
