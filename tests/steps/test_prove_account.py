"""What a merchant reads who tests a connection."""

from __future__ import annotations

import pytest

from shopwarden.contracts.vendor import VendorFault
from shopwarden.steps.prove_account import said


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (
            VendorFault("auth", "IPQualityScore refuses the credentials (HTTP 401)"),
            "IPQualityScore refuses the credentials (HTTP 401). Check the key, and that its plan includes this service.",
        ),
        (
            VendorFault("timeout", "ipqualityscore.account did not answer in time"),
            "IPQualityScore did not answer in time. Try again in a while.",
        ),
        (VendorFault("invalid_input", "It has no such place."), "IPQualityScore: It has no such place."),
    ],
)
def test_it_is_sentences_about_the_vendor(fault: VendorFault, sentence: str) -> None:
    assert said("IPQualityScore", "ipqualityscore.account", fault) == sentence
