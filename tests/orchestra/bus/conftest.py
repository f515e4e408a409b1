"""Real Redis servers for the bus: one a module that stays well, and ones a test may break."""

from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from benchmarks.own_redis import OwnRedis


@pytest.fixture(scope="module")
def module_redis() -> Iterator[OwnRedis]:
    with OwnRedis() as server:
        yield server


@pytest.fixture
def redis(module_redis: OwnRedis) -> OwnRedis:
    """A server with nothing in it, for this test."""
    module_redis.flush()
    return module_redis


@pytest.fixture
def make_redis() -> Iterator[Callable[..., OwnRedis]]:
    """Start servers that the test may stop, kill and restart."""
    started: list[OwnRedis] = []

    def make(**options: object) -> OwnRedis:
        started.append(OwnRedis(**options).__enter__())  # type: ignore[arg-type]
        return started[-1]

    yield make
    for server in started:
        server.__exit__(None, None, None)


@pytest.fixture
def look(redis: OwnRedis) -> Iterator[Redis]:
    """A plain client to look into the server, and to do to it what others might."""
    with Redis(port=redis.port, decode_responses=True) as client:
        yield client
