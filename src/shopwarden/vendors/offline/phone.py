"""What a phone number tells by its numbering plan: valid, of which country, what kind of line."""

from __future__ import annotations

from phonenumbers import PhoneNumberType, is_valid_number, number_type, region_code_for_number

from shopwarden.domain.facts import PhoneFacts
from shopwarden.domain.phone import normalise_phone, parse_phone

KINDS: dict[int, str] = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed_line",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_line_or_mobile",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "uan",
}


def read_phone(text: str, country: str | None = None) -> PhoneFacts:
    """Facts of a number; `country` (two letters) completes a national one. What is no number is not valid."""
    number, normal = parse_phone(text, country), normalise_phone(text, country)
    if number is None or normal is None:
        return PhoneFacts(number=text, is_valid=False)
    return PhoneFacts(
        number=normal,
        is_valid=is_valid_number(number),
        country=_country(region_code_for_number(number)),
        kind=KINDS.get(number_type(number), "unknown"),
    )


def _country(region: str | None) -> str | None:
    """Numbers such as +800 belong to no country; the numbering plan calls their region 001."""
    return region if region is not None and region.isalpha() else None
