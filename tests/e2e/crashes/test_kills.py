"""kill -9 in the middle of real runs: no acknowledged event lost, no answer paid twice, no edit made twice."""

import os
import random
import sys
from collections.abc import Callable, Iterator

import pytest

WORK_SECONDS = 1.5
"""About how long a run works once its process is up: random kills fall within it."""


def sound(tally: object) -> dict[str, int]:
    names = ("lost", "paid_again", "wrong_files", "broken_chains", "not_done")
    return {name: getattr(tally, name) for name in names if getattr(tally, name)}


def one_after_another(moments: Iterator[str | float]) -> Callable[[], str | float | None]:
    return lambda: next(moments, None)


@pytest.mark.slow
async def test_kills_at_event_boundaries_and_random_moments(campaign) -> None:
    rng = random.Random(4)
    # the whole of it is for CI: every kill costs a start
    places = (1, 2, 4, 7, 3, 9, 5, 8, 6, 2) if "CI" in os.environ else (1, 4, 7, 3)
    boundaries = [f"{rng.choice(('before', 'after'))}:{place}" for place in places]
    at_random = [rng.uniform(0.0, WORK_SECONDS / 4) for _ in places]
    await campaign.run(one_after_another(iter(boundaries)))
    await campaign.run(one_after_another(iter(at_random)))
    assert campaign.tally.kills == 2 * len(places)
    assert sound(campaign.tally) == {}


@pytest.mark.soak
async def test_kills_at_every_event_boundary(campaign) -> None:
    appends = await campaign.run(lambda: None)
    for place in range(1, appends + 1):
        for when in ("before", "after"):
            await campaign.run(one_after_another(iter([f"{when}:{place}"])))
    sys.stdout.write(f"{campaign.tally}\n")
    assert sound(campaign.tally) == {}
    assert campaign.tally.slowest_return < 5


@pytest.mark.soak
async def test_200_kills_at_random_moments(campaign) -> None:
    rng = random.Random(200)
    while campaign.tally.kills < 200:
        await campaign.run(one_after_another(iter([rng.uniform(0.0, WORK_SECONDS) for _ in range(6)])))
    sys.stdout.write(f"{campaign.tally}\n")
    assert sound(campaign.tally) == {}
    assert campaign.tally.slowest_return < 5
