"""Reads a bulk query into a plan of what to take from each record, and takes it: one list of lines for each root."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    parse,
    validate,
)
from graphql.execution.values import get_argument_values

from shopwarden.sandbox.shop_pages import walk
from shopwarden.sandbox.shop_people import Record
from shopwarden.sandbox.shop_reading import PERSONAL, Call, denied, orders_search
from shopwarden.sandbox.shop_schema import NEEDED, READERS, schema, value_of
from shopwarden.sandbox.shop_search import read_search

MOST_CONNECTIONS, DEEPEST = 5, 2
_ROOTS = {"customers": ("customer", "Customer"), "orders": ("order", "Order")}


@dataclass(frozen=True)
class Pick:
    """One field to take. `inside`: what to take of it; `nodes`: it is a connection, and each of its objects a line."""

    key: str
    owner: str
    field: str
    asked: Record
    inside: tuple[Pick, ...] = ()
    nodes: bool = False

    @cached_property
    def is_plain(self) -> bool:
        """Whether it is no more than a member of the record: most are, and a large shop has many millions of them."""
        place = self.owner, self.field
        return place not in READERS and place not in NEEDED and self.field not in PERSONAL.get(self.owner, ())


@dataclass(frozen=True, slots=True)
class Plan:
    kind: str
    search: str
    picks: tuple[Pick, ...]


class _Unfit(Exception):
    """The query is none that can run in bulk."""


def read_plan(call: Call, query: str) -> Plan | str:
    """The plan, or a sentence on what is wrong with the query."""
    try:
        document = parse(query)
    except GraphQLSyntaxError as problem:
        return f"Invalid bulk query: {problem.message}"
    wrong = validate(schema(), document)
    if wrong:
        return f"Invalid bulk query: {wrong[0].message}"
    operation = next((one for one in document.definitions if isinstance(one, OperationDefinitionNode)), None)
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    try:
        return _Reader(fragments).plan(operation)
    except _Unfit as problem:
        return str(problem)


class _Reader:
    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._connections = 1

    def plan(self, operation: OperationDefinitionNode | None) -> Plan:
        roots = operation.selection_set.selections if operation else ()
        if operation is None or operation.operation is not OperationType.QUERY:
            raise _Unfit("Bulk queries must be queries")
        if operation.variable_definitions:
            raise _Unfit("Bulk queries take no variables")
        root = roots[0]
        if len(roots) != 1 or not isinstance(root, FieldNode):
            raise _Unfit("Bulk queries must contain exactly one top-level field")
        if root.name.value not in _ROOTS or root.selection_set is None:
            raise _Unfit("Bulk queries must contain at least one connection: customers or orders")
        kind, owner = _ROOTS[root.name.value]
        asked = self._asked("QueryRoot", root)
        picks = self._picks(self._nodes(root.selection_set), owner, 1)
        if not any(pick.field == "id" for pick in picks) and any(pick.nodes for pick in picks):
            raise _Unfit("The parent of a connection must have its id selected")
        return Plan(kind, str(asked.get("query") or ""), picks)

    def _nodes(self, chosen: SelectionSetNode) -> SelectionSetNode:
        """The selection of the objects in a connection, by `nodes` or by `edges` and `node`."""
        for one in chosen.selections:
            if isinstance(one, FieldNode) and one.selection_set is not None:
                if one.name.value in {"nodes", "node"}:
                    return one.selection_set
                if one.name.value == "edges":
                    return self._nodes(one.selection_set)
        raise _Unfit("A connection in a bulk query must select edges { node } or nodes")

    def _picks(self, chosen: SelectionSetNode, owner: str, depth: int) -> tuple[Pick, ...]:
        picks: list[Pick] = []
        for one in chosen.selections:
            if isinstance(one, FieldNode):
                picks.append(self._pick(one, owner, depth))
            elif isinstance(one, InlineFragmentNode):
                kind = one.type_condition.name.value if one.type_condition else owner
                picks += self._picks(one.selection_set, kind, depth)
            elif isinstance(one, FragmentSpreadNode):
                found = self._fragments[one.name.value]
                picks += self._picks(found.selection_set, found.type_condition.name.value, depth)
        return tuple(picks)

    def _pick(self, one: FieldNode, owner: str, depth: int) -> Pick:
        field, key = one.name.value, (one.alias or one.name).value
        if one.selection_set is None or field == "__typename":
            return Pick(key, owner, field, self._asked(owner, one))
        kind = get_named_type(schema().type_map[owner].fields[field].type).name  # type: ignore[attr-defined]
        if not kind.endswith("Connection"):
            return Pick(key, owner, field, self._asked(owner, one), self._picks(one.selection_set, kind, depth))
        self._connections += 1
        if self._connections > MOST_CONNECTIONS:
            raise _Unfit(f"Bulk queries cannot contain more than {MOST_CONNECTIONS} connections")
        if depth >= DEEPEST + 1:
            raise _Unfit("Bulk queries cannot contain connections with a nesting depth greater than 2")
        asked = {"first": 250, **self._asked(owner, one)}
        inside = self._picks(self._nodes(one.selection_set), kind.removesuffix("Connection"), depth + 1)
        return Pick(key, owner, field, asked, inside, nodes=True)

    def _asked(self, owner: str, one: FieldNode) -> Record:
        if one.name.value == "__typename":
            return {}
        found: Record = get_argument_values(schema().type_map[owner].fields[one.name.value], one)  # type: ignore[attr-defined]
        return found


def rows(call: Call, plan: Plan, grouped: bool) -> Iterator[list[Record]]:
    """For each root its line and those of its children, a child naming its parent in `__parentId`.

    GraphQLError with ACCESS_DENIED where the app lacks the scope. `grouped` makes no difference here: children always
    follow their parent.
    """
    owner = "Customer" if plan.kind == "customer" else "Order"
    field = "customers" if plan.kind == "customer" else "orders"
    if not call.may(NEEDED["QueryRoot", field]):
        raise denied(field, NEEDED["QueryRoot", field])
    search = orders_search(call, plan.search) if plan.kind == "order" else read_search(plan.search)
    for _, record in walk(call.shop, plan.kind, search):
        children: list[Record] = []
        line = _take(call, plan.picks, record, owner, children)
        yield [line, *children]


def _take(call: Call, picks: tuple[Pick, ...], record: Record, kind: str, children: list[Record]) -> Record:
    line: Record = {}
    for pick in picks:
        if pick.field == "__typename":
            line[pick.key] = record.get("__typename", kind)
            continue
        # Only members of a union say their type: what was asked of another type of it is left out.
        if record.get("__typename", pick.owner) != pick.owner:
            continue
        if pick.nodes:
            _add(call, pick, record, children)
            continue
        plain = pick.is_plain
        value = record.get(pick.field) if plain else value_of(call, pick.owner, pick.field, record, pick.asked)
        if pick.inside:
            line[pick.key] = _within(call, pick, value, children)
        else:
            line[pick.key] = value
    return line


def _within(call: Call, pick: Pick, value: object, children: list[Record]) -> object:
    if isinstance(value, list):
        return [_within(call, pick, one, children) for one in value]
    return _take(call, pick.inside, value, pick.inside[0].owner, children) if isinstance(value, dict) else None


def _add(call: Call, pick: Pick, parent: Record, children: list[Record]) -> None:
    """The objects of a connection as lines; their own children come right after each."""
    nodes = parent.get(pick.field)
    if not isinstance(nodes, list):
        value = value_of(call, pick.owner, pick.field, parent, pick.asked)
        nodes = value.get("nodes") if isinstance(value, dict) else None
    for node in nodes if isinstance(nodes, list) else []:
        own: list[Record] = []
        line = _take(call, pick.inside, node, pick.inside[0].owner, own)
        children += [{**line, "__parentId": parent["id"]}, *own]
