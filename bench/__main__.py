"""`python -m bench [collect|check|flows|...|all] [--quick]`: measures, shows a table, prints the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench import events, questions, report, reports
from bench.backtest import backtest
from bench.decide import decide
from bench.live import QUICK_SECONDS, SECONDS, live
from bench.loader import load
from bench.servers import Stand, stand, temporary_folder
from bench.shop import shop
from bench.synthetic import Scale
from bench.vendors import vendors


class What(StrEnum):
    COLLECT = "collect"
    SINGLE = "single"
    WEBHOOKS = "webhooks"
    LIVE = "live"
    CHECK = "check"
    LIST = "list"
    FLOWS = "flows"
    METRICS = "metrics"
    JOURNEY = "journey"
    VENDORS = "vendors"
    SHOP = "shop"
    BACKTEST = "backtest"
    DECIDE = "decide"
    ALL = "all"


QUICK_SCALE = Scale(customers=5_000, activities=50_000)
_console = Console(highlight=False)


def _say(text: str) -> None:
    _console.print(text, markup=False, soft_wrap=True)


@contextmanager
def _loaded(keep: Path | None, scale: Scale) -> Iterator[Stand]:
    with temporary_folder() as fresh:
        folder = keep or fresh
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o711)
        load(folder, scale, _say)
        with stand(folder) as made:
            yield made


def _incoming(what: What, extent: events.Extent) -> list[report.Figure]:
    wanted = {What.COLLECT, What.SINGLE, What.WEBHOOKS} if what is What.ALL else {what}
    found: list[report.Figure] = []
    if not wanted & {What.COLLECT, What.SINGLE, What.WEBHOOKS}:
        return found
    with stand() as made, made.product() as port:
        if What.COLLECT in wanted:
            _say("collect: batches")
            found.append(events.collect(made, port, extent))
        if What.SINGLE in wanted:
            _say("collect: single events")
            found += events.single(made, port, extent)
        if What.WEBHOOKS in wanted:
            _say("webhooks")
            found += events.webhooks(made, port, extent)
    return found


def _live(what: What, seconds: float) -> list[report.Figure]:
    if what not in (What.LIVE, What.ALL):
        return []
    _say("live feed")
    with stand() as made, made.product() as port:
        return [live(made, port, seconds)]


def _vendors(what: What, quick: bool) -> list[report.Figure]:
    if what not in (What.VENDORS, What.ALL):
        return []
    _say("vendors")
    with stand() as made:
        return [vendors(made, quick)]


def _shop(what: What, quick: bool) -> list[report.Figure]:
    if what is not What.SHOP:  # a quarter of an hour: only when asked for
        return []
    _say("first reading of a shop")
    with stand() as made:
        return [shop(made, quick, _say)]


def _backtest(what: What, quick: bool) -> list[report.Figure]:
    if what is not What.BACKTEST:  # loading takes some minutes: only when asked for
        return []
    _say("trials of a policy on the past")
    with stand() as made:
        return backtest(made, quick, _say)


def _asked(what: What, extent: events.Extent, scale: Scale, keep: Path | None) -> list[report.Figure]:
    wanted = {What.CHECK, What.LIST, What.FLOWS, What.METRICS, What.JOURNEY, What.DECIDE} & (
        {what} if what is not What.ALL else set(What)
    )
    if not wanted:
        return []
    found: list[report.Figure] = []
    with _loaded(keep, scale) as made, made.product() as port:
        if What.LIST in wanted:
            _say("customer list")
            found.append(questions.customer_list(made, port, extent, scale.customers))
        if What.CHECK in wanted:
            _say("order check")
            found.append(questions.check(made, port, extent, scale.customers))
        if What.DECIDE in wanted:
            _say("order check with everything on")
            found.append(decide(made, port, extent, scale.customers))
        if What.FLOWS in wanted:
            _say("flows")
            found.append(reports.flows(made, port, extent, scale.activities))
        if What.METRICS in wanted:
            _say("metrics")
            found += reports.metrics(made, port, extent, scale.activities)
        if What.JOURNEY in wanted:
            _say("journeys")
            found.append(reports.journey(made, port, extent, scale.activities))
    return found


def main(
    what: Annotated[What, typer.Argument(help="What to measure.")] = What.ALL,
    quick: Annotated[bool, typer.Option(help="Little data and one round: shows that it runs, not how fast.")] = False,
    customers: Annotated[int, typer.Option(help="Customers of the loaded shop.")] = Scale.customers,
    activities: Annotated[int, typer.Option(help="Activities of the loaded shop.")] = Scale.activities,
    keep: Annotated[Path | None, typer.Option(help="Load into this folder and use it again next time.")] = None,
    page: Annotated[Path, typer.Option(help="Where to print the page when everything was measured.")] = report.PAGE,
) -> None:
    """Measures what shopwarden does per second, each figure beside a limit measured in the same run."""
    extent = events.QUICK if quick else events.Extent()
    scale = QUICK_SCALE if quick else Scale(customers, activities)
    figures = _incoming(what, extent)
    figures += _live(what, QUICK_SECONDS if quick else SECONDS)
    figures += _vendors(what, quick)
    figures += _shop(what, quick)
    figures += _backtest(what, quick)
    figures += _asked(what, extent, scale, keep)
    report.show(_console, figures)
    if what is What.ALL:
        how = (
            f"{extent.rounds} rounds, measured and limit in turns; questions with {scale.customers:,} customers and"
            f" {scale.activities:,} activities loaded."
        )
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(report.page(figures, how), "utf-8")
        _say(f"printed to {page}")


if __name__ == "__main__":
    typer.run(main)
