"""One row of a bulk import: what it may hold, and the statement about a person it makes. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from shopwarden.domain.email import normalise_email
from shopwarden.domain.events import version_of
from shopwarden.domain.observation import Address, CustomerObservation, Json
from shopwarden.domain.phone import normalise_phone

ImportSource = Literal["shopify", "klaviyo", "manual"]
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
Name = Annotated[str, Meta(max_length=100)]
Word = Annotated[str, Meta(max_length=255)]
Country = Annotated[str, Meta(pattern="^[A-Za-z]{2}$")]
Said = UnsetType | None


class ImportAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Shopify's names of the parts and ours are both understood."""

    first_name: Word | None = None
    last_name: Word | None = None
    company: Word | None = None
    address_line1: Word | None = None
    address_line2: Word | None = None
    address1: Word | None = None
    address2: Word | None = None
    city: Word | None = None
    state_province: Word | None = None
    province: Word | None = None
    country_code: Country | None = None
    postal_code: Annotated[str, Meta(max_length=30)] | None = None
    zip: Annotated[str, Meta(max_length=30)] | None = None
    phone: Annotated[str, Meta(max_length=60)] | None = None
    is_default: bool = False


class ImportRow(msgspec.Struct, frozen=True, kw_only=True):
    """At least one of `id` (of the source), `user_id`, `email` and `phone` has to be there. What is left out takes nothing
    away from what is known; null says there is none. Other fields are ignored, and the result says so."""

    id: str | int | None = None
    user_id: Word | None = None
    email: Annotated[str, Meta(max_length=320)] | Said = UNSET
    phone: Annotated[str, Meta(max_length=60)] | Said = UNSET
    first_name: Name | Said = UNSET
    last_name: Name | Said = UNSET
    created_at: datetime | Said = UNSET
    updated_at: datetime | None = None
    customer_type: Literal["guest", "registered", "wholesale"] | Said = UNSET
    currency: Annotated[str, Meta(pattern="^[A-Za-z]{3}$")] | Said = UNSET
    country_code: Country | Said = UNSET
    gender: Literal["male", "female", "other", "unknown"] | Said = UNSET
    age_range: Annotated[str, Meta(max_length=20)] | Said = UNSET
    income_range: Annotated[str, Meta(max_length=50)] | Said = UNSET
    education_level: Annotated[str, Meta(max_length=50)] | Said = UNSET
    occupation: Name | Said = UNSET
    marital_status: Annotated[str, Meta(max_length=20)] | Said = UNSET
    has_children: bool | Said = UNSET
    email_verified: bool | Said = UNSET
    phone_verified: bool | Said = UNSET
    accepts_marketing: bool | Said = UNSET
    notes: Annotated[str, Meta(max_length=5000)] | Said = UNSET
    orders_count: Annotated[int, Meta(ge=0, le=2**31 - 1)] | Said = UNSET
    total_spent: Annotated[Decimal, Meta()] | Said = UNSET
    tags: Annotated[list[Word], Meta(max_length=250)] | str | UnsetType = UNSET
    addresses: Annotated[list[ImportAddress], Meta(max_length=50)] | UnsetType = UNSET
    custom_attributes: dict[str, object] | UnsetType = UNSET


KNOWN = frozenset(ImportRow.__struct_fields__)
_SAME = (
    "first_name", "last_name", "customer_type", "gender", "age_range", "income_range", "education_level", "occupation",
    "marital_status", "has_children", "email_verified", "phone_verified", "accepts_marketing", "notes", "orders_count",
)  # fmt: skip
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


class RowFault(Exception):
    """`errors` maps the wrong fields' paths to what is wrong with them."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in errors.items()))
        self.errors = errors


def read_row(raw: bytes, source: ImportSource, now: datetime) -> tuple[CustomerObservation, list[str]]:
    """The statement a row makes, and the names of the fields it ignores; RowFault if it can't be understood."""
    try:
        plain = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RowFault({"row": f"is not readable JSON: {error}"}) from None
    if not isinstance(plain, dict):
        raise RowFault({"row": "must be an object"})
    if fault := _unkeepable(plain):
        raise RowFault({fault: "contains a character that can't be kept (NUL or half a surrogate pair)"})
    try:
        row = msgspec.convert(plain, ImportRow, strict=False)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        raise RowFault({path.rstrip("`").lstrip(".") or "row": message[:1].lower() + message[1:]}) from None
    return _observe(row, raw, source, now), sorted(set(map(str, plain)) - KNOWN)[:50]


def _unkeepable(value: object, path: str = "") -> str | None:
    if isinstance(value, str):
        return (path or "row") if _UNKEEPABLE.search(value) else None
    if isinstance(value, dict):
        for name, inner in value.items():
            found = _unkeepable(str(name), path) or _unkeepable(inner, f"{path}.{name}" if path else str(name))
            if found:
                return found
    if isinstance(value, list):
        for place, inner in enumerate(value):
            if found := _unkeepable(inner, f"{path}[{place}]"):
                return found
    return None


def _observe(row: ImportRow, raw: bytes, source: ImportSource, now: datetime) -> CustomerObservation:
    errors: dict[str, str] = {}
    at = _moment("updated_at", row.updated_at, now, errors) or now
    email = _normal("email", row.email, normalise_email, "is not an e-mail address", errors)
    country = row.country_code if isinstance(row.country_code, str) else None
    phone = _normal("phone", row.phone, lambda text: normalise_phone(text, country), "is not a phone number", errors)
    created_at = row.created_at if not isinstance(row.created_at, datetime) else _moment(
        "created_at", row.created_at, now, errors
    )  # fmt: skip
    spent = row.total_spent
    if isinstance(spent, Decimal) and not (spent.is_finite() and 0 <= spent < 10**8):
        errors["total_spent"] = "must be an amount from 0 to 99999999.99"
    identity = str(row.id).strip()[:255] if row.id not in (None, "") else None
    if not (identity or row.user_id or email or phone) and not errors:
        errors["row"] = "names nobody: id, user_id, email or phone is needed"
    if errors:
        raise RowFault(errors)
    return CustomerObservation(
        version=version_of(at, None, raw),
        at=at,
        source=source,
        shopify_id=identity if source == "shopify" else None,
        klaviyo_id=identity if source == "klaviyo" else None,
        user_id=row.user_id or (identity if source == "manual" else None),
        email=email,
        phone=phone,
        created_at=created_at,
        currency=row.currency.upper() if isinstance(row.currency, str) else row.currency,
        country_code=row.country_code.upper() if isinstance(row.country_code, str) else row.country_code,
        total_spent=spent,
        tags=_tags(row.tags),
        addresses=UNSET if isinstance(row.addresses, UnsetType) else tuple(map(_address, row.addresses)),
        custom_attributes=_attributes(row.custom_attributes),
        **{name: getattr(row, name) for name in _SAME},
    )


def _normal(
    field: str, said: str | UnsetType | None, read: Callable[[str], str | None], wrong: str, errors: dict[str, str]
) -> str | UnsetType | None:
    if not isinstance(said, str):
        return said
    if not said.strip():
        return None
    normal = read(said)
    if normal is None:
        errors[field] = wrong
    return normal


def _moment(field: str, said: datetime | None, now: datetime, errors: dict[str, str]) -> datetime | None:
    if said is None:
        return None
    moment = said if said.tzinfo else said.replace(tzinfo=UTC)
    if not EARLIEST <= moment <= now + timedelta(days=1):
        errors[field] = "must lie between 1970 and now"
        return None
    return moment.astimezone(UTC)


def _tags(said: list[str] | str | UnsetType) -> tuple[str, ...] | UnsetType:
    if isinstance(said, UnsetType):
        return UNSET
    parts = said.split(",") if isinstance(said, str) else said
    return tuple(dict.fromkeys(part.strip()[:255] for part in parts if part.strip()))[:250]


def _attributes(said: dict[str, object] | UnsetType) -> dict[str, Json] | UnsetType:
    return UNSET if isinstance(said, UnsetType) else msgspec.convert(said, dict[str, object])  # type: ignore[return-value]


def _address(said: ImportAddress) -> Address:
    return Address(
        first_name=said.first_name,
        last_name=said.last_name,
        company=said.company,
        address_line1=said.address_line1 or said.address1,
        address_line2=said.address_line2 or said.address2,
        city=said.city,
        state_province=said.state_province or said.province,
        country_code=said.country_code.upper() if said.country_code else None,
        postal_code=said.postal_code or said.zip,
        phone=said.phone,
        is_default=said.is_default,
    )
