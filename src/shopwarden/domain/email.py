"""E-mail addresses as text: one spelling as identity, one folded form for counting."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import normalize

from email_validator import EmailNotValidError, validate_email

LONGEST_ADDRESS = 254

_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_PLUS_TAGS = frozenset(
    {"outlook.com", "hotmail.com", "live.com", "msn.com", "icloud.com", "me.com", "mac.com", "proton.me", "protonmail.com"}
    | {"pm.me", "fastmail.com", "fastmail.fm", "hey.com", "zoho.com", "yandex.ru", "yandex.com", "tutanota.com", "tuta.com"}
)
_SAME_MAILBOX = {"googlemail.com": "gmail.com", "protonmail.com": "proton.me", "pm.me": "proton.me"}


@lru_cache(maxsize=32_768)
def normalise_email(text: str) -> str | None:
    """The one spelling of an address: no blanks around it, lower case, NFC, domain in ASCII; None if its syntax is wrong.

    Dots and +tags stay: they are another address to the mail server's owner. Domains under .test are accepted here;
    `is_deliverable_form` refuses them.
    """
    address = text.strip(" \t").strip("<>")
    if not address or len(address) > LONGEST_ADDRESS or "\x00" in address:
        return None
    domain = address.rpartition("@")[2]
    if "." not in domain and not (len(domain) == 2 and domain.isascii() and domain.isalpha()):
        return None
    try:
        found = validate_email(
            normalize("NFC", address.lower()), check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except (EmailNotValidError, UnicodeError):
        return None
    normal = normalize("NFC", f"{found.local_part}@{found.ascii_domain}".lower())
    return normal if len(normal) <= LONGEST_ADDRESS else None


@lru_cache(maxsize=32_768)
def is_deliverable_form(address: str) -> bool:
    """Whether a normalised address could exist on the public Internet, by its form alone."""
    if "." not in split_email(address)[1]:
        return True
    try:
        validate_email(address, check_deliverability=False)
    except (EmailNotValidError, UnicodeError):
        return False
    return True


def split_email(address: str) -> tuple[str, str]:
    """Local part and domain of a normalised address."""
    local, _, domain = address.rpartition("@")
    return local, domain


def canonical_email(address: str) -> str:
    """The mailbox behind a normalised address, for counting: tags and Gmail's dots folded where they are ignored."""
    local, domain = split_email(address)
    if domain in _GMAIL:
        local = local.partition("+")[0].replace(".", "") or local
    elif domain in _PLUS_TAGS:
        local = local.partition("+")[0] or local
    return f"{local}@{_SAME_MAILBOX.get(domain, domain)}"
