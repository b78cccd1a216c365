"""Lists and segments, and who is in them."""

from __future__ import annotations

from shopwarden.sandbox import klaviyo_world as begun
from shopwarden.sandbox.klaviyo_documents import KIND, Asked, Document, missing, page, read_filter, time_text
from shopwarden.sandbox.klaviyo_profiles import list_of
from shopwarden.sandbox.klaviyo_state import LISTS, SEGMENTS, Account
from shopwarden.sandbox.stand_in import Heard, Said

_FILTERS = {"id": {"any", "equals"}, "name": {"any", "equals"}, "created": {"greater-than"}, "updated": {"greater-than"}}
_NAMES = dict((*LISTS, *SEGMENTS))


def _resource(account: Account, heard: Heard, kind: str, one: str) -> Document:
    made = time_text(begun.created(account.world, 0))
    own = f"{heard.base}/api/{kind}s/{one}"
    attributes: Document = {"name": _NAMES[one], "created": made, "updated": made}
    if kind == "list":
        attributes["opt_in_process"] = "double_opt_in"
    else:
        attributes |= {"definition": None, "is_active": True, "is_processing": False, "is_starred": False}
    links = {"self": f"{own}/relationships/profiles/", "related": f"{own}/profiles/"}
    return {"type": kind, "id": one, "attributes": attributes, "relationships": {"profiles": {"links": links}},
            "links": {"self": f"{own}/"}}  # fmt: skip


def _listed(account: Account, heard: Heard, kind: str, known: list[str]) -> Said:
    asked = Asked.of(heard, 10, 10, ("id", "name", "created", "updated"))
    shown = {one: _resource(account, heard, kind, one) for one in known}
    for test in read_filter(heard.asked("filter"), {**_FILTERS, "is_active": {"equals"}}):
        shown = {one: held for one, held in shown.items() if test.holds(_value(held, test.field))}
    keys: list[tuple[float | str, str]] = [(str(_value(held, asked.sort)), one) for one, held in shown.items()]
    found, links = page(heard, asked, sorted(keys, reverse=asked.down))
    return Said.of({"data": [shown[one] for one in found], "links": links}, kind=KIND)


def _value(resource: Document, name: str) -> object:
    attributes = resource["attributes"]
    return resource["id"] if name == "id" or not isinstance(attributes, dict) else attributes.get(name)


def lists(account: Account, heard: Heard, one: str) -> Said:
    return _listed(account, heard, "list", [known for known, _ in LISTS])


def segments(account: Account, heard: Heard, one: str) -> Said:
    return _listed(account, heard, "segment", [known for known, _ in SEGMENTS])


def lists_of(account: Account, heard: Heard, one: str) -> Said:
    return _of_profile(account, heard, one, "list")


def segments_of(account: Account, heard: Heard, one: str) -> Said:
    return _of_profile(account, heard, one, "segment")


def _of_profile(account: Account, heard: Heard, one: str, kind: str) -> Said:
    if account.profile(one) is None:
        raise missing("profile", one)
    known = LISTS if kind == "list" else SEGMENTS
    return _listed(account, heard, kind, [group for group, _ in known if one in account.members(group)])


def one_list(account: Account, heard: Heard, one: str) -> Said:
    return _one(account, heard, one, "list")


def one_segment(account: Account, heard: Heard, one: str) -> Said:
    return _one(account, heard, one, "segment")


def _one(account: Account, heard: Heard, one: str, kind: str) -> Said:
    if one not in dict(LISTS if kind == "list" else SEGMENTS):
        raise missing(kind, one)
    data = _resource(account, heard, kind, one)
    return Said.of({"data": data, "links": {"self": f"{heard.base}{heard.path}"}}, kind=KIND)


def profiles_in(account: Account, heard: Heard, one: str) -> Said:
    if one not in _NAMES:
        raise missing("list or segment", one)
    return list_of(account, heard, account.members(one), time_text(begun.created(account.world, 0)))


def ids_in(account: Account, heard: Heard, one: str) -> Said:
    if one not in _NAMES:
        raise missing("list or segment", one)
    asked = Asked.of(heard, 20, 1000, ("id", "joined_group_at"))
    keys: list[tuple[float | str, str]] = [(member, member) for member in sorted(account.members(one))]
    found, links = page(heard, asked, keys)
    return Said.of({"data": [{"type": "profile", "id": member} for member in found], "links": links}, kind=KIND)
