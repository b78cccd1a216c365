"""Many conditions asked about one decision at once: asking is dear, a condition cheap, so most go into one expression.

`((a) ? 1 : 0) + ((b) ? 2 : 0) + ...` is one number that says which hold. Unknown facts and failures would take the whole
sum with them: a condition that misses a fact is asked alone, and where the sum fails, each of its conditions is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from shopwarden.rules.language import Condition, ConditionError, FactsAtHand, Said, compiled, read_condition
from shopwarden.rules.vocabulary import Sight

MOST_AT_ONCE = 60
"""Bits of one signed number."""
OFTEN = 16
"""How often the same facts have to be unknown before an expression is made for them: making one costs some fifty askings."""
MOST_PLANS, MOST_SEEN = 64, 4096
"""Sets of unknown facts that have a plan, and that are counted; nearly all decisions of a store share a few."""


class Plan(NamedTuple):
    """How to ask where certain facts are unknown. `sums`: expressions with the places of the conditions in them; `alone`:
    places of conditions that miss some of their facts; `settled`: what those say that know none of theirs."""

    sums: tuple[tuple[Any, tuple[int, ...]], ...]
    alone: tuple[int, ...]
    settled: tuple[tuple[int, Said], ...]


class Together:
    """Conditions made ready, in their order; one that can't be understood says so every time."""

    def __init__(self, texts: Sequence[str], often: int = OFTEN) -> None:
        self._often = often
        self._texts = tuple(texts)
        self._ready = tuple(map(_condition_or_fault, self._texts))
        self._names = frozenset(name for one in self._ready if isinstance(one, Condition) for name in one.names)
        self._plans: dict[frozenset[str], Plan] = {}
        self._seen: Counter[frozenset[str]] = Counter()
        places = tuple(enumerate(self._ready))
        self._one_by_one = Plan(
            sums=(),
            alone=tuple(place for place, one in places if isinstance(one, Condition)),
            settled=tuple((place, Said(None, error=one)) for place, one in places if isinstance(one, str)),
        )

    def ask(self, sight: Sight) -> list[tuple[int, Said]]:
        """(place, what it said) of the conditions that hold or could not be told, by place; the others do not hold."""
        at_hand = FactsAtHand(sight, self._names)
        plan = self._plan_for(self._names.difference(at_hand.known))
        found = list(plan.settled)
        for expression, places in plan.sums:
            bits = at_hand.number(expression)
            if bits is None:
                found += self._asked_alone(at_hand, places)
            elif bits:
                found += [(place, _HOLDS) for bit, place in enumerate(places) if bits >> bit & 1]
        found += self._asked_alone(at_hand, plan.alone)
        found.sort(key=_place)
        return found

    def _asked_alone(self, at_hand: FactsAtHand, places: Sequence[int]) -> Iterator[tuple[int, Said]]:
        for place in places:
            condition = self._ready[place]
            if isinstance(condition, Condition):
                said = at_hand.ask(condition)
                if said.holds is not False:
                    yield place, said

    def _plan_for(self, unknown: frozenset[str]) -> Plan:
        plan = self._plans.get(unknown)
        if plan is not None:
            return plan
        if len(self._seen) >= MOST_SEEN:
            self._seen.clear()
        self._seen[unknown] += 1
        if self._seen[unknown] < self._often or len(self._plans) >= MOST_PLANS:
            return self._one_by_one
        plan = self._plans[unknown] = self._made_plan(unknown)
        return plan

    def _made_plan(self, unknown: frozenset[str]) -> Plan:
        whole, alone, settled = [], list[int](), list[tuple[int, Said]]()
        empty = FactsAtHand(None, frozenset())
        for place, condition in enumerate(self._ready):
            if isinstance(condition, str):
                settled.append((place, Said(None, error=condition)))
            elif unknown.isdisjoint(condition.names):
                whole.append(place)
            elif unknown.issuperset(condition.names):
                said = empty.ask(condition)
                if said.holds is not False:
                    settled.append((place, said))
            else:
                alone.append(place)
        sums = []
        for start in range(0, len(whole), MOST_AT_ONCE):
            places = tuple(whole[start : start + MOST_AT_ONCE])
            expression = compiled(_sum([self._texts[place] for place in places]))
            if expression is None:
                alone += places
            else:
                sums.append((expression, places))
        return Plan(tuple(sums), tuple(alone), tuple(settled))


_HOLDS = Said(True)


def _place(answer: tuple[int, Said]) -> int:
    return answer[0]


def _sum(texts: Sequence[str]) -> str:
    """As a balanced tree, since the language bounds how deep an expression may be. A condition may end in a comment."""
    terms = [f"(({text}\n) ? {1 << bit} : 0)" for bit, text in enumerate(texts)]
    while len(terms) > 1:
        terms = ["(" + " + ".join(terms[at : at + 2]) + ")" for at in range(0, len(terms), 2)]
    return terms[0]


def _condition_or_fault(condition: str) -> Condition | str:
    try:
        return read_condition(condition)
    except ConditionError as fault:
        return fault.message
