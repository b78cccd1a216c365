"""Neither a secret nor a person is in what the sender logs, raises or shows, whatever goes wrong."""

from __future__ import annotations

import logging
import traceback

import pytest
import structlog

from shopwarden.contracts.exchange import Ask
from shopwarden.contracts.vendor import Limits, VendorFault
from shopwarden.outbound.call import Outbound
from tests.outbound.local_server import LocalServer, Said, always, hang, serving

SECRETS = ("planted-key", "planted-in-body", "ann%40shop.example", "ann@shop.example")
LIMITS = Limits(connect=0.5, total=0.4, tries=2)


def whole_story(fault: BaseException) -> str:
    """Everything an error could tell to somebody who logs it carelessly."""
    hanging = [fault, fault.__cause__, fault.__context__]
    texts = [repr(each) + str(each) + repr(getattr(each, "__dict__", "")) for each in hanging if each is not None]
    return "".join([*texts, *traceback.format_exception(fault, chain=True)])


def asking(server: LocalServer, **headers: str) -> Ask:
    return Ask(
        name="acme.email",
        url=f"{server.url}/ann%40shop.example?email=ann@shop.example&key=planted-key",
        method="POST",
        headers={"Authorization": "Bearer planted-key"} | headers,
        body=b"planted-in-body",
    )


BEHAVIOURS = {
    "hangs": hang,
    "breaks off": always(Said(reset=True)),
    "garbage": always(Said(raw=b"planted-key\r\n\r\n")),
    "waits": always(Said(429, headers={"Retry-After": "999", "X-Echo": "planted-key"})),
}


@pytest.mark.parametrize("how", BEHAVIOURS)
async def test_faults_tell_nothing(how, caplog):
    caplog.set_level(logging.DEBUG)
    outbound = Outbound(internal_hosts=["127.0.0.1"])
    with structlog.testing.capture_logs() as lines:
        async with serving(BEHAVIOURS[how]) as server:
            with pytest.raises(VendorFault) as caught:
                await outbound.ask(asking(server), limits=LIMITS, hosts=["127.0.0.1"], lane="a")
    await outbound.close()
    told = whole_story(caught.value) + repr(lines)
    assert not [secret for secret in SECRETS if secret in told]
    assert caught.value.__context__ is None
    named = [record for record in caplog.records if record.name.startswith(("httpx", "shopwarden"))]
    assert not [secret for secret in SECRETS for record in named if secret in record.getMessage()]


@pytest.mark.parametrize("value", ["planted-key\r\nX-More: 1", "planted-key\u20ac", "planted-key\0"])
async def test_a_key_that_no_header_can_hold_is_not_repeated_in_the_error(value):
    outbound = Outbound(internal_hosts=["127.0.0.1"])
    async with serving(always(Said())) as server:
        with pytest.raises(VendorFault) as caught:
            await outbound.ask(asking(server, **{"X-Key": value}), limits=LIMITS, hosts=["127.0.0.1"], lane="a")
        assert not server.heard
    await outbound.close()
    assert caught.value.kind == "invalid_input"
    assert "planted-key" not in whole_story(caught.value)


async def test_one_line_for_each_call_with_vendor_status_and_time():
    outbound = Outbound(internal_hosts=["127.0.0.1"])
    with structlog.testing.capture_logs() as lines:
        async with serving(always(Said(503))) as server:
            await outbound.ask(asking(server), limits=LIMITS, hosts=["127.0.0.1"], lane="a")
    await outbound.close()
    (line,) = [line for line in lines if line["event"] == "vendor_call"]
    assert (line["vendor"], line["status"], line["tries"]) == ("acme.email", 503, 2)
    assert isinstance(line["ms"], int)
