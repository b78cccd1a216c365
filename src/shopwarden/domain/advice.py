"""The three things a verdict can advise, from the mildest to the hardest."""

from __future__ import annotations

from typing import Literal

Advice = Literal["approve", "review", "decline"]
ADVICE: tuple[Advice, ...] = ("approve", "review", "decline")
