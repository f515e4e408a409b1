"""The ten pitfalls of Redis Streams, one test or more each, against a real server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest
from redis import Redis

from benchmarks.own_redis import OwnRedis
from codecompanion.contracts.messages import Priority
from codecompanion.contracts.work import START, Delivery, Message, NameTaken, Piece, TransportAway
from codecompanion.orchestra.bus.redis_address import parse_address
from codecompanion.orchestra.bus.redis_bus import RedisBus
from codecompanion.orchestra.bus.redis_link import LinkTerms
from codecompanion.orchestra.bus.terms import WorkTerms

pytestmark = pytest.mark.needs("redis-server")

TERMS = WorkTerms(lease=0.8, attempts=3, limit=1000, keep=30.0, presence=1.0)
TOPIC = "calls"
QUEUE = "{orchestra}:work:calls:queue:5"


@contextlib.asynccontextmanager
async def open_bus(url: str, terms: WorkTerms = TERMS) -> AsyncIterator[RedisBus]:
    made = await RedisBus.open(parse_address(url), terms=terms, link_terms=LinkTerms(block=0.5, silence=1.5))
    try:
        async with asyncio.timeout(30):
            yield made
    finally:
        await made.close()


@pytest.fixture
async def bus(redis: OwnRedis) -> AsyncIterator[RedisBus]:
    async with open_bus(redis.url) as made:
        yield made


async def send(bus: RedisBus, *names: str) -> None:
    for name in names:
        await bus.work.send(TOPIC, Message(id=name, payload=f"do {name}"))


async def taken(bus: RedisBus, consumer: str = "w1", wait: float = 5.0) -> Delivery:
    delivery = await bus.work.take([TOPIC], consumer, wait)
    assert delivery is not None
    return delivery


def pending(look: Redis) -> int:
    return int(look.xpending(QUEUE, "workers")["pending"])


# 1. Trimming drops undelivered and pending entries without a word.


async def test_1_no_traffic_trims_away_what_waits_or_is_pending(bus: RedisBus, look: Redis) -> None:
    await send(bus, "slow")
    slow = await taken(bus, "w0")
    await bus.work.send(TOPIC, Message(id="patient", payload="", priority=Priority.LOW))
    for number in range(300):
        await send(bus, f"m{number}")
        assert await (await taken(bus)).acknowledge()
        if number % 50 == 0:
            assert await slow.extend()
    assert look.xlen(QUEUE) == 1, "only what is not done takes room"
    assert await slow.acknowledge()
    assert (await taken(bus)).message.id == "patient"


async def test_1_what_others_trimmed_is_reported_and_mended_by_sending_again(
    bus: RedisBus, look: Redis
) -> None:
    await send(bus, "undelivered", "pending")
    first = await taken(bus, "w1")
    assert first.message.id == "undelivered"
    await first.hand_back()
    assert (await taken(bus, "w1")).message.id == "pending"
    assert look.xtrim(QUEUE, maxlen=0, approximate=False) == 2
    for name in ("undelivered", "pending"):
        assert (await bus.work.look(TOPIC, name)).state == "unknown"
    await send(bus, "undelivered", "pending")
    assert (await bus.work.topic(TOPIC)).lost == 2
    again = [await taken(bus, "w2"), await taken(bus, "w2")]
    assert [one.message.id for one in again] == ["undelivered", "pending"]
    assert all([await one.acknowledge() for one in again])


async def test_1_entries_without_a_body_harm_nobody(bus: RedisBus, look: Redis) -> None:
    await bus.roster.join("w1", {"topics": [TOPIC]})
    await send(bus, "m1")
    await taken(bus, "w1")
    look.xtrim(QUEUE, maxlen=0, approximate=False)
    async with open_bus(f"redis://127.0.0.1:{look.connection_pool.connection_kwargs['port']}") as restarted:
        await asyncio.sleep(TERMS.presence)
        await restarted.roster.join("w1", {"topics": [TOPIC]})
        assert pending(look) == 0
        assert (await restarted.work.topic(TOPIC)).lost == 1
        await send(restarted, "m1")
        assert (await taken(restarted, "w1")).message.payload == "do m1"


# 2. A flush takes the group away; an evicting server takes anything away.


async def test_2_after_a_flush_the_group_is_made_again_from_the_start(bus: RedisBus, redis: OwnRedis) -> None:
    await send(bus, "m1", "m2")
    held = await taken(bus, "w1")
    waiting = asyncio.create_task(taken(bus, "w2", wait=8.0))
    assert (await waiting).message.id == "m2"
    waiting = asyncio.create_task(taken(bus, "w2", wait=8.0))
    await asyncio.sleep(0.2)
    redis.flush()
    assert (await bus.work.look(TOPIC, "m1")).state == "unknown"
    for _ in range(3):
        await send(bus, "m1")
    again = await waiting
    assert again.message.id == "m1"
    assert again.epoch > held.epoch, "the fence holds over a flush"
    assert not await held.acknowledge()
    assert await again.acknowledge()
    assert await bus.work.take([TOPIC], "w2", 0.2) is None, "sent three times, it is one message"


async def test_2_a_reply_begun_before_a_flush_takes_no_more_after_it(bus: RedisBus, redis: OwnRedis) -> None:
    await bus.replies.open_reply("r1")
    await bus.replies.append("r1", Piece(7, 1, "before"))
    redis.flush()
    assert not await bus.replies.append("r1", Piece(7, 2, "after"))
    assert await bus.replies.open_reply("r1"), "its reader sees that it was lost"
    assert not await bus.replies.append("r1", Piece(7, 2, "after")), "half an answer is none"
    assert await bus.replies.append("r1", Piece(8, 1, "new"))
    assert await bus.replies.read("r1", START, 1.0) == [Piece(8, 1, "new")]


async def test_2_an_evicting_server_is_refused(make_redis: Callable[..., OwnRedis]) -> None:
    server = make_redis(options=("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"))
    with pytest.raises(TransportAway, match="config set maxmemory-policy noeviction"):
        await RedisBus.open(parse_address(server.url))


# 3. Deleting a consumer drops what it has pending.


async def test_3_a_consumer_is_deleted_only_after_its_work_was_put_back(bus: RedisBus, look: Redis) -> None:
    await bus.roster.join("w1", {"topics": [TOPIC]})
    await send(bus, "m1", "m2")
    await taken(bus, "w1")
    await taken(bus, "w1")
    await bus.roster.leave("w1")
    assert [one["name"] for one in look.xinfo_consumers(QUEUE, "workers")] == []
    assert pending(look) == 0
    assert {(await taken(bus, "w2")).message.id for _ in range(2)} == {"m1", "m2"}


# 4. A restarted consumer has a history; two of one name would share it.


async def test_4_a_restarted_consumer_takes_up_its_history_before_its_lease_ends(redis: OwnRedis) -> None:
    terms = WorkTerms(lease=60.0, presence=0.5)
    async with open_bus(redis.url, terms) as before:
        await before.roster.join("w1", {"topics": [TOPIC]})
        await send(before, "m1")
        await taken(before, "w1")
    await asyncio.sleep(terms.presence)
    async with open_bus(redis.url, terms) as after:
        await after.roster.join("w1", {"topics": [TOPIC]})
        again = await taken(after, "w1", wait=1.0)
        assert (again.message.id, again.attempt) == ("m1", 2)


async def test_4_a_name_is_one_consumers_only(bus: RedisBus, redis: OwnRedis) -> None:
    await bus.roster.join("w1", {"topics": [TOPIC]})
    await send(bus, "m1")
    held = await taken(bus, "w1")
    async with open_bus(redis.url) as other:
        with pytest.raises(NameTaken, match="'w1'"):
            await other.roster.join("w1", {"topics": [TOPIC]})
    assert await held.extend(), "the refused one has taken nothing away"


# 5. A long task is reclaimed while its worker lives, and the stale worker's XACK succeeds.


async def test_5_heartbeats_keep_a_long_task_and_do_not_count_as_deliveries(bus: RedisBus, look: Redis) -> None:
    await send(bus, "long")
    delivery = await taken(bus, "w1")
    for _ in range(15):
        assert await delivery.extend()
        assert await bus.work.take([TOPIC], "w2", TERMS.lease / 6) is None
    (entry,) = look.xpending_range(QUEUE, "workers", "-", "+", 10)
    assert (entry["times_delivered"], entry["consumer"]) == (1, "w1")


async def test_5_a_stale_worker_can_neither_finish_nor_extend_nor_hand_back(bus: RedisBus, look: Redis) -> None:
    await send(bus, "m1")
    stale = await taken(bus, "w1")
    present = await taken(bus, "w2")
    assert not await stale.acknowledge()
    assert not await stale.extend()
    await stale.hand_back()
    assert pending(look) == 1
    assert (await bus.work.look(TOPIC, "m1")).consumer == "w2"
    assert await present.acknowledge()
    assert not await stale.acknowledge(), "nor after it was done"


async def test_5_a_server_that_stood_still_takes_nothing_from_the_living(
    bus: RedisBus, redis: OwnRedis
) -> None:
    await send(bus, "m1")
    held = await taken(bus, "w1")
    rivals = [asyncio.create_task(bus.work.take([TOPIC], f"w{n}", 4.0)) for n in range(2, 5)]
    for _ in range(6):
        await asyncio.sleep(TERMS.lease / 6)
        assert await held.extend()
    redis.pause()
    await asyncio.sleep(TERMS.lease * 1.2)
    redis.go_on()
    for _ in range(12):
        assert await held.extend()
        await asyncio.sleep(TERMS.lease / 6)
    assert await held.acknowledge()
    assert await asyncio.gather(*rivals) == [None, None, None]


# 6. Poison ends every worker it meets.


async def test_6_a_message_that_ends_every_worker_reaches_the_dead_letters(redis: OwnRedis) -> None:
    async with open_bus(redis.url) as owner:
        await send(owner, "poison")
        for number in range(TERMS.attempts):
            async with open_bus(redis.url) as victim:
                assert (await taken(victim, f"w{number}")).attempt == number + 1
        async with open_bus(redis.url) as survivor:
            assert await survivor.work.take([TOPIC], "w9", TERMS.lease * 3) is None
        (letter,) = (await owner.work.topic(TOPIC)).dead
        assert (letter.id, letter.attempts, letter.consumer) == ("poison", 3, "w2")
        assert (await owner.work.look(TOPIC, "poison")).state == "dead"


# 7. A command whose answer was lost is repeated.


class AnswersLost:
    """A way to the server on which every answer can be cut off after the command was done."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.cut_answers = 0
        self._lines: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "AnswersLost":
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/0"
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(reader, writer))
        self._lines.add(task)
        task.add_done_callback(self._lines.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to, back = await asyncio.open_connection("127.0.0.1", self._port)
        there = asyncio.create_task(self._pass(reader, back, counts=False))
        here = asyncio.create_task(self._pass(to, writer, counts=True))
        try:
            await asyncio.wait({there, here}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            there.cancel()
            here.cancel()
            await asyncio.gather(there, here, return_exceptions=True)
            back.close()
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counts: bool) -> None:
        while data := await reader.read(65536):
            if counts and self.cut_answers and not data.startswith(b"-NOSCRIPT"):
                self.cut_answers -= 1
                return
            writer.write(data)
            await writer.drain()


async def test_7_a_repeated_command_has_one_effect(redis: OwnRedis, look: Redis) -> None:
    async with AnswersLost(redis.port) as line, open_bus(redis.url) as other:
        made = await RedisBus.open(parse_address(line.url), terms=TERMS)
        try:
            await send(made, "first")
            await made.replies.open_reply("r1")
            await made.replies.append("r1", Piece(1, 1, "a"))
            line.cut_answers = 3
            await send(made, "m1")
            assert line.cut_answers == 0
            assert look.xlen(QUEUE) == 2
            line.cut_answers = 3
            assert await made.replies.append("r1", Piece(1, 2, "b"))
            assert [piece.text for piece in await other.replies.read("r1", START, 1.0)] == ["a", "b"]
            assert (await taken(other)).message.id == "first"
            delivery = await taken(made, "w2")
            line.cut_answers = 3
            assert await delivery.acknowledge()
            assert await other.work.take([TOPIC], "w3", 0.2) is None
        finally:
            await made.close()


# 8. A socket time-out that is no longer than the block makes every quiet moment a dead connection.


@pytest.mark.parametrize("silence", [1.0, 2.0])
def test_8_a_time_out_within_the_block_is_refused(silence: float) -> None:
    with pytest.raises(ValueError, match="must be longer than block"):
        LinkTerms(block=2.0, silence=silence)


async def test_8_quiet_moments_longer_than_the_time_out_are_no_outage(bus: RedisBus) -> None:
    assert await bus.work.take([TOPIC], "w1", 2.5) is None
    assert bus.away is None


# 9. XAUTOCLAIM goes on only when it is asked to.


async def test_9_all_that_a_dead_consumer_held_comes_back(bus: RedisBus) -> None:
    names = [f"m{number}" for number in range(350)]
    await send(bus, *names)
    for _ in names:
        await taken(bus, "dead")
    back = [(await taken(bus, "alive")).message.id for _ in names]
    assert sorted(back) == sorted(names)


# 10. The server is killed.


async def test_10_a_killed_durable_server_loses_nothing_and_is_found_again(
    make_redis: Callable[..., OwnRedis],
) -> None:
    server = make_redis(durable=True)
    async with open_bus(server.url) as bus:
        await send(bus, "held", *(f"m{number}" for number in range(50)))
        held = await taken(bus, "w0")
        await bus.replies.open_reply("r1")
        await bus.replies.append("r1", Piece(1, 1, "kept"))
        server.kill()
        changed = asyncio.create_task(bus.away_changed())
        waiting = asyncio.create_task(taken(bus, "w1", wait=20.0))
        await changed
        assert bus.away is not None and "redis://127.0.0.1" in bus.away and "Start it" in bus.away
        assert not waiting.done()
        server.start()
        seen = [(await waiting).message.id]
        assert bus.away is None
        seen += [(await taken(bus, "w1")).message.id for _ in range(49)]
        assert sorted(seen) == sorted(f"m{number}" for number in range(50))
        assert await held.acknowledge()
        assert [piece.text for piece in await bus.replies.read("r1", START, 1.0)] == ["kept"]


async def test_a_server_that_is_away_at_the_start_is_an_error_with_the_mend(
    make_redis: Callable[..., OwnRedis],
) -> None:
    server = make_redis()
    server.stop()
    with pytest.raises(TransportAway, match=r"redis://127\.0\.0\.1:\d+/0 cannot be used.*Start it") as refused:
        await RedisBus.open(parse_address(server.url.replace("redis://", "redis://me:hushhush@")))
    assert "hushhush" not in str(refused.value)


async def test_a_wrong_password_is_said_without_it(make_redis: Callable[..., OwnRedis]) -> None:
    server = make_redis(options=("--protected-mode", "no"))
    with Redis(port=server.port) as admin:
        admin.config_set("requirepass", "right-one")
    with pytest.raises(TransportAway, match="cannot be used") as refused:
        await RedisBus.open(parse_address(server.url.replace("redis://", "redis://:wrong-one@")))
    assert "wrong-one" not in str(refused.value)
    made = await RedisBus.open(parse_address(server.url.replace("redis://", "redis://:right-one@")))
    assert made.away is None
    await made.close()
