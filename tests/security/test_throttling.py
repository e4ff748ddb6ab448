"""Throttling: each failure beyond the free ones waits longer, at once or one by one, for accounts that exist or not."""

import asyncio
from datetime import timedelta

import pytest

from app.clock import later
from app.security.tables import Attempt
from app.security.throttling import ACCOUNT, NETWORK, REMEMBERED, TooOften, forget_attempts, try_once, wait_of


async def fail(times: int, account: str = "miriam@brueckner.example", network: str = "cafe") -> int:
    """How many of so many tries were looked at."""
    looked = await asyncio.gather(*(try_once(account, network) for _ in range(times)), return_exceptions=True)
    return sum(not isinstance(answer, TooOften) for answer in looked)


async def test_many_tries_at_once_do_not_slip_through(database: None) -> None:
    assert await fail(20) == ACCOUNT.free


async def test_after_the_wait_one_more_try_is_looked_at_and_the_next_wait_is_longer(database: None) -> None:
    await fail(6)

    with later(ACCOUNT.first):
        assert await fail(3) == 1
        assert await wait_of("miriam@brueckner.example", "cafe") > ACCOUNT.first


async def test_the_refusal_says_when_to_try_again(database: None) -> None:
    await fail(5)

    with pytest.raises(TooOften, match=r"again in (19|20) seconds"):
        await try_once("Miriam@Brueckner.example ", "elsewhere")


async def test_succeeding_clears_the_account(database: None) -> None:
    await fail(4)
    await (await try_once("miriam@brueckner.example", "cafe")).succeeded()

    assert await fail(5) == 5


async def test_a_network_that_tries_many_accounts_waits_too(database: None) -> None:
    for number in range(NETWORK.free):
        assert await fail(1, account=f"{number}@brueckner.example") == 1

    assert await fail(1, account="somebody@else.example") == 0
    assert await fail(1, account="somebody@else.example", network="home") == 1


async def test_no_wait_grows_beyond_its_limit() -> None:
    assert ACCOUNT.wait_after(1000) == ACCOUNT.longest


async def test_old_tries_are_forgotten_and_no_address_was_kept(database: None) -> None:
    await fail(1)
    kept = await Attempt.select()
    with later(REMEMBERED + timedelta(seconds=1)):
        await forget_attempts()

    assert len(kept) == 2
    assert not any("miriam" in row["key"] for row in kept)
    assert await Attempt.count() == 0
