"""A fleet of 1 to 8 worker processes with a model-bound load: how near to ideal it scales."""

import asyncio
import os
import sys
import time
from shutil import which
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.own_redis import OwnRedis
from benchmarks.table import Row, percentile, print_table
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import ChatMessage, Finished, ModelRequest
from codecompanion.router.fleet.fleet_client import FleetClient
from codecompanion.router.scripted_server import Reply, ScriptedServer
from codecompanion.server.transport import Transport, open_transport

KEY = "sk-scripted-0123456789abcdef"
WORKERS = (1, 2, 4, 8)
SECONDS_A_CALL = 2.0
CALLS_A_WORKER = 8
"""One after the other in each worker, which makes one call at a time: the ideal is their sum."""


async def start_worker(
    redis: OwnRedis, provider: ScriptedServer, home: str, name: str, at_once: int = 1
) -> asyncio.subprocess.Process:
    """Start `orchestra worker` and return when it is ready."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "XDG_CONFIG_HOME": home,
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": provider.openai_url,
    }
    words = ["worker", "--redis", redis.url, "--name", name, "--at-once", str(at_once)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "codecompanion.server.cli",
        *words,
        env=environ,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    async for line in process.stderr:
        if b"calls at once" in line:
            return process
    raise RuntimeError("a worker did not start")


async def one_call(client: FleetClient, number: int) -> float:
    """Make one call through the fleet and return its seconds."""
    message = ChatMessage(role="user", text=f"call {number}")
    request = ModelRequest(role=Role.CODE_GENERATOR, system="s", messages=(message,), call_id="")
    begun = time.perf_counter()
    last = None
    async for part in client.stream(request, "m"):
        last = part
    if not isinstance(last, Finished):
        raise RuntimeError("a call came to no end")
    return time.perf_counter() - begun


async def measure(transport: Transport, workers: int) -> float:
    """Return the seconds that ``workers`` take for their share of calls, all sent at once."""
    assert transport.fleet is not None
    client = FleetClient(transport.fleet, "openai")
    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(workers * CALLS_A_WORKER):
            group.create_task(one_call(client, number))
    return time.perf_counter() - begun


async def measure_all() -> tuple[dict[int, float], list[float]]:
    """Return the seconds by number of workers, and those of single calls to a model that takes none."""
    took: dict[int, float] = {}
    latency = SECONDS_A_CALL

    def reply(_: object) -> Reply:
        return Reply(text="one two three four five six seven eight", first_token_after=latency)

    with TemporaryDirectory() as home, OwnRedis(durable=True) as redis:
        async with ScriptedServer(reply, keys=[KEY]) as provider:
            transport = await open_transport(redis.url)
            running: list[asyncio.subprocess.Process] = []
            try:
                for workers in WORKERS:
                    while len(running) < workers:
                        running.append(await start_worker(redis, provider, home, f"w{len(running)}"))
                    # the first call of a worker imports its provider's SDK
                    await measure(transport, workers) if workers == 1 else await warm(transport, workers)
                    took[workers] = await measure(transport, workers)
                latency = 0.0
                assert transport.fleet is not None
                client = FleetClient(transport.fleet, "openai")
                single = [await one_call(client, number) for number in range(200)]
            finally:
                for process in running:
                    process.terminate()
                await asyncio.gather(*(process.wait() for process in running))
                await transport.close()
    return took, single


async def warm(transport: Transport, workers: int) -> None:
    """Let every worker make a call once."""
    assert transport.fleet is not None
    client = FleetClient(transport.fleet, "openai")
    await asyncio.gather(*(one_call(client, number) for number in range(2 * workers)))


def run() -> list[Row]:
    """Measure; the ideal for ``CALLS_A_WORKER`` calls a worker is their latencies' sum, whatever the number."""
    if which("redis-server") is None:
        raise SystemExit("the fleet's benchmark needs redis-server")
    took, single = asyncio.run(measure_all())
    ideal = CALLS_A_WORKER * SECONDS_A_CALL
    alone = took[1]
    print_table(
        f"{CALLS_A_WORKER} calls of {SECONDS_A_CALL:g} s a worker, all sent at once",
        ("workers", "seconds", "of ideal", "against one worker"),
        [(str(n), f"{s:.2f}", f"{ideal / s:.3f}", f"{alone / s:.3f}") for n, s in took.items()],
    )
    print_table(
        "one call at a time to a model that takes no time, through Redis and a worker",
        ("p50 ms", "p99 ms"),
        [(f"{median(single) * 1000:.1f}", f"{percentile(single, 0.99) * 1000:.1f}")],
    )
    return [Row("8 workers against 8 times one", alone / took[8], "≥", 0.9)]
