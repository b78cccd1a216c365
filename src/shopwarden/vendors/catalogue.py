"""Prints every vendor as a Markdown page: `python -m shopwarden.vendors.catalogue > docs/generated/vendors.md`."""

from __future__ import annotations

from datetime import timedelta

from shopwarden.contracts.vendor import Credential, Lookup, Vendor
from shopwarden.vendors import find_vendors

INTRODUCTION = """# Vendors

Printed from the code by `python -m shopwarden.vendors.catalogue`; do not edit by hand.

A vendor is asked only where its account is set: for each store by the API or `shopwarden vendors`, or by the variables
named here where an installation has one store. Without any of them everything below "Built in" still works.

Prices are our estimates in US dollars for one call at small volume. Vendors that sell by contract alone publish none: theirs
are assumptions of the right order of magnitude. A store sets its own, and its budgets count by that. "Kept" is how long an
answer is used again for the same question before it is asked anew.
"""
BUILT_IN = (
    (
        "IP address",
        "network, kind of line, hosting, relays, Tor and named bots, country; place and more with mmdb files of your own",
    ),
    ("e-mail address", "syntax, throw-away, free and role mailboxes, whether the name looks random or like its owner's"),
    ("phone number", "valid, country and kind of line by the numbering plan"),
    ("postal address", "complete for its country, post boxes, freight forwarders"),
    ("browser", "kind of device, system and version; bots that name themselves"),
)


def catalogue() -> str:
    """The whole page, ending in a newline."""
    vendors = list(find_vendors().values())
    lines = [
        INTRODUCTION,
        "## Built in",
        "",
        "Always on, free, and nothing leaves the machine.",
        "",
        "| about | what is told |",
        "|---|---|",
        *(f"| {about} | {what} |" for about, what in BUILT_IN),
        "",
        "## Look-ups",
        "",
        "| look-up | vendor | what it tells | needs | price | a miss | kept |",
        "|---|---|---|---|---:|---|---|",
        *(_lookup_row(vendor, lookup) for vendor in vendors for lookup in vendor.lookups),
    ]
    for vendor in vendors:
        lines += ["", *_section(vendor)]
    return "\n".join(lines) + "\n"


def _lookup_row(vendor: Vendor, lookup: Lookup) -> str:
    price = f"${lookup.price}" if lookup.price else "by contract"
    miss = "charged" if lookup.bills_misses and lookup.price else "free" if lookup.price else ""
    needs = ", ".join(f"`{name}`" for name in lookup.needs)
    return f"| `{lookup.key}` | {vendor.title} | {lookup.title} | {needs} | {price} | {miss} | {_kept(lookup)} |"


def _kept(lookup: Lookup) -> str:
    return (
        _span(lookup.keep) if lookup.keep == lookup.keep_miss else f"{_span(lookup.keep)}, a miss {_span(lookup.keep_miss)}"
    )


def _span(span: timedelta | None) -> str:
    if span is None:
        return "for ever"
    hours = span.total_seconds() / 3600
    if hours > 48:
        return f"{span.days} days"
    return "1 hour" if hours == 1 else f"{hours:g} hours" if hours >= 1 else f"{60 * hours:g} minutes"


def _section(vendor: Vendor) -> list[str]:
    lines = [f"## {vendor.title}", "", vendor.about, ""]
    if not vendor.is_on:
        lines += ["Off until somebody switches it on.", ""]
    if vendor.notice:
        lines += [f"**Note:** {vendor.notice}", ""]
    for lookup in vendor.lookups:
        lines.append(f"- `{lookup.key}` feeds: {'; '.join(lookup.feeds)}.")
    if vendor.teller is not None:
        lines.append(f"- Is told of: {', '.join(sorted(vendor.teller.kinds)).replace('_', ' ')}.")
    hosts = ", ".join(f"`{host}`" for host in vendor.hosts)
    lines.append(f"- Asked at {hosts}{' and hosts of the account' if vendor.hosts_of else ''} only.")
    lines += ["", "| variable | meaning | default | |", "|---|---|---|---|", *map(_credential_row, vendor.credentials)]
    return lines


def _credential_row(each: Credential) -> str:
    default = f"`{each.default}`" if each.default else ""
    choices = f" ({', '.join(each.choices)})" if each.choices else ""
    marks = ", ".join(word for word, holds in (("needed", each.needed), ("secret", each.secret)) if holds)
    return f"| `{each.variable}` | {each.meaning}{choices} | {default} | {marks} |"


if __name__ == "__main__":
    print(catalogue(), end="")
