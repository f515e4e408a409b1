"""What every bus promises of work, replies and presence: one suite for the in-memory bus and for Redis."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from benchmarks.own_redis import OwnRedis
from codecompanion.contracts.messages import Priority
from codecompanion.contracts.ports import BlobLost, Bus
from codecompanion.contracts.work import START, Delivery, Message, Piece
from codecompanion.orchestra.bus.memory_bus import MemoryBus
from codecompanion.orchestra.bus.redis_address import parse_address
from codecompanion.orchestra.bus.redis_bus import RedisBus
from codecompanion.orchestra.bus.terms import WorkTerms

TERMS = WorkTerms(lease=0.6, attempts=3, limit=5, keep=30.0, presence=0.6)
TOPIC = "calls"


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.needs("redis-server"))])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    if request.param == "memory":
        made: Bus = MemoryBus(terms=TERMS)
    else:
        server: OwnRedis = request.getfixturevalue("redis")
        made = await RedisBus.open(parse_address(server.url), terms=TERMS)
    async with asyncio.timeout(20):
        yield made
    await made.close()


def message(name: str, key: str = "", priority: Priority = Priority.NORMAL) -> Message:
    return Message(id=name, key=key, priority=priority, payload=f"do {name} ü")


async def taken(bus: Bus, consumer: str = "w1", wait: float = 5.0) -> Delivery:
    delivery = await bus.work.take([TOPIC], consumer, wait)
    assert delivery is not None
    return delivery


async def nothing(bus: Bus, consumer: str = "w1", wait: float = 0.1) -> bool:
    return await bus.work.take([TOPIC], consumer, wait) is None


async def test_a_message_arrives_whole_and_goes_when_acknowledged(bus: Bus) -> None:
    sent = message("m1", key="k", priority=Priority.HIGH)
    assert await bus.work.send(TOPIC, sent) == "unknown"
    delivery = await taken(bus)
    assert (delivery.message, delivery.attempt, delivery.topic) == (sent, 1, TOPIC)
    assert await bus.work.look(TOPIC, "m1") == ("taken", 1, "w1")
    assert await delivery.acknowledge()
    assert (await bus.work.look(TOPIC, "m1")).state == "done"
    assert await nothing(bus, wait=TERMS.lease * 2.5)


async def test_a_waiting_consumer_is_woken(bus: Bus) -> None:
    waiting = asyncio.create_task(taken(bus))
    await asyncio.sleep(0.15)
    begun = time.monotonic()
    await bus.work.send(TOPIC, message("m1"))
    assert (await waiting).message.id == "m1"
    assert time.monotonic() - begun < 0.5


async def test_messages_of_one_key_are_worked_on_one_after_the_other(bus: Bus) -> None:
    for name in ("a1", "a2", "b1"):
        await bus.work.send(TOPIC, message(name, key=name[0]))
    first, other = await taken(bus, "w1"), await taken(bus, "w2")
    assert [first.message.id, other.message.id] == ["a1", "b1"]
    assert await nothing(bus, "w3")
    await first.acknowledge()
    assert (await taken(bus, "w3")).message.id == "a2"


async def test_the_order_of_a_key_holds_over_a_redelivery_and_a_higher_priority(bus: Bus) -> None:
    await bus.work.send(TOPIC, message("a1", key="a"))
    await bus.work.send(TOPIC, message("a2", key="a", priority=Priority.URGENT))
    assert (await taken(bus, "w1")).message.id == "a1"
    again = await taken(bus, "w2")
    assert (again.message.id, again.attempt) == ("a1", 2)
    await again.acknowledge()
    assert (await taken(bus, "w2")).message.id == "a2"


async def test_the_urgent_goes_first_then_the_oldest(bus: Bus) -> None:
    order = [Priority.LOW, Priority.NORMAL, Priority.URGENT, Priority.NORMAL, Priority.HIGH]
    for number, priority in enumerate(order):
        await bus.work.send(TOPIC, message(f"m{number}", priority=priority))
    assert [(await taken(bus)).message.id for _ in order] == ["m2", "m4", "m1", "m3", "m0"]


async def test_priority_goes_before_topic(bus: Bus) -> None:
    await bus.work.send("one", message("slow"))
    await bus.work.send("two", message("fast", priority=Priority.URGENT))
    delivery = await bus.work.take(["one", "two"], "w1", 5.0)
    assert delivery is not None and (delivery.topic, delivery.message.id) == ("two", "fast")


async def test_a_message_of_a_silent_consumer_goes_to_another_and_counts(bus: Bus) -> None:
    await bus.work.send(TOPIC, message("m1"))
    silent = await taken(bus, "w1")
    again = await taken(bus, "w2")
    assert (again.message.id, again.attempt) == ("m1", 2)
    assert again.epoch > silent.epoch
    assert not await silent.extend()
    await asyncio.wait_for(silent.until_lost(), 1)
    assert not await silent.acknowledge(), "the stale owner must not take the message from the new one"
    assert (await bus.work.look(TOPIC, "m1")).state == "taken"
    assert await again.acknowledge()


async def test_extending_keeps_a_message(bus: Bus) -> None:
    await bus.work.send(TOPIC, message("m1"))
    delivery = await taken(bus, "w1")
    for _ in range(20):
        assert await delivery.extend()
        assert await nothing(bus, "w2", wait=TERMS.lease / 8)
    assert await delivery.acknowledge()
    assert await delivery.acknowledge(), "an acknowledgement whose answer was lost may be repeated"


async def test_sending_again_is_one_message(bus: Bus) -> None:
    for _ in range(3):
        await bus.work.send(TOPIC, message("m1"))
    delivery = await taken(bus)
    assert await bus.work.send(TOPIC, message("m1")) == "taken"
    assert await nothing(bus)
    await delivery.acknowledge()
    assert await bus.work.send(TOPIC, message("m1")) == "done"
    assert await nothing(bus)


async def test_a_full_topic_holds_up_the_sender(bus: Bus) -> None:
    for number in range(TERMS.limit):
        await bus.work.send(TOPIC, message(f"m{number}"))
    late = asyncio.create_task(bus.work.send(TOPIC, message("late")))
    await asyncio.sleep(0.3)
    assert not late.done()
    await (await taken(bus)).acknowledge()
    assert await asyncio.wait_for(late, 5) == "unknown"
    assert (await bus.work.topic(TOPIC)).waiting == TERMS.limit


async def test_what_is_handed_back_goes_to_another_at_once_and_uncounted(bus: Bus) -> None:
    await bus.work.send(TOPIC, message("m1"))
    first = await taken(bus, "w1")
    await first.hand_back()
    again = await taken(bus, "w2", wait=TERMS.lease / 4)
    assert again.attempt == 1
    assert again.epoch > first.epoch
    assert not await first.acknowledge()


async def test_a_message_that_ends_its_consumers_is_given_up(bus: Bus) -> None:
    await bus.work.send(TOPIC, message("poison", key="k"))
    await bus.work.send(TOPIC, message("next", key="k"))
    for number in range(1, TERMS.attempts + 1):
        delivery = await taken(bus, f"w{number}")
        assert (delivery.message.id, delivery.attempt) == ("poison", number)
    assert (await taken(bus, "w9")).message.id == "next", "what comes behind it in its key goes on"
    standing = await bus.work.look(TOPIC, "poison")
    assert standing == ("dead", TERMS.attempts, f"w{TERMS.attempts}")
    dead = (await bus.work.topic(TOPIC)).dead
    assert [(letter.id, letter.attempts) for letter in dead] == [("poison", TERMS.attempts)]
    assert await bus.work.send(TOPIC, message("poison")) == "dead"


@pytest.mark.parametrize("state", ["waiting", "taken", "done", "dead", "behind"])
async def test_a_withdrawn_message_is_forgotten_wherever_it_was(bus: Bus, state: str) -> None:
    await bus.work.send(TOPIC, message("m0", key="k"))
    if state == "behind":
        await bus.work.send(TOPIC, message("m1", key="k"))
    else:
        await bus.work.withdraw(TOPIC, "m0")
        await bus.work.send(TOPIC, message("m1", key="k"))
    delivery = await taken(bus, "w1") if state in ("taken", "done", "dead") else None
    if state == "done":
        assert delivery is not None and await delivery.acknowledge()
    for number in range(2, TERMS.attempts + 1) if state == "dead" else ():
        await taken(bus, f"w{number}")
    if state == "dead":
        assert await nothing(bus, "w9", wait=TERMS.lease * 2.2)
    await bus.work.withdraw(TOPIC, "m1")
    if state == "taken":
        assert delivery is not None
        await asyncio.wait_for(delivery.until_lost(), 1)
        assert not await delivery.acknowledge()
    assert (await bus.work.look(TOPIC, "m1")).state == "unknown"
    assert await bus.work.send(TOPIC, message("m1")) == "unknown"
    assert (await taken(bus)).message.id == ("m0" if state == "behind" else "m1")


async def test_a_cancelled_wait_loses_nothing(bus: Bus) -> None:
    for number in range(8):
        waiting = asyncio.create_task(bus.work.take([TOPIC], "w1", 5.0))
        await asyncio.sleep(0.002 * (number % 5))
        await bus.work.send(TOPIC, message(f"m{number}"))
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        done = not waiting.cancelled() and waiting.result()
        delivery = done or await taken(bus, "w2")
        assert delivery.message.id == f"m{number}"
        assert await delivery.acknowledge()


async def test_work_is_shared_by_many_consumers_each_message_once(bus: Bus) -> None:
    total = 60
    seen: list[str] = []

    async def work(name: str) -> None:
        while (delivery := await bus.work.take([TOPIC], name, 1.0)) is not None:
            seen.append(delivery.message.id)
            await asyncio.sleep(0)
            assert await delivery.acknowledge()

    async with asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(work(f"w{number}"))
        for number in range(total):
            await bus.work.send(TOPIC, message(f"m{number}", key=f"k{number % 3}"))
    assert sorted(seen) == sorted(f"m{n}" for n in range(total))
    for key in range(3):
        own = [int(name[1:]) for name in seen if int(name[1:]) % 3 == key]
        assert own == sorted(own)


# -- replies


async def test_a_reply_is_read_from_its_start_while_it_grows(bus: Bus) -> None:
    assert await bus.replies.open_reply("r1")
    assert not await bus.replies.open_reply("r1")
    assert await bus.replies.read("r1", START, 0.05) == []
    waiting = asyncio.create_task(bus.replies.read("r1", START, 5.0))
    await asyncio.sleep(0.05)
    first, second = Piece(7, 1, "ä"), Piece(7, 2, "b")
    assert await bus.replies.append("r1", first)
    assert await waiting == [first]
    assert await bus.replies.append("r1", second)
    assert await bus.replies.append("r1", second), "added twice, it stands there once"
    assert await bus.replies.read("r1", START, 1.0) == [first, second]
    assert await bus.replies.read("r1", (7, 1), 1.0) == [second]


async def test_a_late_epoch_cannot_add_to_a_reply(bus: Bus) -> None:
    await bus.replies.open_reply("r1")
    assert await bus.replies.append("r1", Piece(7, 1, "old"))
    assert await bus.replies.append("r1", Piece(9, 1, "new"))
    assert not await bus.replies.append("r1", Piece(7, 2, "late"))
    assert [piece.text for piece in await bus.replies.read("r1", START, 1.0)] == ["old", "new"]


async def test_a_reply_takes_no_piece_with_a_gap_before_it(bus: Bus) -> None:
    await bus.replies.open_reply("r1")
    assert not await bus.replies.append("r1", Piece(7, 2, "second without a first"))
    assert await bus.replies.append("r1", Piece(7, 1, "first"))
    assert not await bus.replies.append("r1", Piece(7, 3, "third without a second"))


async def test_nothing_is_added_to_a_reply_that_was_dropped(bus: Bus) -> None:
    await bus.replies.open_reply("r1")
    await bus.replies.append("r1", Piece(7, 1, "a"))
    await bus.replies.drop("r1")
    assert not await bus.replies.append("r1", Piece(7, 2, "b"))
    assert not await bus.replies.append("never opened", Piece(7, 1, "a"))
    assert await bus.replies.read("r1", START, 0.05) == []


# -- presence and blobs


async def test_members_are_there_until_they_leave_or_fall_silent(bus: Bus) -> None:
    await bus.roster.join("w1", {"providers": ["openai"], "topics": [TOPIC]})
    await bus.roster.join("w2", {"topics": [TOPIC]})
    assert [(one.name, dict(one.facts)) for one in await bus.roster.members()] == [
        ("w1", {"providers": ["openai"], "topics": [TOPIC]}),
        ("w2", {"topics": [TOPIC]}),
    ]
    since = (await bus.roster.members())[0].since
    await bus.roster.leave("w2")
    await asyncio.sleep(TERMS.presence / 2)
    await bus.roster.join("w1", {"topics": [TOPIC]})
    await asyncio.sleep(TERMS.presence * 0.7)
    assert [(one.name, one.since) for one in await bus.roster.members()] == [("w1", since)]
    await asyncio.sleep(TERMS.presence)
    assert await bus.roster.members() == []


async def test_what_a_leaving_consumer_holds_can_be_taken_at_once(bus: Bus) -> None:
    await bus.roster.join("w1", {"topics": [TOPIC]})
    await bus.work.send(TOPIC, message("m1"))
    await taken(bus, "w1")
    await bus.roster.leave("w1")
    assert (await taken(bus, "w2", wait=TERMS.lease / 4)).message.id == "m1"


async def test_a_consumer_that_comes_again_finds_what_it_left_at_once(bus: Bus) -> None:
    await bus.work.send(TOPIC, message("m1"))
    await taken(bus, "w1")
    await bus.roster.join("w1", {"topics": [TOPIC]})
    again = await taken(bus, "w1", wait=TERMS.lease / 4)
    assert (again.message.id, again.attempt) == ("m1", 2)


async def test_blobs_come_back_as_they_were(bus: Bus) -> None:
    content = bytes(range(256)) * 300
    name = await bus.blobs.put(content)
    assert await bus.blobs.put(content) == name
    assert await bus.blobs.get(name) == content
    with pytest.raises(BlobLost):
        await bus.blobs.get("0" * 64)
