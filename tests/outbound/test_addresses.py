"""No name leads inside: addresses are checked for the connection that is made, and it goes to what was checked."""

from __future__ import annotations

import httpcore
import pytest

from shopwarden.contracts.exchange import Ask
from shopwarden.contracts.vendor import Limits, VendorFault
from shopwarden.outbound.call import Outbound
from shopwarden.outbound.exchange import CallFault
from shopwarden.outbound.pinned import InternalAddressError, PinnedNetwork, PinnedTransport
from tests.outbound.local_server import Said, always, serving
from tests.sandbox.running import running_sandbox, sandbox  # noqa: F401 - fixtures


def resolving(*answers: list[str]):
    """A resolver that says something else each time, the last answer for ever."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return resolve, asked


async def test_loopback_is_refused_unless_it_is_allowed():
    async with serving(always(Said())) as server:
        ask = Ask(name="acme", url=server.url)
        strict = Outbound()
        with pytest.raises(VendorFault) as caught:
            await strict.ask(ask, limits=Limits(), hosts=["127.0.0.1"], lane="a", repeatable=False)
        assert isinstance(caught.value, CallFault)
        assert not caught.value.was_sent
        assert "internal" in str(caught.value)
        assert not server.heard
        await strict.close()


@pytest.mark.parametrize("inside", ["10.0.0.1", "169.254.169.254", "::1", "100.64.0.1", "fd00::1", "192.0.2.1", "0.0.0.0"])
async def test_one_internal_address_among_public_ones_is_enough(inside):
    resolve, _ = resolving(["93.184.216.34", inside])
    with pytest.raises(InternalAddressError):
        await PinnedNetwork(lambda host: False, resolve).connect_tcp("rebind.example", 80, timeout=1)


async def test_a_name_that_changes_its_mind_is_asked_once_and_connected_to_as_checked(monkeypatch):
    resolve, asked = resolving(["93.184.216.34"], ["127.0.0.1"])
    network = PinnedNetwork(lambda host: False, resolve)
    tried: list[str] = []

    async def connect(host, *rest):
        tried.append(host)
        raise httpcore.ConnectError

    monkeypatch.setattr(network._below, "connect_tcp", connect)
    with pytest.raises(httpcore.ConnectError):
        await network.connect_tcp("rebind.example", 80, timeout=1)
    assert (asked, tried) == (["rebind.example"], ["93.184.216.34"])
    # The next connection is checked anew.
    with pytest.raises(InternalAddressError):
        await network.connect_tcp("rebind.example", 80, timeout=1)


async def test_the_host_is_still_named_to_the_server_though_the_connection_goes_to_an_address():
    async with serving(always(Said())) as server:
        resolve, _ = resolving(["127.0.0.1"])
        outbound = Outbound(transport=PinnedTransport(PinnedNetwork(lambda host: host == "acme.example", resolve)))
        ask = Ask(name="acme", url=f"http://acme.example:{server.port}/")
        assert (await outbound.ask(ask, limits=Limits(), hosts=["acme.example"], lane="a")).status == 200
        assert server.heard[0].headers["host"] == f"acme.example:{server.port}"
        await outbound.close()


async def test_a_dead_first_address_does_not_take_the_time_of_the_second():
    async with serving(always(Said())) as server:
        # 127.0.0.2 has nobody listening on this port.
        resolve, _ = resolving(["127.0.0.2", "127.0.0.1"])
        network = PinnedNetwork(lambda host: True, resolve)
        stream = await network.connect_tcp("acme.example", server.port, timeout=2)
        await stream.aclose()


async def test_an_unknown_name_is_a_failed_connection():
    outbound = Outbound()
    ask = Ask(name="acme", url="http://does-not-exist.invalid/")
    with pytest.raises(VendorFault) as caught:
        await outbound.ask(ask, limits=Limits(tries=1), hosts=["does-not-exist.invalid"], lane="a")
    assert caught.value.kind == "unavailable"
    await outbound.close()


async def test_a_certificate_nobody_vouches_for_ends_the_call_before_anything_is_sent(sandbox):  # noqa: F811
    outbound = Outbound(internal_hosts=["localhost"])
    ask = Ask(name="acme", url=f"{sandbox.tls_url}/sendgrid/v3/validations/email", headers={"X-Key": "planted-key"})
    with pytest.raises(VendorFault) as caught:
        await outbound.ask(ask, limits=Limits(tries=1), hosts=["localhost"], lane="a", repeatable=False)
    assert isinstance(caught.value, CallFault)
    assert not caught.value.was_sent
    assert await sandbox.log() == []
    await outbound.close()
