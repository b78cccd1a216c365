"""A process of its own that tries policies on stretches of the past; two of them share a trial."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import datetime

import msgspec
import uvloop

from shopwarden.domain.backtest import Found, Trial
from shopwarden.domain.ids import StoreId
from shopwarden.domain.policy import Policy
from shopwarden.domain.weights import Weights
from shopwarden.embedded.process import end_with_parent
from shopwarden.steps.backtest_advice import Advisers, heard_again
from shopwarden.steps.backtest_count import PREFIX, Counting, Material, material_of
from shopwarden.steps.backtest_lists import ListTrial, Marks
from shopwarden.store.backtest_rows import Decision, Span, Wanted, count_verdicts, read_decisions, weights_at
from shopwarden.store.database import Connection, Database
from shopwarden.store.rulesets import ruleset_of

POLITENESS = 10
"""Live work goes first."""


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """What a child needs to know. `end` is where the whole period ends; labels are taken as known at `as_of`."""

    database_url: str
    store_id: StoreId
    trial: Trial
    end: datetime
    as_of: datetime


class Child:
    """One connection and the policies made ready."""

    def __init__(self, brief: Brief) -> None:
        self._brief, self._runner = brief, asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._database = self._runner.run(Database.connect(brief.database_url, smallest=1, largest=1))
        self._advisers: dict[tuple[int, int], tuple[Advisers, int]] = {}
        trial = brief.trial
        has_rules = Advisers([trial.present, trial.candidate]).need_facts
        self._wanted = Wanted(facts=has_rules or bool(trial.lists), marks=bool(trial.lists))
        self._lists = ListTrial(trial.lists) if trial.lists else None
        self._candidate = Advisers([trial.candidate])

    def try_stretch(self, first: datetime, until: datetime) -> Found:
        return self._runner.run(self._try(Span(first, until, self._brief.end, self._brief.as_of)))

    async def _try(self, span: Span) -> Found:
        counting = Counting()
        async with self._database.pool.acquire() as connection:
            rows = await read_decisions(connection, self._brief.store_id, span, PREFIX, self._wanted)
            for row in rows:
                decision = Decision(*row)  # type: ignore[arg-type]
                material = None if decision.is_erased else material_of(decision)
                if material is None:
                    counting.erased += decision.is_erased
                    counting.unreadable += not decision.is_erased
                    continue
                versions = (decision.weights_version, decision.ruleset_version)
                known = self._advisers.get(versions) or await self._made_ready(connection, versions)
                self._count(counting, decision, material, known)
            looked_at = await count_verdicts(connection, self._brief.store_id, span)
        return counting.found(looked_at)

    def _count(self, counting: Counting, decision: Decision, material: Material, known: tuple[Advisers, int]) -> None:
        advisers, then = known
        heard, facts = material.heard, material.facts
        advised = advisers.advise(heard, facts, decision.external_id)
        if self._lists is not None and facts is not None:
            other = self._lists.tried_on(facts, msgspec.convert(decision.marks or {}, Marks))
            if other is not facts:
                advised[1:2] = self._candidate.advise(heard_again(other), other, decision.external_id)
        counting.add(decision, advised[0], advised[1], advised[then])

    async def _made_ready(self, connection: Connection, versions: tuple[int, int]) -> tuple[Advisers, int]:
        """The present policy, the candidate and the one of then; the place of the last, where it is not one of the first."""
        trial = self._brief.trial
        then = Policy(
            weights=await weights_at(connection, self._brief.store_id, versions[0]),
            ruleset=await ruleset_of(connection, self._brief.store_id, versions[1]),
        )
        compared = [trial.present, trial.candidate]
        if same_policy(then, trial.present):
            ready = (Advisers(compared), 0)
        else:
            ready = (Advisers([*compared, then]), 2)
        self._advisers[versions] = ready
        return ready


def same_policy(one: Policy, other: Policy) -> bool:
    """Whether they advise the same on everything; a version's number alone is no difference."""
    return _bare(one.weights) == _bare(other.weights) and one.ruleset.rules == other.ruleset.rules


def _bare(weights: Weights) -> Weights:
    return msgspec.structs.replace(weights, version=0)


_child: Child | None = None


def begin_child(brief: Brief) -> None:
    """Once in each process. It ends with its parent, and leaves Ctrl-C to it."""
    global _child
    end_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(POLITENESS)
    _child = Child(brief)


def try_stretch(first: datetime, until: datetime) -> Found:
    if _child is None:
        raise RuntimeError("this process was not begun as a child of a trial")
    return _child.try_stretch(first, until)
