"""One question for many who ask at about the same time."""

import asyncio

import pytest

from countersign.entrypoints.web.sharing import Shared

pytestmark = pytest.mark.fast
LONG = 3600.0


class Asked:
    """A question that is answered when the test says so, by how often it was asked."""

    def __init__(self) -> None:
        self.times = 0
        self.may_answer = asyncio.Event()

    async def __call__(self) -> int:
        self.times += 1
        await self.may_answer.wait()
        return self.times


def test_a_crowd_asks_once_and_so_does_who_comes_soon_after() -> None:
    async def crowd() -> None:
        asked = Asked()
        shared = Shared(asked, fresh_seconds=LONG)
        crowd = [asyncio.create_task(shared.answer(timeout_seconds=LONG)) for _ in range(500)]
        await asyncio.sleep(0)
        asked.may_answer.set()
        assert set(await asyncio.gather(*crowd)) == {1}
        assert await shared.answer(timeout_seconds=LONG) == 1
        assert asked.times == 1

    asyncio.run(crowd())


def test_what_is_stale_is_asked_anew() -> None:
    async def twice() -> None:
        asked = Asked()
        asked.may_answer.set()
        shared = Shared(asked, fresh_seconds=0)
        assert [await shared.answer(timeout_seconds=LONG) for _ in range(2)] == [1, 2]

    asyncio.run(twice())


def test_nobody_waits_for_ever_and_who_gives_up_does_not_ask_again() -> None:
    async def impatient() -> None:
        asked = Asked()
        shared = Shared(asked, fresh_seconds=0)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await shared.answer(timeout_seconds=0.001)
        leaving = asyncio.create_task(shared.answer(timeout_seconds=LONG))
        await asyncio.sleep(0)
        leaving.cancel()
        asked.may_answer.set()
        assert await shared.answer(timeout_seconds=LONG) == 1

    asyncio.run(impatient())


def test_what_the_question_raises_is_shared_too() -> None:
    async def failing() -> None:
        times = []

        async def fail() -> int:
            times.append(1)
            raise LookupError

        shared = Shared(fail, fresh_seconds=LONG)
        for _ in range(3):
            with pytest.raises(LookupError):
                await shared.answer(timeout_seconds=LONG)
        assert len(times) == 1

    asyncio.run(failing())
