"""Channels made, changed and tried: addresses checked, secrets made, sealed and changed for new ones, all audited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from shopwarden.domain.alert import AlertKind, Severity
from shopwarden.domain.alert_channel import ROTATION, Channel, ChannelKind, ChannelSecrets
from shopwarden.domain.alert_message import trial_message
from shopwarden.domain.ids import StoreId, new_id
from shopwarden.domain.quiet_hours import QuietHours, faults_of
from shopwarden.domain.sealing import Sealer
from shopwarden.domain.webhook_signing import is_secret, new_secret
from shopwarden.errors import RefuseError, StopError
from shopwarden.outbound.apprise_send import shown_of
from shopwarden.steps.alert_sending import open_secrets, seal_secrets
from shopwarden.store import alert_channels as kept
from shopwarden.store.alert_messages import put_message_for, ring
from shopwarden.store.audit import Change, note
from shopwarden.store.database import Connection


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a new channel is to be."""

    name: str
    kind: ChannelKind
    url: str
    secret: str | None
    least_severity: Severity
    kinds: tuple[AlertKind, ...]
    quiet: QuietHours | None
    for_escalation: bool
    enabled: bool


def no_such_channel() -> RefuseError:
    return RefuseError("There is no such channel in this store.", status=404, type="not-found")


def _checked(kind: ChannelKind, url: str) -> str:
    """What of the address may be seen. RefuseError for one that is of no use."""
    wrong = None
    try:
        if kind == "apprise":
            return shown_of(url)
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and not parts.username and parts.port != 0:
            url.encode("ascii")
            port = f":{parts.port}" if parts.port else ""
            return f"{parts.scheme}://{parts.hostname}{port}/" + ("***" if parts.path.strip("/") or parts.query else "")
        wrong = "must start with https:// or http://, name a host and hold no password"
    except StopError as problem:
        wrong = str(problem)
    except ValueError:
        wrong = "is not an address"
    raise RefuseError(f"url: {wrong}.", type="invalid-input", fields={"url": wrong})


def refuse_quiet(quiet: QuietHours | None) -> None:
    """RefuseError naming what is wrong with hours of quiet."""
    if quiet is not None and (wrong := faults_of(quiet)):
        named = "; ".join(f"{field} {what}" for field, what in wrong.items())
        raise RefuseError(f"Not understood: {named}.", type="invalid-input", fields=wrong)


def _sealed(sealer: Sealer, store_id: StoreId, channel_id: UUID, secrets: ChannelSecrets) -> bytes:
    try:
        return seal_secrets(sealer, store_id, channel_id, secrets)
    except StopError as problem:
        raise RefuseError(f"{problem}.", status=409, type="no-encryption-key") from None


def _secret(given: str | None) -> str:
    if given is not None and not is_secret(given):
        told = "must be whsec_ and 24 to 64 bytes in base64"
        raise RefuseError(f"secret: {told}.", type="invalid-input", fields={"secret": told})
    return given or new_secret()


async def create(
    connection: Connection, sealer: Sealer, store_id: StoreId, wanted: Wanted, actor: str
) -> tuple[Channel, str | None]:
    """The channel, and the secret of a webhook, which is shown this once. RefuseError 409 where there are too many."""
    shown = _checked(wanted.kind, wanted.url)
    refuse_quiet(wanted.quiet)
    now, channel_id = datetime.now(UTC), new_id()
    secret = _secret(wanted.secret) if wanted.kind == "webhook" else None
    same = {name: getattr(wanted, name) for name in Wanted.__struct_fields__ if name not in ("url", "secret")}
    channel = Channel(
        **same, id=channel_id, shown=shown, created_by=actor, created_at=now, updated_at=now, last_delivered_at=None,
        last_failed_at=None, last_error=None, resting_until=None, failures=0,
    )  # fmt: skip
    sealed = _sealed(sealer, store_id, channel_id, ChannelSecrets(url=wanted.url, secret=secret))
    if not await kept.add_channel(connection, store_id, channel, sealed):
        text = f"A store has {kept.MOST_CHANNELS} channels at most; remove one first."
        raise RefuseError(text, status=409, type="too-many-channels")
    await _audit(connection, store_id, channel_id, ("created", None, _audited(channel)), actor)
    return channel, secret


async def change(
    connection: Connection, sealer: Sealer, found: tuple[StoreId, UUID], values: Mapping[str, object], actor: str
) -> Channel:
    """`values`: fields of Channel, or `url`, that change. RefuseError 404 where the channel is not there."""
    store_id, channel_id = found
    before, sealed = await _locked(connection, store_id, channel_id)
    now = datetime.now(UTC)
    columns: dict[str, object] = {name: value for name, value in values.items() if name != "url"} | {"updated_at": now}
    if isinstance(url := values.get("url"), str):
        secrets = _opened(sealer, store_id, channel_id, sealed)
        columns["shown"] = _checked(before.kind, url)
        columns["sealed"] = _sealed(sealer, store_id, channel_id, msgspec.structs.replace(secrets, url=url))
    if "quiet" in values:
        quiet = values["quiet"]
        refuse_quiet(quiet if isinstance(quiet, QuietHours) else None)
        columns["quiet"] = kept.quiet_row(quiet if isinstance(quiet, QuietHours) else None)
    await kept.change_channel(connection, store_id, channel_id, columns)
    after = (await _locked(connection, store_id, channel_id))[0]
    what = _audited(after) | ({"url": "changed"} if "url" in values else {})
    await _audit(connection, store_id, channel_id, ("changed", _audited(before), what), actor)
    await ring(connection, store_id)
    return after


async def remove(connection: Connection, store_id: StoreId, channel_id: UUID, actor: str) -> None:
    before, _ = await _locked(connection, store_id, channel_id)
    await kept.remove_channel(connection, store_id, channel_id)
    await _audit(connection, store_id, channel_id, ("removed", _audited(before), None), actor)


async def rotate(
    connection: Connection, sealer: Sealer, found: tuple[StoreId, UUID], given: str | None, actor: str
) -> tuple[str, datetime]:
    """A new secret, and until when the one before signs beside it. RefuseError 409 for a channel without secrets."""
    store_id, channel_id = found
    before, sealed = await _locked(connection, store_id, channel_id)
    if before.kind != "webhook":
        raise RefuseError("Only webhooks are signed.", status=409, type="no-webhook")
    secrets, now = _opened(sealer, store_id, channel_id, sealed), datetime.now(UTC)
    secret, until = _secret(given), now + ROTATION
    changed = msgspec.structs.replace(secrets, secret=secret, former=secrets.secret, former_until=until)
    values = {"sealed": _sealed(sealer, store_id, channel_id, changed), "updated_at": now}
    await kept.change_channel(connection, store_id, channel_id, values)
    await _audit(connection, store_id, channel_id, ("secret_changed", None, {"former_until": until.isoformat()}), actor)
    return secret, until


async def put_trial(connection: Connection, store_id: StoreId, channel_id: UUID) -> str:
    """A test message, sent as soon as what was put before it has left; answers its id. A rest of the channel ends."""
    await _locked(connection, store_id, channel_id)
    now = datetime.now(UTC)
    message = trial_message(store_id, now)
    await kept.change_channel(connection, store_id, channel_id, {"updated_at": now})
    await put_message_for(connection, store_id, channel_id, message, now)
    await ring(connection, store_id)
    return message.id


async def _locked(connection: Connection, store_id: StoreId, channel_id: UUID) -> tuple[Channel, bytes]:
    found = await kept.find_channel(connection, store_id, channel_id, lock=True)
    if found is None:
        raise no_such_channel()
    return found


def _opened(sealer: Sealer, store_id: StoreId, channel_id: UUID, sealed: bytes) -> ChannelSecrets:
    try:
        return open_secrets(sealer, store_id, channel_id, sealed)
    except StopError as problem:
        raise RefuseError(f"{problem}; make the channel anew.", status=409, type="no-encryption-key") from None


def _audited(channel: Channel) -> dict[str, object]:
    names = ("name", "kind", "shown", "least_severity", "kinds", "quiet", "for_escalation", "enabled")
    return {name: msgspec.to_builtins(getattr(channel, name)) for name in names}


async def _audit(
    connection: Connection,
    store_id: StoreId,
    channel_id: UUID,
    what: tuple[str, Mapping[str, object] | None, Mapping[str, object] | None],
    actor: str,
) -> None:
    verb, before, after = what
    change = Change(
        actor=actor, action=f"alert_channel.{verb}", subject="alert_channel", subject_id=str(channel_id),
        before=before, after=after,
    )  # fmt: skip
    await note(connection, store_id, change)
