"""The list of customers and the whole profile of one."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.domain.customers import CustomerProfile, CustomerSummary, masked_profile, masked_summary
from shopwarden.domain.email import normalise_email
from shopwarden.domain.ids import CustomerId
from shopwarden.domain.paging import Position, pages_of, read_choices, read_cursor, read_moment, write_cursor
from shopwarden.errors import RefuseError
from shopwarden.store.customer_list import CustomerFilter, Page, list_customers
from shopwarden.store.customer_reads import get_profile
from shopwarden.store.database import Database

STATUSES = ("active", "inactive", "vip", "blocked")
LEVELS = ("low", "medium", "high", "critical")
SOURCES = ("shopify", "klaviyo", "manual")
SortBy = Literal["created_at", "updated_at", "last_active_at", "total_spent", "orders_count", "risk_score"]
LONGEST_SEARCH = 200


def _list_of(values: tuple[str, ...], what: str) -> Meta:
    one = "|".join(values)
    return Meta(
        description=f"{what}: a comma list of {', '.join(values)}.",
        extra_json_schema={"pattern": f"^({one})(,({one}))*$"},
    )


_MOMENT = {"pattern": "^(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$", "examples": ["2026-03-01"]}


class CustomerListQuery(msgspec.Struct, frozen=True, kw_only=True):
    page: Annotated[int, Meta(ge=1, le=2**31 - 1, description="From 1.")] = 1
    limit: Annotated[int, Meta(ge=1, le=200, description="Rows on a page.")] = 50
    search: Annotated[
        str,
        Meta(
            max_length=LONGEST_SEARCH,
            description="Part of an e-mail, name or phone, from 2 characters. Without `pii:read` only a whole e-mail finds.",
            extra_json_schema={"minLength": 2, "examples": ["jane"]},
        ),
    ] = ""
    status: Annotated[str, _list_of(STATUSES, "Standing")] = ""
    risk_level: Annotated[str, _list_of(LEVELS, "Risk")] = ""
    source: Annotated[str, _list_of(SOURCES, "Where the customer was first known")] = ""
    country: Annotated[
        str,
        Meta(
            description="A comma list of ISO 3166-1 alpha-2 codes.",
            extra_json_schema={"pattern": "^[A-Za-z]{2}(,[A-Za-z]{2})*$", "examples": ["DE,FR"]},
        ),
    ] = ""
    date_from: Annotated[str, Meta(description="Created at or after; ISO 8601.", extra_json_schema=_MOMENT)] = ""
    date_to: Annotated[
        str, Meta(description="Created up to and with this day, or before this time; ISO 8601.", extra_json_schema=_MOMENT)
    ] = ""
    sort_by: SortBy = "created_at"
    sort_order: Literal["asc", "desc"] = "desc"
    cursor: Annotated[
        str, Meta(description="`next_cursor` of the answer before; goes on behind it at any depth, `page` is not used.")
    ] = ""


class CustomerList(msgspec.Struct, frozen=True, kw_only=True):
    """`total` is exact where `total_is_exact`, else a good estimate (beyond 10,000)."""

    customers: list[CustomerSummary]
    page: int
    limit: int
    total: int
    pages: int
    total_is_exact: bool
    next_cursor: str | None


@get(
    "/api/customers",
    guards=[requires("customers:read")],
    dependencies={"asked": query_of(CustomerListQuery)},
    opt={QUERY_OPTION: CustomerListQuery},
    tags=["customers"],
    summary="Find customers",
    operation_id="listCustomers",
)
async def list_them(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    state: State,
    asked: NamedDependency[CustomerListQuery],
) -> CustomerList:
    """Any combination of filters, in any order. Deleted customers are not listed."""
    store_id = caller.one_store()
    wanted = _filter(asked, may_see=caller.may("pii:read"))
    order = f"{'-' if asked.sort_order == 'desc' else ''}{asked.sort_by}"
    page = Page(
        sort=asked.sort_by,
        descending=asked.sort_order == "desc",
        limit=asked.limit,
        offset=(asked.page - 1) * asked.limit,
        after=read_cursor(asked.cursor, order) if asked.cursor else None,
    )
    _check_cursor(page)
    rows, total = await list_customers(database, state.customer_counts, store_id, wanted, page)
    return CustomerList(
        customers=rows if caller.may("pii:read") else [masked_summary(row) for row in rows],
        page=asked.page,
        limit=asked.limit,
        total=total.count,
        pages=pages_of(total.count, asked.limit),
        total_is_exact=total.is_exact,
        next_cursor=_next(rows, asked, order),
    )


def _next(rows: list[CustomerSummary], asked: CustomerListQuery, order: str) -> str | None:
    if len(rows) < asked.limit:
        return None
    return write_cursor(Position(order, getattr(rows[-1], asked.sort_by), rows[-1].id))


def _check_cursor(page: Page) -> None:
    """A cursor somebody wrote by hand may hold a value of another kind than the column."""
    if page.after is None:
        return
    value = page.after.value
    fits = {
        "total_spent": value is not None and not hasattr(value, "tzinfo"),
        "orders_count": isinstance(value, int),
        "risk_score": isinstance(value, int),
        "last_active_at": value is None or hasattr(value, "tzinfo"),
    }.get(page.sort, hasattr(value, "tzinfo"))
    if not fits:
        raise RefuseError("This cursor is not one of this list.", fields={"cursor": "is not valid"})


def _filter(asked: CustomerListQuery, *, may_see: bool) -> CustomerFilter:
    search = " ".join(asked.search.split())
    if asked.search and len(search) < 2:
        raise RefuseError("search needs 2 characters or more.", fields={"search": "is too short"})
    created_from = read_moment("date_from", asked.date_from)
    created_before = read_moment("date_to", asked.date_to, end=True)
    if created_from and created_before and created_from > created_before:
        raise RefuseError("date_from lies behind date_to.", fields={"date_from": "lies behind date_to"})
    if search and not may_see and "@" not in search:
        raise RefuseError(
            "This key may not see personal data, so search finds only by a whole e-mail address.",
            type="missing-scope", fields={"search": "must be a whole e-mail address with a key without pii:read"},
        )  # fmt: skip
    return CustomerFilter(
        statuses=read_choices("status", asked.status, STATUSES),
        risk_levels=read_choices("risk_level", asked.risk_level, LEVELS),
        sources=read_choices("source", asked.source, SOURCES),
        countries=_countries(asked.country),
        created_from=created_from,
        created_before=created_before,
        search=search if may_see else "",
        email="" if may_see else normalise_email(search) or search.lower(),
    )


def _countries(text: str) -> tuple[str, ...]:
    codes = tuple(dict.fromkeys(part.strip().upper() for part in text.split(",") if part.strip()))
    if any(len(code) != 2 or not code.isascii() or not code.isalpha() for code in codes) or (text and not codes):
        raise RefuseError(
            "country takes ISO 3166-1 alpha-2 codes such as DE,FR.", fields={"country": "is not a country code"}
        )
    return codes


@get(
    "/api/customers/{customer_id:uuid}",
    guards=[requires("customers:read")],
    tags=["customers"],
    summary="The whole profile of a customer",
    operation_id="getCustomer",
)
async def get_one(
    caller: NamedDependency[Caller], database: NamedDependency[Database], customer_id: FromPath[UUID]
) -> CustomerProfile:
    """All that is known, with the newest statement of each field and where it came from."""
    profile = await get_profile(database, caller.one_store(), CustomerId(customer_id))
    if profile is None:
        raise no_such_customer()
    return profile if caller.may("pii:read") else masked_profile(profile)


def no_such_customer() -> RefuseError:
    return RefuseError("There is no such customer in this store.", status=404, type="not-found")


HANDLERS = [list_them, get_one]
