"""A channel that is away loses nothing, doubles nothing and keeps its order; its neighbours notice nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from shopwarden.steps import alert_sender
from shopwarden.steps.alert_sender import AlertSender
from tests.alerts.stage import NOON, SECRET, Stage, raising, title_of, until
from tests.outbound.local_server import Heard, Said, always, hang, in_turn, serving


async def test_an_hour_away_loses_doubles_and_reorders_nothing(stage: Stage) -> None:
    taken: list[Heard] = []

    async def behave(heard: Heard) -> Said:
        minutes = (stage.now - NOON).total_seconds() / 60
        if 10 <= minutes < 70:
            return Said(status=503) if minutes < 40 else Said(reset=True)
        taken.append(heard)
        return Said()

    async with serving(behave) as server:
        channel = await stage.channel(f"{server.url}/hook")
        for minute in range(100):
            await stage.raise_now(raising(f"trouble {minute}", at=stage.now))
            await stage.sender.once()
            stage.later(minutes=1)
        stage.later(minutes=15)
        await stage.sender.once()
        assert len(server.heard) < 130, "it is left alone for longer and longer while it is away"
    assert [title_of(each.body) for each in taken] == [f"trouble {minute}" for minute in range(100)]
    assert len({each.headers["webhook-id"] for each in taken}) == 100
    assert set(await stage.states(channel)) == {"delivered"}
    assert (await stage.channel_row(channel))["last_error"] is None


async def test_what_is_not_taken_for_three_days_is_given_up_and_what_follows_leaves(stage: Stage) -> None:
    is_up = False

    async def behave(_: Heard) -> Said:
        return Said(status=200 if is_up else 500)

    async with serving(behave) as server:
        channel = await stage.channel(server.url)
        await stage.raise_now(raising("old"))
        for _ in range(71):
            await stage.sender.once()
            stage.later(hours=1)
        assert await stage.states(channel) == ["pending"], "a day and more is waited"
        await stage.raise_now(raising("new", at=stage.now))
        for _ in range(2):
            stage.later(hours=1)
            await stage.sender.once()
        [old, new] = await stage.deliveries(channel)
        assert (old["state"], old["last_error"], old["status_code"]) == ("dead", "it answered 500", 500)
        assert new["state"] == "pending"
        is_up = True
        stage.later(hours=1)
        assert await stage.sender.once() == 1
    assert await stage.states(channel) == ["dead", "delivered"]


async def test_a_worker_that_dies_after_sending_repeats_the_same_webhook_id(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: Any) -> bool:
        raise asyncio.CancelledError

    async with serving(always(Said())) as server:
        channel = await stage.channel(server.url)
        await stage.raise_now(raising("a"))
        with monkeypatch.context() as patch:
            patch.setattr(alert_sender, "note_delivered", die)
            patch.setattr(alert_sender, "let_go", die)
            await asyncio.gather(*await stage.sender.begin(), return_exceptions=True)
        assert await stage.states(channel) == ["pending"]
        assert await stage.new_sender().once() == 0, "its lease has not run out"
        stage.later(seconds=91)
        assert await stage.new_sender().once() == 1
        first, second = server.heard
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert await stage.states(channel) == ["delivered"]


async def test_ten_senders_at_once_send_each_message_once(stage: Stage) -> None:
    async with serving(always(Said())) as server:
        await stage.channel(server.url)
        for number in range(20):
            await stage.raise_now(raising(str(number)))
        await asyncio.gather(*(stage.new_sender().once() for _ in range(10)))
        assert [title_of(each.body) for each in server.heard] == [str(number) for number in range(20)]


async def test_a_channel_that_hangs_holds_up_no_other(stage: Stage) -> None:
    async with serving(hang) as stuck, serving(always(Said())) as first, serving(always(Said())) as second:
        for server in (stuck, first, second):
            await stage.channel(server.url)
        await stage.raise_now(raising("a"))
        running = await stage.sender.begin()
        await until(lambda: first.heard and second.heard and sum(task.done() for task in running) == 2)
        await stage.raise_now(raising("b"))
        await stage.sender.begin()
        await until(lambda: len(first.heard) == 2 == len(second.heard))
        assert len(stuck.heard) == 1, "nobody else is sent to it meanwhile"
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_a_running_sender_sends_as_soon_as_something_is_committed(stage: Stage) -> None:
    async with serving(always(Said())) as server:
        await stage.channel(server.url)
        running = asyncio.create_task(AlertSender(stage.tools, lambda: stage.now).run())
        try:
            for count in (1, 2):
                await asyncio.sleep(0.1)
                await stage.raise_now(raising(str(count)))
                await until(lambda count=count: len(server.heard) == count)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        assert len(server.heard) == 2


async def test_a_wait_that_is_asked_for_is_kept(stage: Stage) -> None:
    async with serving(in_turn(Said(status=429, headers={"Retry-After": "600"}), Said())) as server:
        channel = await stage.channel(server.url)
        await stage.raise_now(raising("a"))
        await stage.sender.once()
        stage.later(seconds=590)
        assert await stage.sender.once() == 0
        stage.later(seconds=11)
        assert await stage.sender.once() == 1
        assert len(server.heard) == 2
    assert (await stage.deliveries(channel))[0]["attempts"] == 2


async def test_who_is_gone_is_told_no_more(stage: Stage) -> None:
    async with serving(always(Said(status=410))) as server:
        channel = await stage.channel(server.url)
        await stage.raise_now(raising("a"))
        for _ in range(3):
            await stage.sender.once()
            stage.later(hours=1)
        assert len(server.heard) == 1
    row = await stage.channel_row(channel)
    assert (row["enabled"], row["last_error"]) == (False, "it answered 410")


@pytest.mark.parametrize("is_rotated", [False, True])
async def test_a_webhook_verifies_with_the_standard_library_of_the_scheme(stage: Stage, is_rotated: bool) -> None:
    former = "whsec_" + "QUFB" * 10
    stage.now = datetime.now(UTC)
    secrets = {"former": former, "former_until": stage.now + timedelta(hours=1 if is_rotated else -1)}
    async with serving(always(Said())) as server:
        await stage.channel(server.url, secrets=secrets)
        await stage.raise_now(raising("a"))
        await stage.sender.once()
        [heard] = server.heard
    assert Webhook(SECRET).verify(heard.body, heard.headers)["type"] == "alert.raised"
    if is_rotated:
        assert Webhook(former).verify(heard.body, heard.headers)["data"]["title"] == "a"
    else:
        assert len(heard.headers["webhook-signature"].split()) == 1


async def test_an_internal_address_is_not_reached_unless_it_is_allowed(stage: Stage) -> None:
    async with serving(always(Said())) as server:
        for kind, url in (("webhook", f"http://localhost:{server.port}"), ("apprise", f"json://localhost:{server.port}")):
            channel = await stage.channel(url, kind)
            await stage.raise_now(raising(kind))
            await stage.sender.once()
            assert "internal address" in (await stage.channel_row(channel))["last_error"], kind
        assert server.heard == []
