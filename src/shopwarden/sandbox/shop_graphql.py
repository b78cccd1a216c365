"""Answers one GraphQL request: read, check, weigh, throttle, run."""

from __future__ import annotations

from functools import lru_cache

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)

from shopwarden.sandbox import shop_cost, shop_managing
from shopwarden.sandbox.shop_people import Record
from shopwarden.sandbox.shop_reading import Call
from shopwarden.sandbox.shop_schema import READERS, schema
from shopwarden.sandbox.stand_in import Said

# Bulk operations read by the schema themselves, so the schema can't know of the mutations that start them.
READERS.update(shop_managing.WRITERS)

THROTTLED = "https://shopify.dev/api/usage/rate-limits"


@lru_cache(512)
def _read(query: str) -> tuple[DocumentNode | None, tuple[str, ...]]:
    """The document, or what is wrong with it as JSON-ready messages. Kept, as apps send the same few queries."""
    try:
        document = parse(query, max_tokens=5000)
    except GraphQLSyntaxError as problem:
        return None, (str(problem.message),)
    return document, tuple(one.message for one in validate(schema(), document))


def answer(call: Call, given: Record) -> Said:
    """`given`: the body {query, variables, operationName}. All but a body that is none is answered with 200."""
    query, variables, name = given.get("query"), given.get("variables") or {}, given.get("operationName")
    if not isinstance(query, str) or not query.strip():
        return Said.of({"errors": {"query": "Required parameter missing or invalid"}}, 400)
    if not isinstance(variables, dict):
        return Said.of({"errors": {"variables": "Variables must be an object"}}, 400)
    document, problems = _read(query)
    if document is None or problems:
        code = {"code": "undefinedField"} if any("Cannot query field" in one for one in problems) else {}
        return Said.of({"errors": [{"message": one, "extensions": code} for one in problems]})
    operation = get_operation_ast(document, name if isinstance(name, str) else None)
    if operation is None:
        return Said.of({"errors": [{"message": "No operation named so, or more than one and none named"}]})
    return _run(call, document, operation, variables)


def _run(call: Call, document: DocumentNode, operation: OperationDefinitionNode, variables: Record) -> Said:
    meter = shop_cost.Meter(document, operation, variables)
    asked = meter.asked()
    note = _note(operation)
    if asked > shop_cost.MOST:
        message = f"Query cost is {asked}, which exceeds the single query max cost limit ({shop_cost.MOST})."
        error = {"message": message, "extensions": {"code": "MAX_COST_EXCEEDED", "cost": asked, "maxCost": shop_cost.MOST}}
        return _said({"errors": [error]}, note)
    bucket = shop_cost.bucket_of(call.shop, call.client_id)
    if bucket.left < asked:
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": THROTTLED}}
        cost = shop_cost.cost_of(call.shop, call.client_id, asked, None)
        return _said({"errors": [error], "extensions": {"cost": cost}}, note)
    operation_name = operation.name.value if operation.name else None
    done = execute_sync(schema(), document, context_value=call, variable_values=variables, operation_name=operation_name)
    spent = min(asked, meter.given(done.data)) if done.data is not None else 0
    bucket.left -= spent
    body: Record = {"data": done.data}
    if done.errors:
        body["errors"] = [_error(one) for one in done.errors]
    body["extensions"] = {"cost": shop_cost.cost_of(call.shop, call.client_id, asked, spent)}
    return _said(body, note)


def _error(problem: GraphQLError) -> Record:
    error: Record = {"message": problem.message}
    if problem.locations:
        error["locations"] = [{"line": one.line, "column": one.column} for one in problem.locations]
    if problem.path:
        error["path"] = list(problem.path)
    if problem.extensions:
        error["extensions"] = dict(problem.extensions)
    elif problem.original_error is not None:
        error["extensions"] = {"code": "INTERNAL_SERVER_ERROR"}
    return error


def _note(operation: OperationDefinitionNode) -> str:
    fields = [one.name.value for one in operation.selection_set.selections if hasattr(one, "name")]
    return f"{operation.operation.value} {' '.join(fields)}"


def _said(body: Record, note: str) -> Said:
    said = Said.of(body)
    return Said(said.status, said.body, said.headers, note=note)
