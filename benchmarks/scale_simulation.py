"""A day of a large fleet, simulated from measured costs: which part is full first, and what relieves it.

`python -m benchmarks.scale_simulation` measures the costs here first; `--costs FILE` takes those of an earlier
measurement (`python -m benchmarks.fleet_costs > FILE`). The same seed and costs give the same figures.
"""

import argparse
import asyncio
import heapq
import json
import math
import random
from collections import deque
from dataclasses import dataclass, replace
from itertools import accumulate, count
from pathlib import Path

from benchmarks.fleet_costs import Costs, measure_costs
from benchmarks.table import percentile, print_table
from codecompanion.router.fleet.reply_writer import GATHER

DAY = 86_400


@dataclass(frozen=True)
class Load:
    """What is assumed of a day; all else is measured.

    The rate of new runs swings between 0.2 and 1.8 times its mean. A run is one call that plans and then
    ``chains`` of ``depth`` calls side by side. ``seconds`` is the mean of a call (log-normal), ``silent`` of
    them before the first token. ``gather`` is how long a worker gathers tokens into a piece (a model that is
    slower makes fewer), ``events`` how many events of 1 KB a call leaves in the log.
    """

    workers: int = 1_000
    places: int = 4
    runs: int = 100_000
    chains: int = 3
    depth: int = 4
    seconds: float = 20.0
    silent: float = 4.0
    gather: float = GATHER
    events: int = 8
    feed: bool = True

    @property
    def calls(self) -> int:
        """Calls of a run."""
        return 1 + self.chains * self.depth


@dataclass
class Day:
    """What came of a simulated day; series have one figure a second."""

    calls: int
    waits: list[float]
    under_way: list[float]
    redis: list[float]
    bytes: list[float]

    @property
    def behind(self) -> float:
        """Return the most seconds of work that one Redis, one core, was behind."""
        backlog = most = 0.0
        for demand in self.redis:
            backlog = max(0.0, backlog + demand - 1.0)
            most = max(most, backlog)
        return most


class Simulation:
    """Runs arrive, their calls wait for a place at a worker, stream, and lead to the next call."""

    def __init__(self, load: Load, costs: Costs, seed: int) -> None:
        self._load = load
        self._costs = costs
        self._chance = random.Random(seed)
        self._number = count()
        self._events: list[tuple[float, int, int, int]] = []
        self._free = load.workers * load.places
        self._queue: deque[tuple[float, int]] = deque()
        self._waits: list[float] = []
        self._steady = [0.0] * (DAY + 1)
        self._pieces = [0.0] * (DAY + 1)
        self._under_way = [0.0] * (DAY + 1)
        self._at_once = [0.0] * (DAY + 1)

    def run(self) -> Day:
        """Return the day."""
        self._arrivals()
        while self._events:
            now, _, kind, left = heapq.heappop(self._events)
            if now >= DAY:
                break
            if kind == 1:
                self._ended(now, left)
            else:
                self._ready(now, left)
        return self._sum_up()

    def _arrivals(self) -> None:
        for _ in range(self._load.runs):
            # drawn from the day's swing by rejection; the peak is in the afternoon
            while True:
                at = self._chance.uniform(0, DAY)
                swing = 1 + 0.8 * math.cos(2 * math.pi * (at / DAY - 15 / 24))
                if self._chance.uniform(0, 1.8) <= swing:
                    break
            self._push(at, 0, -1)

    def _push(self, at: float, kind: int, left: int) -> None:
        heapq.heappush(self._events, (at, next(self._number), kind, left))

    def _ready(self, now: float, left: int) -> None:
        """A call is sent; ``left`` calls follow it in its chain, -1 marks the call that plans."""
        if self._free:
            self._start(now, now, left)
        else:
            self._queue.append((now, left))

    def _start(self, now: float, sent: float, left: int) -> None:
        self._free -= 1
        self._waits.append(now - sent)
        mean = self._load.seconds
        seconds = self._chance.lognormvariate(math.log(mean) - 0.32, 0.8)
        self._note(now, seconds)
        self._push(now + seconds, 1, left)

    def _note(self, now: float, seconds: float) -> None:
        begin, end = int(now), min(DAY, int(now + seconds) + 1)
        streaming = max(0.0, seconds - self._load.silent)
        rate = streaming / self._load.gather / max(1, end - begin)
        self._steady[begin] += self._costs.redis_busy
        self._steady[end] -= self._costs.redis_busy
        self._pieces[begin] += rate
        self._pieces[end] -= rate
        self._under_way[begin] += 1
        self._under_way[end] -= 1
        events = self._load.events * self._costs.redis_event if self._load.feed else 0.0
        self._at_once[begin] += self._costs.redis_call + events

    def _ended(self, now: float, left: int) -> None:
        self._free += 1
        if self._queue:
            sent, waiting = self._queue.popleft()
            self._start(now, sent, waiting)
        if left == -1:
            for _ in range(self._load.chains):
                self._ready(now, self._load.depth - 1)
        elif left > 0:
            self._ready(now, left - 1)

    def _sum_up(self) -> Day:
        idle = self._load.workers * self._costs.redis_idle
        pieces = list(accumulate(self._pieces))[:DAY]
        steady = list(accumulate(self._steady))[:DAY]
        under_way = list(accumulate(self._under_way))[:DAY]
        redis = [
            idle + held + rate * self._costs.redis_piece + at_once
            for held, rate, at_once in zip(steady, pieces, self._at_once, strict=False)
        ]
        # a reply holds on average half of its pieces while it grows
        whole = (self._load.seconds - self._load.silent) / self._load.gather * self._costs.piece_bytes
        memory = [calls * (whole / 2 + self._costs.job_bytes) for calls in under_way]
        return Day(len(self._waits), self._waits, under_way, redis, memory)


def line(name: str, load: Load, costs: Costs, seed: int) -> tuple[str, ...]:
    """Simulate and return a line of the table."""
    day = Simulation(load, costs, seed).run()
    peak = percentile(day.redis, 0.999)
    return (
        name,
        f"{day.calls:,}",
        f"{max(day.under_way):,.0f} of {load.workers * load.places:,}",
        f"{percentile(day.waits, 0.99):.1f}",
        f"{peak:.2f}",
        f"{day.behind:,.0f}",
        f"{max(day.bytes) / 1e6:,.0f}",
        f"{math.ceil(peak / 0.6)}",
        f"{peak_cores(day, costs):.2f}",
    )


def peak_cores(day: Day, costs: Costs) -> float:
    """Return how many cores all workers together need in the busiest second, by their cost for a call."""
    return max(day.under_way) * costs.worker_call / 20.0


def main() -> None:
    """Print the costs and the table."""
    parser = argparse.ArgumentParser(description="Simulate a day of a large fleet.")
    parser.add_argument("--costs", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    costs = Costs(**json.loads(given.costs.read_text())) if given.costs else asyncio.run(measure_costs())
    print_table("measured costs", ("what", "ms, or bytes"), _shown(costs))
    load = Load()
    fewer = replace(load, workers=250, places=16)
    cases = [
        ("as it is", load),
        ("pieces gathered for 0.02 s", replace(load, gather=0.02)),
        ("no feed between processes", replace(load, feed=False)),
        ("250 workers of 16 places", fewer),
        ("the same, 2 times the runs", replace(fewer, runs=200_000)),
        ("the same, 4 times the runs", replace(fewer, runs=400_000)),
    ]
    head = (
        "case",
        "calls",
        "most at once",
        "wait p99 s",
        "Redis cores",
        "s behind",
        "MB",
        "servers",
        "workers",
    )
    print_table(
        f"a day of {load.workers:,} workers and {load.runs:,} runs, seed {given.seed}",
        head,
        [line(name, case, costs, given.seed) for name, case in cases],
    )


def _shown(costs: Costs) -> list[tuple[str, str]]:
    return [
        (name, f"{value:,.0f}" if name.endswith("bytes") else f"{value * 1000:.3f}")
        for name, value in vars(costs).items()
    ]


if __name__ == "__main__":
    main()
