"""Hours of quiet on any clock, texts of any length, waits between tries: rules that hold for every value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.alert import SEVERITIES, Alert, Severity, grouped, rank
from shopwarden.domain.alert_channel import LONGEST_REST, rest_after
from shopwarden.domain.alert_message import MESSAGE_KINDS, AlertMessage, MessageKind, message_of
from shopwarden.domain.alert_settings import AlertSettings, alert_settings
from shopwarden.domain.alert_text import LONGEST_TEXT, LONGEST_TITLE, text_of
from shopwarden.domain.quiet_hours import QuietHours, quiet_until
from shopwarden.domain.webhook_signing import is_secret, new_secret
from tests.alerts.stage import NOON, raising

clocks = st.builds(lambda minute: f"{minute // 60:02}:{minute % 60:02}", st.integers(0, 1439))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(begin=clocks, until=clocks, zone=zones, now=moments)
def test_quiet_ends_after_now_within_a_day_and_is_over_then(begin: str, until: str, zone: str, now: datetime) -> None:
    quiet = QuietHours(begin=begin, until=until, timezone=zone)
    end = quiet_until(quiet, now)
    if end is not None:
        assert now < end <= now + timedelta(hours=26)
        assert quiet_until(quiet, end) is None


@given(now=moments)
def test_a_night_is_quiet_at_night_alone(now: datetime) -> None:
    quiet = QuietHours(begin="22:00", until="07:00")
    assert (quiet_until(quiet, now) is not None) == (now.hour >= 22 or now.hour < 7)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        # Clocks are put forward at 2 and back at 3: half past two is missing once, and comes twice once.
        ("2026-03-29T00:15+00:00", "2026-03-29T01:30+00:00"),
        ("2026-10-25T00:15+00:00", "2026-10-25T00:30+00:00"),
        ("2026-10-25T01:15+00:00", "2026-10-25T01:30+00:00"),
    ],
)
def test_quiet_ends_on_days_when_clocks_are_changed(now: str, end: str) -> None:
    quiet = QuietHours(begin="22:00", until="02:30", timezone="Europe/Berlin")
    assert quiet_until(quiet, datetime.fromisoformat(now)) == datetime.fromisoformat(end)


def an_alert(title: str, body: str, severity: Severity, count: int = 1) -> Alert:
    return Alert(
        id=uuid4(), kind="rule", severity=severity, group_key="x", title=title, body=body, subject=None, subject_id=None,
        facts={}, state="open", count=count, first_at=NOON, last_at=NOON, told_at=None, told_count=1, acknowledged_by=None,
        acknowledged_at=None, resolved_by=None, resolved_at=None, escalated_at=None, changed_at=NOON,
    )  # fmt: skip


def a_message(title: str, severity: Severity = "warning", kind: MessageKind = "raised", body: str = "") -> AlertMessage:
    return message_of(UUID(int=1), an_alert(title, body, severity), kind, NOON).body


@given(
    titles=st.lists(st.text(max_size=400), min_size=1, max_size=30),
    body=st.text(max_size=5000),
    severity=st.sampled_from(SEVERITIES),
)
def test_a_text_is_never_too_long_and_names_the_worst(titles: list[str], body: str, severity: Severity) -> None:
    messages = [a_message(title, "info", body=body) for title in titles] + [a_message("last", severity)]
    title, text, worst = text_of(messages)
    assert len(title) <= LONGEST_TITLE
    assert len(text) <= LONGEST_TEXT
    assert rank(worst) == max(rank("info"), rank(severity))


@pytest.mark.parametrize("kind", MESSAGE_KINDS)
def test_a_message_is_read_again_as_it_was_written(kind: MessageKind) -> None:
    message = a_message("x", "critical", kind)
    assert msgspec.json.decode(msgspec.json.encode(message), type=AlertMessage) == message


def test_ids_of_messages_hold_no_full_stop_and_differ_with_what_happened() -> None:
    alert = an_alert("x", "", "critical", 3)
    ids = {message_of(UUID(int=1), alert, kind, NOON).id for kind in MESSAGE_KINDS}
    assert len(ids) == len(MESSAGE_KINDS)
    assert not any("." in each for each in ids)


@given(failures=st.integers(1, 500), chance=st.floats(0, 1))
def test_a_rest_grows_and_has_an_end(failures: int, chance: float) -> None:
    rest = rest_after(failures, None, chance).total_seconds()
    assert 3.75 <= rest <= LONGEST_REST
    assert rest <= rest_after(failures + 1, None, 0).total_seconds()
    assert rest_after(failures, 7 * 86_400, chance) == timedelta(hours=1)


@given(groups=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(SEVERITIES), st.integers(0, 100)), max_size=20))
def test_a_group_counts_all_and_has_the_worst_severity(groups: list[tuple[str, Severity, int]]) -> None:
    given_ones = [
        raising(key, f"{place}", severity=severity, at=NOON + timedelta(minutes=minute))
        for place, (key, severity, minute) in enumerate(groups)
    ]
    found = grouped(given_ones)
    assert list(found) == sorted({key for key, _, _ in groups})
    assert sum(group.count for group in found.values()) == len(groups)
    for key, group in found.items():
        assert rank(group.severity) == max(rank(severity) for name, severity, _ in groups if name == key)
        assert group.first_at <= group.last_at == group.latest.at


@pytest.mark.parametrize("kept", [None, [], "x", {"muted": "x"}, {"nonsense": 1}, {"repeat_after_minutes": -1}])
def test_settings_that_do_not_read_are_the_defaults(kept: object) -> None:
    assert alert_settings(kept) == AlertSettings()


def test_settings_keep_what_reads_beside_what_does_not() -> None:
    settings = alert_settings({"muted": ["rule"], "repeat_after_minutes": "x", "nonsense": 1})
    assert settings == AlertSettings(muted=("rule",))


def test_secrets_are_told_from_other_texts() -> None:
    assert is_secret(new_secret())
    assert not any(map(is_secret, ("", "whsec_", "whsec_!", "whsec_QUFB", "QUFB" * 10, "whsec_" + "QUFB" * 30)))
