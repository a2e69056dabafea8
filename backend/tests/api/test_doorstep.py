"""Sockets that have not signed in: closed after a while, and few for each address."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from reachly.api import doorstep
from tests.api.test_live import base, emit, listening, options, register

__all__ = ["base", "options"]
pytestmark = pytest.mark.anyio


def address_of(base: str) -> str:
    return base.replace("http", "ws", 1) + "/api/live/?EIO=4&transport=websocket"


@pytest.mark.parametrize("says", [None, "40{}", '40{"token":"x"}', "2"])
async def test_who_does_not_sign_in_is_closed(
    base: str, says: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorstep, "SECONDS", 0.3)
    async with connect(address_of(base)) as wire, asyncio.timeout(60):
        await wire.recv()
        if says:
            await wire.send(says)
        await wire.wait_closed()


async def test_who_has_signed_in_stays(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorstep, "SECONDS", 0.3)
    ada = await register(base, "brightfjord")
    async with listening(base, ada.token) as ear:
        await asyncio.sleep(0.8)
        await emit(ada.organization_id)
        await ear.wait(1, 60)


async def test_strangers_of_one_address_cannot_take_all_sockets(
    base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorstep, "AT_ONCE", 3)
    ada = await register(base, "brightfjord")
    async with AsyncExitStack() as stack:
        known = [
            await stack.enter_async_context(listening(base, ada.token)) for _ in range(5)
        ]  # they count no more
        strangers = [await connect(address_of(base)) for _ in range(3)]
        with pytest.raises(InvalidStatus):
            await connect(address_of(base))
        for wire in strangers:
            await wire.close()
        async with asyncio.timeout(60):
            while True:
                try:
                    (await connect(address_of(base))).transport.abort()
                    break
                except InvalidStatus:  # the server has not seen the farewells yet
                    await asyncio.sleep(0.05)
        assert all(ear.connected for ear in known)


@pytest.mark.parametrize("number", [10**30, 2**63, 2**63 - 1, 99])
async def test_a_number_that_was_never_given_is_answered_with_a_resync(base: str, number: int) -> None:
    ada = await register(base, "brightfjord")
    async with listening(base, ada.token, last_seq=number) as ear:
        await ear.wait(1, 60)
        assert ear.heard[0][0] == "resync"
        await emit(ada.organization_id)
        await ear.wait(2, 60)
