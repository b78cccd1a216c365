"""Every setting is documented, and what is documented is a setting."""

from __future__ import annotations

import msgspec
import pytest

from shopwarden.settings import Settings, variable_of
from shopwarden.vendors import find_vendors
from tests.house.printed import EXAMPLE, FOLDER, PAGES, described_settings, environment_example

OWN = {variable_of(field.name): str(field.default) for field in msgspec.structs.fields(Settings)}
OF_VENDORS = {each.variable: each.default for vendor in find_vendors().values() for each in vendor.credentials}
NAMED_BY_THE_SPECIFICATION = {
    "SHOPIFY_API_KEY", "SHOPIFY_API_SECRET", "SHOPIFY_WEBHOOK_SECRET", "SHOPIFY_STORE_DOMAIN", "KLAVIYO_API_KEY",
    "KLAVIYO_PRIVATE_KEY", "IPQUALITYSCORE_API_KEY", "MAXMIND_ACCOUNT_ID", "MAXMIND_LICENSE_KEY", "CLEARBIT_API_KEY",
    "FULLCONTACT_API_KEY", "SIFT_API_KEY", "SIFT_ACCOUNT_ID", "RISKIFIED_API_KEY", "RISKIFIED_SHOP_DOMAIN",
    "SENDGRID_API_KEY", "SEGMENT_WRITE_KEY", "DATABASE_URL", "REDIS_URL", "TRACKER_URL", "TRACKER_API_KEY",
}  # fmt: skip


def test_every_setting_has_its_line_and_every_line_its_setting() -> None:
    assert set(described_settings()) == OWN.keys() | OF_VENDORS.keys()


def test_the_line_shows_the_default() -> None:
    assert {name: value for name, (value, _) in described_settings().items()} == OWN | OF_VENDORS


def test_the_variables_everybody_knows_are_there() -> None:
    assert described_settings().keys() >= NAMED_BY_THE_SPECIFICATION


def test_the_vendors_part_of_the_example_is_fresh() -> None:
    assert EXAMPLE.read_text("utf-8") == environment_example(), "run `make docs`"


def test_every_setting_is_described() -> None:
    assert not [name for name, (_, meaning) in described_settings().items() if len(meaning) < 10]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_printed_pages_are_fresh(name: str) -> None:
    path = FOLDER / name
    assert path.exists()
    assert path.read_text("utf-8") == PAGES[name](), "run `make docs`"
