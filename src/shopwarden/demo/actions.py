"""What a simulated day consists of: things that happen at a time, and the truth about every order."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
Body = dict[str, Json]
Channel = Literal["tracker", "webhook"]


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One message to the server. `topic` is the webhook's, or the type of a tracker message; `id` is its own for good."""

    at: datetime
    channel: Channel
    topic: str
    id: str
    body: Body


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What is really behind an order. `total` in `currency` of the shop; `is_history`: from before the simulated days."""

    order_id: str
    name: str
    character: str
    is_fraud: bool
    total: float
    at: datetime
    is_history: bool = False


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """All actions in the order of time, and the truth of all orders in them."""

    actions: tuple[Action, ...]
    truths: tuple[Truth, ...]
    visitors: int
    started: datetime
    """Where history ends and the simulated days begin."""
