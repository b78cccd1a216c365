"""Every query on a store's data names the store: no statement can reach into another tenant."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from shopwarden.store.tables import metadata
from tests.house.reading import sources

# A statement that by its nature goes over all stores says so in the line before it, with the reason.
ACROSS = "across stores:"
STATEMENT = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:ONLY\s+)?([a-z_]+)", re.IGNORECASE)
VERB = re.compile(r"\b(?:SELECT|INSERT|UPDATE|DELETE)\b")


def tenant_tables() -> set[str]:
    """Tables of shop data: the store is part of the key. Those of the installation (keys, queues, inbox) are found by id."""
    return {table.name for table in metadata.tables.values() if "store_id" in table.primary_key.columns}


def written(node: ast.AST) -> str | None:
    """The text of a string, with holes of an f-string left as `?`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "?" for part in node.values)
    return None


def strings(tree: ast.AST, around: str = "") -> Iterator[tuple[int, str, str]]:
    """Every string with its line and the source of the function around it; parts of an f-string come as one."""
    for node in ast.iter_child_nodes(tree):
        text = written(node)
        if text is None:
            function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from strings(node, ast.unparse(node) if function else around)
        else:
            yield getattr(node, "lineno", 0), text, around


def constants(tree: ast.Module) -> str:
    """What stands outside of functions and classes: statements put together from one another."""
    return "\n".join(ast.unparse(node) for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign))


def unbound(text: str, tables: set[str]) -> set[str]:
    """The tenant tables a statement touches without naming `store_id`."""
    if not VERB.search(text) or "store_id" in text:
        return set()
    return {name for name in STATEMENT.findall(text) if name in tables}


def test_every_statement_on_a_stores_data_names_the_store() -> None:
    tables = tenant_tables()
    assert {"customers", "visitors", "orders", "verdicts"} <= tables
    loose = []
    for source in sources():
        if source.room != "store":
            continue
        lines = source.text.splitlines()
        for number, text, around in strings(source.tree, constants(source.tree)):
            touched = unbound(text, tables)
            # Conditions that are put together: the function that does it, or the constants, have to bring the store in.
            if "?" in text and "store_id" in around:
                continue
            if touched and not any(ACROSS in near for near in lines[max(0, number - 4) : number]):
                loose.append(f"{source.name}:{number} {sorted(touched)}")
    assert not loose


def test_the_store_comes_first_in_every_key() -> None:
    tables = [metadata.tables[name] for name in tenant_tables()]
    assert not [table.name for table in tables if next(iter(table.primary_key.columns)).name != "store_id"]


def test_the_search_finds_a_loose_statement() -> None:
    assert unbound("SELECT * FROM customers WHERE email = $1", {"customers"}) == {"customers"}
    assert not unbound("SELECT * FROM customers WHERE store_id = $1", {"customers"})
    assert not unbound("Comes from customers", {"customers"})
