"""The statement is the providers' usage fields times the published prices, to the micro-dollar."""

import itertools
from contextlib import aclosing
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest

from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import ChatMessage, Finished, ModelRequest
from codecompanion.memory.spending.ledger import SqliteLedger
from codecompanion.router.budget.book import SpendingBook
from codecompanion.router.budget.limits import Budgets
from codecompanion.router.budget.purse import Purse
from codecompanion.router.config import ModelRef
from codecompanion.router.gateway import Gateway
from codecompanion.router.retries import RetryPolicy
from codecompanion.router.scripted_server import Reply, faults

from .conftest import Choice

# dollars a million tokens: put in, read from the cache, made
PUBLISHED = {
    "anthropic": ("claude-haiku-4-5", 1, "0.1", 5),
    "chat": ("gpt-4.1", 2, "0.5", 8),
    "responses": ("gpt-4.1", 2, "0.5", 8),
    "gemini": ("gemini-2.5-pro", "1.25", "0.125", 10),
}


def priced(kind, usage):
    _, given, cached, made = PUBLISHED[kind]
    fresh = usage.input_tokens - usage.cached_tokens
    micros = (
        fresh * Decimal(given) + usage.cached_tokens * Decimal(cached) + usage.output_tokens * Decimal(made)
    )
    return int(micros.quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize(("kind", "hard"), [*((kind, True) for kind in PUBLISHED), ("chat", False)])
async def test_a_statement_equals_the_usage_the_provider_reported(clients, prices, tmp_path, kind, hard):
    replies = [
        Reply(text="one two three", cached_tokens=2),
        Reply(fault=faults.status(503)),
        Reply(text="word " * 77, cached_tokens=11),
    ]
    client, server = await clients(kind, replies)
    book = SpendingBook(lambda: SqliteLedger.open(tmp_path, lambda: 1.8e9), lambda _: None)
    names = itertools.count()
    purse = Purse(
        book,
        Budgets(run=10**7 if hard else None),
        prices,
        clock=lambda: 1.8e9,
        local=lambda: datetime(2026, 11, 29, 12, tzinfo=UTC),
        ids=lambda: str(next(names)),
    )
    ref = ModelRef(client.name, PUBLISHED[kind][0])
    retries = RetryPolicy(max_attempts=2, clock=lambda: 0.0, chance=lambda: 0.0)
    gateway = Gateway(Choice(ref), {client.name: client}, retries, purse=purse, clock=lambda: 0.0)
    expected: dict[str, int] = {}
    for task in ("t-1", "t-2"):
        request = ModelRequest(
            role=Role.DEBUGGER,
            system="Be brief.",
            messages=(ChatMessage(role="user", text="word " * 300),),
            call_id=f"r-1/{task}",
        )
        async with aclosing(gateway.stream(request)) as parts:
            (finished,) = [part async for part in parts if isinstance(part, Finished)]
        expected[task] = priced(kind, finished.usage)
    ledger = await book.ledger()
    lines = await ledger.costs("r-1")
    assert {line.task_id: line.micros for line in lines} == expected
    assert sum(line.cached_tokens for line in lines) == 13
    assert all(line.unsure == 0 for line in lines)
    assert {one.account: one.reserved for one in await ledger.standings("run")} == {"run r-1": 0}
    await book.close()
    assert len(server.requests) == 3
