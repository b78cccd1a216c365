"""What the metrics of decisions tell: how often advice was right, and how those are treated who came back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from shopwarden.domain.comparison import Share

Standing = Literal["recognised", "returning", "new"]
"""Known by an order of more than a week before from the same device, address or IP address; with an earlier order but
nothing of it the same; without one."""


class Matrix(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Orders of one outcome by the advice given first: `undecided` had none by then."""

    approved: int
    reviewed: int
    refused: int
    undecided: int


class Quality(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`fraud` and `good` are orders known as such, `unknown` the others, which are good so far. Shares of those with advice:

    precision: refused orders that were fraud, of those refused whose outcome is known. recall: fraud that was refused;
    recall_with_review: refused or reviewed. false_positive_rate: good orders refused or reviewed, of the orders known as
    good; false_positive_rate_so_far: the same of all that are not known as fraud. review_rate: reviewed, of all. Money is
    in `currency` alone.
    """

    orders: int
    fraud: Matrix
    good: Matrix
    unknown: Matrix
    precision: Share
    recall: Share
    recall_with_review: Share
    false_positive_rate: Share
    false_positive_rate_so_far: Share
    review_rate: Share
    currency: str
    fraud_stopped: Decimal
    fraud_let_through: Decimal
    good_refused: Decimal


class Known(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The quality of decisions on those who are so known. `share`: of all orders."""

    standing: Standing
    share: Share
    quality: Quality


class Point(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One day, or one week of a longer time, by its beginning. False positives are those `so far`."""

    start: datetime
    orders: int
    recognised: Share
    false_positives_of_recognised: Share
    false_positives_of_new: Share


class Marks(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many orders were recognised by what; one may be by several."""

    device: int
    address: int
    ip: int


class Recognition(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`recognised`: orders of customers who were recognised, of all. `by_standing` has all three kinds."""

    recognised: Share
    by_mark: Marks
    by_standing: list[Known]
    over_time: list[Point]
