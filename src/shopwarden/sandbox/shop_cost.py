"""What a query costs before and after it ran, and the bucket the points are taken from."""

from __future__ import annotations

import time
from collections.abc import Mapping

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

from shopwarden.sandbox.shop_people import Record
from shopwarden.sandbox.shop_schema import schema
from shopwarden.sandbox.shop_state import RESTORED, Bucket, Shop

MOST = 1000
MUTATION = 10
_FREE = {"edges", "pageInfo", "userErrors"}


class Meter:
    """Counts one operation. `variables` as they were sent."""

    def __init__(self, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, object]) -> None:
        self._fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
        self._operation, self._variables = operation, variables

    def asked(self) -> int:
        """Points for all that may come back: an object 1, a connection as many as its `first` times what is in it."""
        return self._root() + self._inside(self._operation.selection_set, self._kind(), 1)

    def given(self, data: object) -> int:
        """Points for what came back."""
        return self._root() + self._answered(self._operation.selection_set, self._kind(), data)

    def _root(self) -> int:
        if self._operation.operation is not OperationType.MUTATION:
            return 0
        return MUTATION * sum(isinstance(one, FieldNode) for one in self._operation.selection_set.selections)

    def _kind(self) -> str:
        return "Mutation" if self._operation.operation is OperationType.MUTATION else "QueryRoot"

    def _fields(self, chosen: SelectionSetNode, kind: str) -> list[tuple[FieldNode, str]]:
        """The fields with the type each is read from."""
        fields: list[tuple[FieldNode, str]] = []
        for one in chosen.selections:
            if isinstance(one, FieldNode):
                fields.append((one, kind))
            elif isinstance(one, InlineFragmentNode):
                fields += self._fields(one.selection_set, one.type_condition.name.value if one.type_condition else kind)
            elif isinstance(one, FragmentSpreadNode) and (found := self._fragments.get(one.name.value)):
                fields += self._fields(found.selection_set, found.type_condition.name.value)
        return fields

    def _inside(self, chosen: SelectionSetNode, kind: str, times: int) -> int:
        points = 0
        for field, owner in self._fields(chosen, kind):
            if field.selection_set is None:
                continue
            name, listed = _type_of(owner, field.name.value)
            if name.endswith("Connection"):
                points += self._inside(field.selection_set, name, self._size(field))
                continue
            many = times if field.name.value in {"edges", "nodes"} else self._size(field) if listed else 1
            own = 0 if field.name.value in _FREE or owner == "Mutation" else 1
            points += many * (own + self._inside(field.selection_set, name, 1))
        return points

    def _answered(self, chosen: SelectionSetNode, kind: str, data: object) -> int:
        if isinstance(data, list):
            return sum(self._answered(chosen, kind, one) for one in data)
        if not isinstance(data, dict):
            return 0
        points = 0
        for field, owner in self._fields(chosen, kind):
            value = data.get(field.alias.value if field.alias else field.name.value)
            if field.selection_set is None or value is None:
                continue
            name, _ = _type_of(owner, field.name.value)
            free = name.endswith(("Connection", "Edge", "PageInfo")) or "UserError" in name or owner == "Mutation"
            points += 0 if free else len(value) if isinstance(value, list) else 1
            points += self._answered(field.selection_set, name, value)
        return points

    def _size(self, field: FieldNode) -> int:
        for argument in field.arguments or ():
            if argument.name.value in {"first", "last"}:
                if isinstance(argument.value, IntValueNode):
                    return int(argument.value.value)
                if isinstance(argument.value, VariableNode):
                    told = self._variables.get(argument.value.name.value)
                    return told if isinstance(told, int) else 1
        return 1


def _type_of(owner: str, field: str) -> tuple[str, bool]:
    """Name of a field's type, and whether it is a list."""
    kind = schema().get_type(owner)
    if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) or field not in kind.fields:
        return ("", False) if not isinstance(kind, GraphQLUnionType) else (owner, False)
    found = kind.fields[field].type
    bare = found.of_type if isinstance(found, GraphQLNonNull) else found
    return get_named_type(found).name, isinstance(bare, GraphQLList)


def bucket_of(shop: Shop, client_id: str) -> Bucket:
    """The app's bucket at this shop, filled up to this moment."""
    rate = RESTORED[shop.plan]
    bucket = shop.buckets.setdefault(client_id, Bucket(rate * 20))
    now = time.monotonic()
    bucket.left, bucket.at = min(rate * 20.0, bucket.left + (now - bucket.at) * rate), now
    return bucket


def cost_of(shop: Shop, client_id: str, asked: int, given: int | None) -> Record:
    """What `extensions.cost` says."""
    rate = RESTORED[shop.plan]
    return {
        "requestedQueryCost": asked,
        "actualQueryCost": given,
        "throttleStatus": {
            "maximumAvailable": float(rate * 20),
            "currentlyAvailable": int(bucket_of(shop, client_id).left),
            "restoreRate": float(rate),
        },
    }
