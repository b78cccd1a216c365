"""What an e-mail address tells by itself: throw-away, free or role mailbox, and whether it looks like its owner's name."""

from __future__ import annotations

import re
from functools import lru_cache

from disposable_email_domains import blocklist

from shopwarden.domain.email import is_deliverable_form, normalise_email, split_email
from shopwarden.domain.facts import EmailFacts
from shopwarden.vendors.offline.name_agreement import name_agreement_of
from shopwarden.vendors.offline.randomness import known_words, randomness_of

_SEPARATORS = re.compile(r"[._+-]+")


def read_email(address: str, first_name: str | None = None, last_name: str | None = None) -> EmailFacts:
    """Facts of an address in any spelling; one that cannot be read is not valid and otherwise unknown."""
    return _read(address, first_name or None, last_name or None)


@lru_cache(maxsize=16_384)
def _read(address: str, first_name: str | None, last_name: str | None) -> EmailFacts:
    normal = normalise_email(address)
    if normal is None:
        return EmailFacts(address=address, domain=address.rpartition("@")[2] if "@" in address else "", is_valid=False)
    local, domain = split_email(normal)
    is_role = _is_role(local)
    agreement = None if is_role else name_agreement_of(local, first_name, last_name)
    return EmailFacts(
        address=normal,
        domain=domain,
        is_valid=is_deliverable_form(normal),
        is_disposable=is_disposable_domain(domain),
        is_free=domain in known_words("free_mail_domains.txt"),
        is_role=is_role,
        randomness=None if is_role else round(min(randomness_of(local), 1 - (agreement or 0.0)), 3),
        name_agreement=agreement,
    )


def is_disposable_domain(domain: str) -> bool:
    """True if the domain or one above it is on the kept list of throw-away mail providers."""
    labels = domain.split(".")
    return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))


def _is_role(local: str) -> bool:
    roles = known_words("role_names.txt")
    base = local.partition("+")[0]
    return (
        base in roles or _SEPARATORS.sub("", base) in roles or _SEPARATORS.split(base)[0] in ("noreply", "no", "donotreply")
    )
