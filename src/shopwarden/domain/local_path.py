"""Where a browser may be sent back to after signing in: a path of this server, never another one's address."""

from __future__ import annotations

from urllib.parse import urlsplit

LONGEST = 500


def is_local_path(text: str) -> bool:
    """`/cases?open=1` is one; `//host`, `/\\host`, `https://host` and what holds control characters are none.

    Browsers read a backslash as a slash and drop tabs and line breaks (URL Standard, basic URL parser): both would turn a
    path into an address.
    """
    if not text.startswith("/") or len(text) > LONGEST or "\\" in text:
        return False
    if any(not "!" <= letter <= "~" for letter in text):
        return False
    if text.startswith("//"):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc
