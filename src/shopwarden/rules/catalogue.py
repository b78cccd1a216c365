"""Every fact and word a rule may use, as a page of Markdown."""

from __future__ import annotations

from itertools import groupby

from shopwarden.rules.descriptions import PARTS
from shopwarden.rules.examples import WORDS, Described, described
from shopwarden.rules.language import LONGEST_CONDITION, MOST_LOOPS
from shopwarden.rules.vocabulary import LONGEST_LIST, LONGEST_TEXT

_INTRODUCTION = f"""# Facts a rule may use

A rule has a condition in [CEL](https://cel.dev) over the facts below, and an effect: points, an advice, tags, an alert, a
hold, a review. `int` and `double` don't mix: write `order.total > 500.0`, and `double(order.item_count)`.

A fact that is not known makes neither a yes nor a no: without an answer for the address, `ip.is_vpn` and `!ip.is_vpn` are
both unanswered, and the rule is left out for that order, with the facts it lacked. `false && unknown` is false,
`true || unknown` is true. `"ip.is_vpn" in known` asks whether a fact is known.

A condition has at most {LONGEST_CONDITION} characters and {MOST_LOOPS} loops (`exists`, `all`, ...), none inside another.
Of a list the first {LONGEST_LIST} members are seen, of a text the first {LONGEST_TEXT} characters."""


def catalogue() -> str:
    lines = [_INTRODUCTION, "", "## Words", "", "| word | meaning | example |", "|---|---|---|"]
    lines += [f"| `{_cell(word.word)}` | {word.description} | `{_cell(word.example)}` |" for word in WORDS]
    for part, names in groupby(described(), key=_part):
        lines += ["", f"## {PARTS.get(part, part.capitalize() or 'Elsewhere')}", ""]
        lines += ["| name | type | meaning | values |", "|---|---|---|---|"]
        lines += [_row(each) for each in names]
    return "\n".join(lines) + "\n"


def _part(each: Described) -> str:
    return each.name.partition(".")[0] if "." in each.name else ""


def _row(each: Described) -> str:
    values = ", ".join(f"`{value}`" for value in each.values) if each.type != "bool" else ""
    return f"| `{each.name}` | {each.type} | {_cell(each.description)} | {values} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
