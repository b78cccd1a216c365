"""Query parameters as one struct: read strictly, refused by name, and told to the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from types import UnionType
from typing import Annotated, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.di import Provide

from shopwarden.errors import RefuseError

Query = TypeVar("Query", bound=msgspec.Struct)
QUERY_OPTION = "query"


def query_of(struct: type[Query]) -> Provide:
    """A dependency that reads the query into `struct`; numbers and yes/no are read from their text."""
    types = msgspec.structs.fields(struct)
    names = {field.encode_name for field in types}
    allowed = {field.encode_name: _choices(field.type) for field in types}

    def read(request: Request[object, object, State]) -> Query:
        given = {name: value for name, value in request.query_params.dict().items() if name in names}
        plain = {name: value[-1] for name, value in given.items()}
        try:
            return msgspec.convert(plain, struct, strict=False)
        except msgspec.ValidationError as error:
            raise _refusal(str(error), allowed) from None

    provider: Callable[[Request[object, object, State]], Query] = read
    return Provide(provider, sync_to_thread=False)


def _choices(kind: object) -> tuple[str, ...]:
    """The values a parameter may have, where they are few; of Annotated and optional ones those inside."""
    if kind is bool:
        return ("true", "false")
    if get_origin(kind) is Literal:
        return tuple(str(value) for value in get_args(kind) if value != "")
    if get_origin(kind) in (Annotated, UnionType, Union):
        return tuple(choice for inner in get_args(kind) for choice in _choices(inner))
    return ()


def _refusal(message: str, allowed: dict[str, tuple[str, ...]]) -> RefuseError:
    what, _, path = message.partition(" - at `$.")
    field = path.rstrip("`") or "query"
    choices = ", ".join(allowed.get(field, ()))
    told = f"takes {choices}" if choices else what[:1].lower() + what[1:]
    return RefuseError(f"{field}: {told}.", type="invalid-input", fields={field: told})


def parameters_of(struct: type[msgspec.Struct]) -> list[dict[str, object]]:
    """The struct's fields as OpenAPI parameters."""
    (_,), schemas = msgspec.json.schema_components((struct,), ref_template="#/components/schemas/{name}")
    schema = schemas[struct.__name__]
    required = set(schema.get("required", ()))
    parameters: list[dict[str, object]] = []
    for name, inner in schema["properties"].items():
        described = {key: value for key, value in inner.items() if key != "description"}
        if described.get("default") == "":
            del described["default"]
        parameters.append(
            {
                "name": name,
                "in": "query",
                "required": name in required,
                "description": inner.get("description", ""),
                "schema": described,
            }
        )
    return parameters
