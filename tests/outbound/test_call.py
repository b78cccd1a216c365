"""The sender keeps its promises against a real server: hosts, deadlines, tries again, waits asked for, sizes."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from shopwarden.contracts.exchange import Ask
from shopwarden.contracts.vendor import Limits, VendorFault
from shopwarden.errors import StopError
from shopwarden.outbound.call import Outbound
from shopwarden.outbound.exchange import LARGEST_REPLY, CallFault
from tests.outbound.local_server import LocalServer, Said, always, hang, in_turn, serving

QUICK = Limits(connect=1.0, total=2.0, tries=3)
HOSTS = ("127.0.0.1",)


def asking(server: LocalServer, path: str = "/") -> Ask:
    return Ask(name="acme.ip", url=server.url + path, headers={"X-Key": "planted-key"})


@pytest.fixture
async def outbound():
    opened = Outbound(internal_hosts=HOSTS)
    yield opened
    await opened.close()


async def faulted(outbound: Outbound, ask: Ask, **more) -> VendorFault:
    with pytest.raises(VendorFault) as caught:
        await outbound.ask(ask, **({"limits": QUICK, "hosts": HOSTS, "lane": "a"} | more))
    return caught.value


async def test_a_reply_of_any_status_comes_back_as_it_is(outbound):
    async with serving(always(Said(404, b'{"nobody": 1}', {"X-Left": "7"}))) as server:
        reply = await outbound.ask(asking(server), limits=QUICK, hosts=HOSTS, lane="a")
    assert (reply.status, reply.body, reply.headers["x-left"]) == (404, b'{"nobody": 1}', "7")
    assert server.heard[0].headers["x-key"] == "planted-key"


async def test_redirects_are_not_followed_and_cookies_not_kept(outbound):
    said = Said(302, b"", {"Location": "http://127.0.0.1:9/", "Set-Cookie": "account=one; Path=/"})
    async with serving(always(said)) as server:
        for _ in range(2):
            reply = await outbound.ask(asking(server), limits=QUICK, hosts=HOSTS, lane="a")
    assert reply.status == 302
    assert [heard.headers.get("cookie") for heard in server.heard] == [None, None]


async def test_the_environments_proxy_is_not_used(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    outbound = Outbound(internal_hosts=HOSTS)
    async with serving(always(Said())) as server:
        assert (await outbound.ask(asking(server), limits=QUICK, hosts=HOSTS, lane="a")).status == 200
    await outbound.close()


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_fault_is_tried_again_even_for_what_must_not_be_repeated(outbound, status):
    async with serving(in_turn(Said(status), Said(200))) as server:
        reply = await outbound.ask(asking(server), limits=QUICK, hosts=HOSTS, lane="a", repeatable=False)
    assert (reply.status, len(server.heard)) == (200, 2)


@pytest.mark.parametrize("status", [502, 504])
async def test_what_a_gateway_lost_is_not_repeated_where_it_may_have_been_charged(outbound, status):
    async with serving(always(Said(status))) as server:
        reply = await outbound.ask(asking(server), limits=QUICK, hosts=HOSTS, lane="a", repeatable=False)
        assert (reply.status, len(server.heard)) == (status, 1)
        await outbound.ask(asking(server), limits=QUICK, hosts=HOSTS, lane="a", repeatable=True)
    assert len(server.heard) == 1 + QUICK.tries


async def test_statuses_that_are_final_are_not_tried_again(outbound):
    async with serving(always(Said(401))) as server:
        await outbound.ask(asking(server), limits=QUICK, hosts=HOSTS, lane="a")
    assert len(server.heard) == 1


async def test_a_hang_ends_at_the_deadline_and_is_not_repeated_where_it_may_have_been_charged(outbound):
    async with serving(hang) as server:
        begun = time.monotonic()
        fault = await faulted(outbound, asking(server), deadline=0.3, repeatable=False)
        assert time.monotonic() - begun < 1.5
    assert (fault.kind, isinstance(fault, CallFault) and fault.was_sent, len(server.heard)) == ("timeout", True, 1)


async def test_a_repeatable_call_that_hangs_is_made_again_within_its_deadline(outbound):
    limits = Limits(connect=1.0, total=0.2, tries=3)
    async with serving(hang) as server:
        fault = await faulted(outbound, asking(server), limits=limits, deadline=5.0)
    assert (fault.kind, len(server.heard)) == ("timeout", 3)


async def test_a_broken_connection_is_repeated_only_where_that_costs_nothing(outbound):
    async with serving(always(Said(reset=True))) as server:
        fault = await faulted(outbound, asking(server), repeatable=False)
        assert (fault.kind, isinstance(fault, CallFault) and fault.was_sent, len(server.heard)) == ("unavailable", True, 1)
        await faulted(outbound, asking(server), repeatable=True)
    assert len(server.heard) == 4


async def test_a_connection_that_never_was_is_tried_again_and_told_as_not_sent(outbound):
    async with serving(always(Said())) as server:
        pass
    fault = await faulted(outbound, asking(server), repeatable=False)
    assert isinstance(fault, CallFault)
    assert (fault.kind, fault.was_sent) == ("unavailable", False)


async def test_what_is_no_http_breaks_off(outbound):
    async with serving(always(Said(raw=b"\x00\x01 garbage\r\n\r\n"))) as server:
        fault = await faulted(outbound, asking(server), repeatable=False)
    assert (fault.kind, len(server.heard)) == ("unavailable", 1)


async def test_a_reply_without_end_is_cut_off(outbound):
    async with serving(always(Said(body=b"x" * (LARGEST_REPLY + 1)))) as server:
        fault = await faulted(outbound, asking(server), limits=Limits(total=20.0))
    assert (fault.kind, len(server.heard)) == ("contract_changed", 1)


async def test_a_wait_asked_for_in_seconds_is_kept(outbound):
    async with serving(in_turn(Said(429, headers={"Retry-After": "1"}), Said(200))) as server:
        begun = time.monotonic()
        reply = await outbound.ask(asking(server), limits=QUICK, hosts=HOSTS, lane="a")
    assert reply.status == 200
    assert time.monotonic() - begun >= 1.0


@pytest.mark.parametrize("told", ["300", "date"])
async def test_a_wait_longer_than_the_deadline_is_handed_on_and_closes_the_lane(outbound, told):
    header = format_datetime(datetime.now(UTC) + timedelta(seconds=300), usegmt=True) if told == "date" else told
    async with serving(always(Said(429, headers={"Retry-After": header}))) as server:
        fault = await faulted(outbound, asking(server))
        assert fault.kind == "rate_limited"
        assert fault.after == pytest.approx(300, abs=3)
        # Nobody else of this lane knocks in the meantime; another lane does.
        again = await faulted(outbound, asking(server))
        assert (again.kind, len(server.heard)) == ("rate_limited", 1)
        await faulted(outbound, asking(server), lane="b")
    assert len(server.heard) == 2


async def test_no_more_calls_at_once_than_the_vendor_wants(outbound):
    async def slow(heard):
        await asyncio.sleep(0.05)
        return Said()

    limits = Limits(total=5.0, at_once=2)
    async with serving(slow) as server:
        await asyncio.gather(*(outbound.ask(asking(server), limits=limits, hosts=HOSTS, lane="a") for _ in range(8)))
    assert (len(server.heard), server.most_inside) == (8, 2)


async def test_no_faster_than_the_vendor_wants(outbound):
    limits = Limits(total=5.0, per_second=10.0)
    async with serving(always(Said())) as server:
        begun = time.monotonic()
        await asyncio.gather(*(outbound.ask(asking(server), limits=limits, hosts=HOSTS, lane="a") for _ in range(16)))
    # Ten at once from a full bucket, six more at a tenth of a second each.
    assert time.monotonic() - begun >= 0.55


async def test_a_queue_that_does_not_move_ends_at_the_deadline_without_sending(outbound):
    limits = Limits(total=5.0, at_once=1)
    async with serving(hang) as server:
        first = asyncio.create_task(faulted(outbound, asking(server), limits=limits, deadline=1.0))
        await asyncio.sleep(0.1)
        fault = await faulted(outbound, asking(server), limits=limits, deadline=0.2)
        await first
    assert (fault.kind, len(server.heard)) == ("rate_limited", 1)


@pytest.mark.parametrize("url", ["http://elsewhere.example/", "ftp://127.0.0.1/", "http://[broken", "/only/a/path"])
async def test_only_allowed_hosts_are_asked(outbound, url):
    with pytest.raises(StopError):
        await outbound.ask(Ask(name="acme.ip", url=url), limits=QUICK, hosts=HOSTS, lane="a")
