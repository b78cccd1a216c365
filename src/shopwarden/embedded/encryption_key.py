"""The key stored secrets are encrypted with where none is set: made once, kept in a private file of the data folder."""

from __future__ import annotations

import secrets
from pathlib import Path

from shopwarden.embedded.running import write_private

_NAME = "encryption.key"


def own_key(folder: Path) -> str:
    """The folder's key, made at the first call. Whoever backs up the database needs this file too."""
    found = find_key(folder)
    if found:
        return found
    key = secrets.token_urlsafe(32)
    write_private(folder / _NAME, key.encode())
    return key


def find_key(folder: Path) -> str:
    """The folder's key, or an empty text where none was made yet."""
    try:
        return (folder / _NAME).read_text().strip()
    except OSError:
        return ""
