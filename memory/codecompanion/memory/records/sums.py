"""What the rows of tasks and calls come to, by role and by model."""

from typing import TypeVar

from codecompanion.contracts.base import Contract
from codecompanion.contracts.records import AgentPerformance, ModelPerformance
from codecompanion.memory.sqlite import sqlite3

R = TypeVar("R", bound=Contract)

_AGENTS = """
SELECT role,
    count(*) AS tasks, sum(state = 'done') AS done, sum(state = 'failed') AS failed, sum(seconds) AS seconds,
    sum(calls) AS calls, sum(failed_calls) AS failed_calls, sum(looks) AS looks,
    sum(edits) AS edits, sum(failed_edits) AS failed_edits,
    sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
    CASE WHEN count(cost) = count(*) THEN sum(cost) END AS cost
FROM agent_performance GROUP BY role ORDER BY role
"""
_MODELS = """
SELECT provider, model, role,
    sum(state = 'answered') AS answered, sum(state = 'failed') AS failed, sum(truncated) AS truncated,
    coalesce(avg(CASE WHEN state = 'answered' THEN seconds END), 0.0) AS seconds,
    sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, sum(cached_tokens) AS cached_tokens,
    CASE WHEN count(cost) = count(*) THEN sum(cost) END AS cost
FROM router_performance WHERE state <> 'open' GROUP BY provider, model, role ORDER BY provider, model, role
"""


def agent_performance(connection: sqlite3.Connection) -> list[AgentPerformance]:
    """Return the work of each role, added up."""
    return _summed(connection, _AGENTS, AgentPerformance)


def model_performance(connection: sqlite3.Connection) -> list[ModelPerformance]:
    """Return the calls of each role to each model, added up."""
    return _summed(connection, _MODELS, ModelPerformance)


def _summed(connection: sqlite3.Connection, statement: str, kind: type[R]) -> list[R]:
    """Return the rows of a statement whose columns stand in the order of the record's fields."""
    names = tuple(kind.model_fields)
    return [kind.model_validate(dict(zip(names, row, strict=True))) for row in connection.execute(statement)]
