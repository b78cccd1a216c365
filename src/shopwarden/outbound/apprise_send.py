"""Sends a message to a person's channel by apprise: a hundred services, each by its URL."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING
from uuid import UUID

from shopwarden.contracts.vendor import VendorFault
from shopwarden.errors import StopError
from shopwarden.outbound.guarded_threads import in_guarded_thread
from shopwarden.outbound.pinned import InternalAddressError

if TYPE_CHECKING:
    from apprise import NotifyBase

CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
PATIENCE = 25.0
LONGEST_ERROR = 300
HERE_ALONE = frozenset({"dbus", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"})
"""Schemes that tell the machine itself, not anybody elsewhere."""
_SEVERITIES = {"info": "info", "warning": "warning", "critical": "failure"}


def shown_of(url: str) -> str:
    """What of the URL may be seen: the service and its host, with tokens cut short. StopError for one apprise can't use."""
    plain = _plugin(url).url(privacy=True)
    scheme, _, rest = plain.partition("://")
    return f"{scheme}://{rest.partition('/')[0].partition('?')[0].rpartition('@')[2]}"


def _plugin(url: str) -> NotifyBase:
    # Reading all its services takes long: only where it is used.
    import apprise

    if url.partition(":")[0].strip().lower() in HERE_ALONE:
        raise StopError("this address tells only the machine the server runs on")
    asset = apprise.AppriseAsset(
        app_id="shopwarden", app_desc="Fraud alerts", app_url="", http_redirects=False, async_mode=False, plugin_paths=[]
    )
    found = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if found is None:
        raise StopError("this is not an address apprise understands")
    found.socket_connect_timeout, found.socket_read_timeout = CONNECT_SECONDS, READ_SECONDS
    return found


class AppriseSender:
    """One for each process. A channel whose service hangs keeps one thread and is not tried again until that ended."""

    def __init__(self) -> None:
        self._hanging: dict[UUID, asyncio.Future[str]] = {}

    async def send(self, channel_id: UUID, url: str, message: tuple[str, str, str], *, may_be_internal: bool) -> None:
        """`message`: title, text, severity. VendorFault where the service did not take it; StopError for a useless URL."""
        hanging = self._hanging.get(channel_id)
        if hanging is not None and not hanging.done():
            raise VendorFault("timeout", "the service still has not answered the message before")
        plugin = _plugin(url)
        future = in_guarded_thread(lambda: _notify(plugin, message), may_be_internal=may_be_internal)
        self._hanging[channel_id] = future
        try:
            error = await asyncio.wait_for(asyncio.shield(future), PATIENCE)
        except TimeoutError:
            raise VendorFault("timeout", f"the service did not answer within {PATIENCE:.0f} seconds") from None
        except InternalAddressError:
            text = "it leads to an internal address, whose host SHOPWARDEN_ALLOW_INTERNAL_HOSTS does not name"
            raise VendorFault("unavailable", text) from None
        except Exception as problem:
            raise VendorFault("unavailable", f"the service could not be told: {type(problem).__name__}") from None
        finally:
            if future.done():
                self._hanging.pop(channel_id, None)
        if error:
            raise VendorFault("unavailable", error)


def host_of(url: str) -> str:
    """The host the service is asked at, where the URL names it."""
    plugin = _plugin(url)
    return str(getattr(plugin, "smtp_host", None) or plugin.host or "").lower()


def _notify(plugin: NotifyBase, message: tuple[str, str, str]) -> str:
    """Empty where it was taken, else what apprise says about it."""
    title, body, severity = message
    heard = _Heard(threading.get_ident())
    logger = logging.getLogger("apprise")
    # Whoever configures logging anew may have switched it off, or let only errors through.
    logger.disabled, logger.propagate = False, False
    logger.setLevel(logging.WARNING)
    logger.addHandler(heard)
    try:
        taken = plugin.notify(body=body, title=title, notify_type=_SEVERITIES[severity])
    finally:
        logger.removeHandler(heard)
    return "" if taken else (" ".join(heard.said) or "the service did not take it")[:LONGEST_ERROR]


class _Heard(logging.Handler):
    """What apprise warns of in one thread: it answers only yes or no otherwise."""

    def __init__(self, thread: int) -> None:
        super().__init__(logging.WARNING)
        self._thread = thread
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.said.append(record.getMessage())
