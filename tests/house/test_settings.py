"""Every setting is documented, and what is documented is a setting."""

from __future__ import annotations

import msgspec
import pytest

from shopwarden.settings import Settings, variable_of
from tests.house.printed import FOLDER, PAGES, described_settings


def test_every_setting_has_its_line_and_every_line_its_setting() -> None:
    assert set(described_settings()) == {variable_of(field.name) for field in msgspec.structs.fields(Settings)}


def test_the_line_shows_the_default() -> None:
    shown = {name: value for name, (value, _) in described_settings().items()}
    assert shown == {variable_of(field.name): str(field.default) for field in msgspec.structs.fields(Settings)}


def test_every_setting_is_described() -> None:
    assert not [name for name, (_, meaning) in described_settings().items() if len(meaning) < 10]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_printed_pages_are_fresh(name: str) -> None:
    path = FOLDER / name
    assert path.exists()
    assert path.read_text("utf-8") == PAGES[name](), "run `make docs`"
