"""What the fleet's own machinery costs, measured on this machine: the input of the simulation."""

import asyncio
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from redis import Redis

from benchmarks.fleet import KEY, one_call, start_worker
from benchmarks.own_redis import OwnRedis
from codecompanion.contracts.events import Context, Recorded, ToolUsed
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import TextDelta
from codecompanion.contracts.work import Piece
from codecompanion.router.fleet.fleet_client import FleetClient
from codecompanion.router.fleet.jobs import ReplyPart
from codecompanion.router.scripted_server import Reply, ScriptedServer
from codecompanion.server.transport import Transport, open_transport

CALLS = 300
PIECES = 3000


@dataclass(frozen=True)
class Costs:
    """Seconds of one core unless said otherwise.

    A call costs Redis ``redis_call``, and ``redis_piece`` for each piece of the answer. A call under way costs
    it ``redis_busy`` a second (heartbeats), a worker that waits ``redis_idle``, and an event of 1 KB in the
    feed ``redis_event``. ``worker_call`` is the worker's own for a call, ``owner_call`` the owner's.
    ``piece_bytes`` is Redis's memory for a piece of 60 characters, ``job_bytes`` that for a call of 10 KB.
    """

    redis_call: float
    redis_piece: float
    redis_busy: float
    redis_idle: float
    redis_event: float
    worker_call: float
    owner_call: float
    piece_bytes: float
    job_bytes: float


def _redis_cpu(look: Redis) -> float:
    facts: Mapping[str, Any] = look.info("cpu")
    return float(facts["used_cpu_sys"]) + float(facts["used_cpu_user"])


def _process_cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure_costs() -> Costs:
    """Measure all of it once; takes about half a minute."""
    latency = 0.0

    def reply(_: object) -> Reply:
        return Reply(text="one two three", first_token_after=latency)

    with TemporaryDirectory() as home, OwnRedis() as redis, Redis(port=redis.port) as look:
        async with ScriptedServer(reply, keys=[KEY]) as provider:
            transport = await open_transport(redis.url)
            assert transport.fleet is not None
            client = FleetClient(transport.fleet, "openai")
            bare = await _redis_over(look, 4.0)
            worker = await start_worker(redis, provider, home, "w1", at_once=32)
            try:
                await asyncio.gather(*(one_call(client, number) for number in range(20)))
                idle = await _redis_over(look, 4.0) - bare
                calls = await _calls(look, client, worker.pid)
                latency = 6.0
                under_way = [asyncio.create_task(one_call(client, number)) for number in range(32)]
                await asyncio.sleep(1.0)
                busy = (await _redis_over(look, 4.0) - bare) / 32
                await asyncio.gather(*under_way)
            finally:
                worker.terminate()
                await worker.wait()
            piece, piece_bytes = await _pieces(look, transport)
            event = await _events(look, transport)
            job_bytes = await _jobs(look, transport)
            await transport.close()
    return Costs(
        redis_idle=idle,
        redis_busy=busy,
        redis_piece=piece,
        piece_bytes=piece_bytes,
        redis_event=event,
        job_bytes=job_bytes,
        **calls,
    )


async def _redis_over(look: Redis, seconds: float) -> float:
    before = _redis_cpu(look)
    await asyncio.sleep(seconds)
    return (_redis_cpu(look) - before) / seconds


async def _calls(look: Redis, client: FleetClient, pid: int) -> dict[str, float]:
    redis, worker, owner = _redis_cpu(look), _process_cpu(pid), time.process_time()
    for first in range(0, CALLS, 20):
        await asyncio.gather(*(one_call(client, number) for number in range(first, first + 20)))
    return {
        "redis_call": (_redis_cpu(look) - redis) / CALLS,
        "worker_call": (_process_cpu(pid) - worker) / CALLS,
        # the scripted provider runs in this process too: an upper bound
        "owner_call": (time.process_time() - owner) / CALLS,
    }


async def _pieces(look: Redis, transport: Transport) -> tuple[float, float]:
    replies = transport.bus.replies
    await replies.open_reply("measured")
    text = ReplyPart(parts=(TextDelta(text="about sixty characters of program code, as models write it"),))
    before, memory = _redis_cpu(look), int(look.info("memory")["used_memory"])
    for number in range(1, PIECES + 1):
        await replies.append("measured", Piece(1, number, text.model_dump_json()))
        if number % 20 == 0:
            await replies.read("measured", (1, number - 20), 0.01)
    grown = int(look.info("memory")["used_memory"]) - memory
    cost = (_redis_cpu(look) - before) / PIECES
    await replies.drop("measured")
    return cost, grown / PIECES


async def _events(look: Redis, transport: Transport) -> float:
    body = ToolUsed(task_id="t", role=Role.DEBUGGER, name="read", arguments="{}", result="x" * 800, ok=True)
    before = _redis_cpu(look)
    for version in range(1, PIECES + 1):
        context = Context(correlation_id="r")
        transport.bus.publish(
            Recorded(run_id="r", version=version, position=version, at=0.0, body=body, context=context)
        )
        if version % 50 == 0:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.5)
    return (_redis_cpu(look) - before) / PIECES


async def _jobs(look: Redis, transport: Transport) -> float:
    from codecompanion.contracts.work import Message

    memory = int(look.info("memory")["used_memory"])
    for number in range(200):
        await transport.bus.work.send("measured", Message(id=f"m{number}", payload="x" * 10_000))
    return (int(look.info("memory")["used_memory"]) - memory) / 200


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(measure_costs())), indent=2))
