"""The report on paper: who was caught and who was not, in a table a person reads."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console
from rich.table import Table

from shopwarden.demo.measure import Report, Row


def show(console: Console, report: Report) -> None:
    for title, wrong, is_fraud in (("Fraud", "missed", True), ("Honest", "wrongly stopped", False)):
        rows = [row for row in report.rows if row.is_fraud is is_fraud]
        console.print(_table(title, wrong, rows))
        for row in rows:
            if row.reasons and (is_fraud or row.stopped):
                console.print(f"  {row.character}: {' '.join(row.reasons)}", style="dim")
        console.print()
    if report.judged < report.orders:
        console.print(f"{report.orders - report.judged} of {report.orders} orders have no verdict (yet).", style="yellow")
    if report.auc is not None:
        console.print(
            f"A fraudulent order has the higher score in {report.auc:.1%} of all pairs with an honest one "
            f"(area under the ROC curve {report.auc:.3f}; {report.fraud} of {report.orders} orders are fraud)."
        )
    for at in report.thresholds:
        right = "" if at.precision is None else f"; {at.precision:.0%} of those stopped are fraud"
        console.print(
            f"Stopping at {at.advice!r}: {at.stopped:.1%} of all orders, {at.caught:.0%} of the fraud, "
            f"{at.honest_stopped:.1%} of the honest{right}."
        )
    console.print(
        f"Fraud for {report.fraud_value:,.2f} USD, of which {report.value_saved:,.2f} was stopped; honest orders for "
        f"{report.value_refused:,.2f} USD declined and for {report.value_held:,.2f} USD held for a look."
    )
    joined = ", ".join(f"{count} by {how}" for how, count in sorted(report.joined.items(), key=lambda pair: -pair[1]))
    console.print(f"How orders found their visitor: {joined or 'no order is judged yet'}.", style="dim")


def draw(report: Report, path: Path) -> None:
    """The same report as a picture (SVG), for pages that want to show it."""
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, highlight=False, width=118, file=nowhere)
        show(console, report)
        path.write_text(console.export_svg(title="shopwarden demo"))


def _table(title: str, wrong: str, rows: list[Row]) -> Table:
    table = Table(title=title, title_justify="left", expand=False)
    table.add_column("character")
    for name in ("orders", "stopped", "declined", wrong, "median score"):
        table.add_column(name, justify="right")
    for row in rows:
        mistakes = row.judged - row.stopped if row.is_fraud else row.stopped
        table.add_row(
            row.character, str(row.orders), str(row.stopped), str(row.declined),
            f"[red]{mistakes}[/red]" if mistakes else "0",
            "-" if row.median_score is None else f"{row.median_score:g}",
        )  # fmt: skip
    return table
