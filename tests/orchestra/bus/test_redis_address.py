"""The address of a Redis is taken strictly, and its password is shown nowhere."""

import pytest

from codecompanion.orchestra.bus.redis_address import RedisAddress, parse_address


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://localhost", RedisAddress("localhost")),
        ("redis://10.0.0.1:6380/3", RedisAddress("10.0.0.1", 6380, 3)),
        ("rediss://host/", RedisAddress("host", tls=True)),
        ("redis://[::1]:7000/1", RedisAddress("::1", 7000, 1)),
        ("redis://:p%40ss@host", RedisAddress("host", password="p@ss")),
        ("redis://me:secret@host", RedisAddress("host", user="me", password="secret")),
    ],
)
def test_addresses_are_read(url: str, expected: RedisAddress) -> None:
    assert parse_address(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:6379",
        "http://localhost",
        "redis://",
        "redis://host:0",
        "redis://host:99999",
        "redis://host:port",
        "redis://host/one",
        "redis://host/-1",
        "redis://host/0?socket_timeout=1",
        "redis://host/0#x",
        "redis://me:hush@ho st",
        "redis://me:hush@[::1",
    ],
)
def test_anything_else_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError, match="redis://127") as refused:
        parse_address(url)
    assert "hush" not in str(refused.value)


def test_the_password_is_not_shown() -> None:
    address = parse_address("redis://me:secret@host")
    assert "secret" not in f"{address} {address!r}"
    assert str(address) == "redis://host:6379/0"
    assert str(parse_address("rediss://[::1]/2")) == "rediss://[::1]:6379/2"
