"""The Admin API's schema with its readers and writers in place, and who may use which field."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import cast

from graphql import (
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    get_named_type,
)

from shopwarden.sandbox import shop_office, shop_reading, shop_writing
from shopwarden.sandbox.shop_pages import cut
from shopwarden.sandbox.shop_people import Record
from shopwarden.sandbox.shop_reading import PERSONAL, Call, Reader, denied

READERS: dict[tuple[str, str], Reader] = {**shop_reading.READERS, **shop_office.READERS, **shop_writing.WRITERS}
"""What is more than a member of a record; the mutations on what an app sets up are added where requests are run."""

NEEDED = {
    ("QueryRoot", "customer"): "read_customers",
    ("QueryRoot", "customers"): "read_customers",
    ("QueryRoot", "customersCount"): "read_customers",
    ("QueryRoot", "order"): "read_orders",
    ("QueryRoot", "orders"): "read_orders",
    ("QueryRoot", "ordersCount"): "read_orders",
    ("QueryRoot", "abandonedCheckouts"): "read_orders",
    ("QueryRoot", "fulfillmentOrder"): "read_merchant_managed_fulfillment_orders",
    ("QueryRoot", "locations"): "read_locations",
    ("Order", "customer"): "read_customers",
    ("Order", "fulfillmentOrders"): "read_merchant_managed_fulfillment_orders",
    ("Customer", "orders"): "read_orders",
    ("Customer", "lastOrder"): "read_orders",
    ("Mutation", "orderRiskAssessmentCreate"): "write_orders",
    ("Mutation", "orderCancel"): "write_orders",
    ("Mutation", "fulfillmentOrderHold"): "write_merchant_managed_fulfillment_orders",
    ("Mutation", "fulfillmentOrderReleaseHold"): "write_merchant_managed_fulfillment_orders",
    ("Mutation", "webPixelCreate"): "write_pixels",
    ("Mutation", "webPixelUpdate"): "write_pixels",
    ("Mutation", "webPixelDelete"): "write_pixels",
}


def value_of(call: Call, owner: str, field: str, source: Record, asked: Record) -> object:
    """One field's value. GraphQLError with ACCESS_DENIED where the app may not have it."""
    needed = NEEDED.get((owner, field))
    if needed is not None and not call.may(needed):
        raise denied(field, needed)
    if call.shop.hide_personal and field in PERSONAL.get(owner, ()):
        message = f"This app is not approved to use the {field} field."
        raise GraphQLError(message, extensions={"code": "ACCESS_DENIED"})
    reader = READERS.get((owner, field))
    if reader is not None:
        return reader(call, source, asked)
    value = source.get(field)
    if isinstance(value, list) and is_connection(owner, field):
        return cut(value, asked)
    return value


@cache
def is_connection(owner: str, field: str) -> bool:
    kind = schema().get_type(owner)
    return isinstance(kind, GraphQLObjectType) and get_named_type(kind.fields[field].type).name.endswith("Connection")


@cache
def schema() -> GraphQLSchema:
    """Built once, on the first request."""
    built = build_schema(files(__package__).joinpath("shop_admin.graphql").read_text("utf-8"))
    for kind in built.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                field.resolve = _resolver(kind.name, name)
    node = cast(GraphQLInterfaceType, built.type_map["Node"])
    node.resolve_type = lambda value, info, kind: str(value["__typename"])
    for union in ("PaymentDetails", "WebhookSubscriptionEndpoint"):
        built.type_map[union].resolve_type = node.resolve_type  # type: ignore[attr-defined]
    return built


def _resolver(owner: str, field: str) -> object:
    def resolve(source: Record | None, info: GraphQLResolveInfo[Call], **asked: object) -> object:
        return value_of(info.context, owner, field, source or {}, asked)

    return resolve
