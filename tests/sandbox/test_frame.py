"""The sandbox's frame: modes, log, marks, certificates, and sameness."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from shopwarden.sandbox.modes import Mode, Modes
from shopwarden.sandbox.running import start
from tests.sandbox.running import Sandbox

EVENT = {"userId": "u1", "event": "Order Completed", "writeKey": "k"}


def track(sandbox: Sandbox, timeout: float = 5.0) -> httpx.Response:
    return sandbox.ask("POST", "/segment/v1/track", json=EVENT, timeout=timeout)


async def test_every_answer_says_it_is_made_up(sandbox: Sandbox) -> None:
    for path in ("/segment/v1/track", "/nobody/x", "/_sandbox/log"):
        assert sandbox.ask("GET", path).headers["x-shopwarden-sandbox"] == "made-up"


@pytest.mark.parametrize(("kind", "status"), [("error", 503), ("quota", 429), ("rate_limited", 429), ("refuse", 401)])
async def test_a_mode_answers_in_the_vendors_words_and_ends_with_ok(sandbox: Sandbox, kind: str, status: int) -> None:
    await sandbox.mode("segment", kind)
    assert track(sandbox).status_code == status
    await sandbox.mode("segment", "ok")
    assert track(sandbox).status_code == 200
    assert [(call["status"], call["mode"], call["billed"]) for call in await sandbox.log("segment")] == [
        (status, kind, False),
        (200, "ok", True),
    ]


async def test_a_mode_can_be_for_some_calls_and_some_paths_only(sandbox: Sandbox) -> None:
    await sandbox.mode("segment", "rate_limited", path="/v1/tr*", times=2, seconds=7)
    first = track(sandbox)
    assert (first.status_code, first.headers["retry-after"]) == (429, "7")
    page = sandbox.ask("POST", "/segment/v1/page", json={"userId": "u", "writeKey": "k"})
    assert [page.status_code, track(sandbox).status_code, track(sandbox).status_code] == [200, 429, 200]


async def test_any_documented_status_and_body_can_be_had(sandbox: Sandbox) -> None:
    await sandbox.mode("clearbit", "error", status=410, body={"error": {"type": "gone"}})
    said = sandbox.ask("GET", "/clearbit/v2/people/find?email=a@example.com", auth=("sandbox", ""))
    assert (said.status_code, said.json()) == (410, {"error": {"type": "gone"}})


async def test_a_rate_limit_lets_so_many_a_second_through(sandbox: Sandbox) -> None:
    now = [0.0]
    modes = Modes(lambda: now[0])
    modes.put(Mode(vendor="segment", kind="rate_limited", per_second=2))
    assert [modes.take("segment", "/x") is not None for _ in range(4)] == [False, False, True, True]
    now[0] = 1.5
    assert modes.take("segment", "/x") is None
    await sandbox.mode("segment", "rate_limited", per_second=3)
    assert 429 in {track(sandbox).status_code for _ in range(10)}
    assert await sandbox.billed("segment") >= 3


async def test_a_vendor_that_hangs_has_heard_and_charged(sandbox: Sandbox) -> None:
    await sandbox.mode("segment", "hang")
    with pytest.raises(httpx.ReadTimeout):
        track(sandbox, timeout=0.3)
    assert await sandbox.billed("segment") == 1
    assert (await sandbox.log("segment"))[0]["status"] == 0


async def test_slow_rubbish_and_down(sandbox: Sandbox) -> None:
    await sandbox.mode("segment", "slow", seconds=0.3)
    assert track(sandbox).elapsed.total_seconds() > 0.25
    await sandbox.mode("segment", "rubbish")
    with pytest.raises(ValueError):
        track(sandbox).json()
    await sandbox.mode("*", "down")
    with pytest.raises(httpx.RemoteProtocolError):
        track(sandbox)
    assert await sandbox.billed("segment") == 1


async def test_an_unknown_mode_or_vendor_is_refused_by_name(sandbox: Sandbox) -> None:
    url = "/_sandbox/mode"
    assert "kind" in sandbox.ask("PUT", url, json={"vendor": "segment", "kind": "explode"}).json()["error"]
    assert "nobody" in sandbox.ask("PUT", url, json={"vendor": "nobody", "kind": "down"}).json()["error"]
    assert sandbox.ask("PUT", url, content=b'{"vendor": "*", "kind": "down"}').status_code == 415


async def test_the_log_tells_the_same_question_from_another(sandbox: Sandbox) -> None:
    track(sandbox)
    track(sandbox)
    sandbox.ask("POST", "/segment/v1/track", json={**EVENT, "userId": "u2"})
    one, again, other = [call["question"] for call in await sandbox.log("segment")]
    assert one == again != other


async def test_real_hosts_are_served_with_tls(sandbox: Sandbox) -> None:
    for host in ("api.segment.io", "events.eu1.segmentapis.com"):
        assert sandbox.ask_host("POST", host, "/v1/track", json=EVENT).json() == {"success": True}


async def test_a_request_that_breaks_the_protocol_does_no_harm(sandbox: Sandbox) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.running.port)
    writer.write(b"\x00\x01 rubbish\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 4")
    writer.close()
    odd = sandbox.ask("POST", "/segment/v1/track", content=b"\xff\x00{", headers={"content-type": "application/json"})
    assert odd.status_code == 400


async def test_two_sandboxes_with_one_seed_answer_alike() -> None:
    first, second, other = await start(seed="a"), await start(seed="a"), await start(seed="b")
    paths = (
        "/clearbit/v2/people/find?email=alex@clearbit.com",
        *(f"/peopledatalabs/v5/person/enrich?email=p{number}@example.org&api_key=k" for number in range(20)),
        "/maxmind/geoip/v2.1/insights/24.24.24.24",
        "/ipqualityscore/api/json/ip/k/24.24.24.24",
        "/ipqualityscore/api/json/phone/k/+14105551773",
    )
    async with httpx.AsyncClient(auth=("sandbox", "sandbox")) as client:
        heard = [
            [(await client.get(f"http://127.0.0.1:{one.port}{path}")).content for path in paths]
            for one in (first, second, other)
        ]
    for one in (first, second, other):
        await one.close()
    assert heard[0] == heard[1] != heard[2]
