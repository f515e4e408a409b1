"""The history a fork begins with: another run's, up to one of its events, and what is different from there.

Pure. A fork's stream is a run like any other: it folds, and the engine goes on with it as with one interrupted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codecompanion.contracts import events as e
from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.model_calls import Usage
from codecompanion.orchestra.replay.story import quoted
from codecompanion.orchestra.runs.evolve import fold
from codecompanion.orchestra.runs.state import PLANNING

BY_HAND = "by hand"
"""The provider of an answer that a person gave in a model's place."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What shall be different: ``model`` for all that is still to be asked, the ``request``, or one ``answer``.

    ``folder`` is where the fork works; it becomes the workspace of its order.
    """

    folder: str
    model: str | None = None
    request: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class ForkedHistory:
    """The events a fork begins with; ``version`` is the event of the origin up to which it agrees with it."""

    version: int
    changes: tuple[str, ...]
    events: tuple[tuple[float, e.Event, e.Context], ...]


def default_version(history: Sequence[e.Recorded], wishes: Wishes) -> int:
    """Return the event to fork from when none was named.

    Another request starts anew, and so does another model where nothing is left to do; another answer takes the
    place of the last one; else it is the last event before the end.
    """
    if wishes.answer is not None:
        answers = [one.version for one in history if isinstance(one.body, e.ModelAnswered | e.TaskInstructed)]
        return answers[-1] if answers else history[-1].version
    over = isinstance(history[-1].body, e.RunFinished)
    if wishes.request is not None or (wishes.model is not None and over):
        return 1
    return max(one.version for one in history if not isinstance(one.body, e.RunFinished))


def forked_history(history: Sequence[e.Recorded], version: int, wishes: Wishes, now: float) -> ForkedHistory:
    """Return what a fork of a run begins with; raises ``BadRequest`` for an event nothing can go on from."""
    at = history[version - 1]
    if isinstance(at.body, e.RunFinished):
        raise BadRequest(
            f"event {version} is the end of run {at.run_id!r}; fork from an earlier one, such as {version - 1}"
        )
    answered = _answered_otherwise(history, at, wishes.answer) if wishes.answer is not None else None
    agreed = answered.agreed if answered else version
    kept = list(_without_what_ends_it(history[:agreed]))
    if wishes.request is not None:
        kept = list(_without_open_talk(kept))
    events = [_reordered(one, wishes) for one in kept]
    events += [(at.at, answered.event, at.context)] if answered else []
    changes = tuple(_said(wishes, version))
    forked = e.RunForked(origin=at.run_id, version=agreed, changes=changes, model=wishes.model or "")
    who = e.Context(actor="user", correlation_id=at.context.correlation_id, causation_id=at.id)
    events.append((now, forked, who))
    if fold(event for _, event, _ in events).paused:
        events.append((now, e.RunResumed(), who))
    return ForkedHistory(agreed, changes, tuple(events))


@dataclass(frozen=True, slots=True)
class _OtherAnswer:
    """``event`` stands in the place of what followed event ``agreed``."""

    agreed: int
    event: e.Event


def _answered_otherwise(history: Sequence[e.Recorded], at: e.Recorded, answer: str) -> _OtherAnswer:
    """Put another answer in the place of event ``at``.

    What a model says is used while it streams, before its answer is whole in the log: so the fork agrees with
    its origin only up to the call that the answer belongs to.
    """
    body = at.body
    if isinstance(body, e.TaskInstructed):
        return _OtherAnswer(at.version - 1, body.model_copy(update={"text": answer}))
    if not isinstance(body, e.ModelAnswered):
        near = [one.version for one in history if isinstance(one.body, e.ModelAnswered | e.TaskInstructed)]
        known = ", ".join(map(str, near[:20])) or "none"
        raise BadRequest(
            f"event {at.version} ({body.event}) is no answer; events of this run that are: {known}"
        )
    calls = (
        one.version
        for one in reversed(history[: at.version])
        if isinstance(one.body, e.ModelCallStarted) and one.body.task_id == body.task_id
    )
    said = {
        "text": answer,
        "tool_calls": (),
        "usage": Usage(cost=0.0),
        "provider": BY_HAND,
        "model": "you",
        "truncated": False,
    }
    return _OtherAnswer(next(calls, at.version - 1), body.model_copy(update=said))


def _without_what_ends_it(history: Sequence[e.Recorded]) -> Iterator[e.Recorded]:
    return (one for one in history if not isinstance(one.body, e.StopRequested | e.LimitReached))


def _without_open_talk(history: Sequence[e.Recorded]) -> Iterator[e.Recorded]:
    """Leave out what was said in tasks that have not ended: it was said about the former request."""
    ended = {one.body.task_id for one in history if isinstance(one.body, e.TaskFinished | e.TaskFailed)}
    if any(isinstance(one.body, e.PlanMade) for one in history):
        ended.add(PLANNING)
    return (one for one in history if _talk_of(one.body) in (None, *ended))


def _talk_of(event: e.Event) -> TaskId | None:
    if isinstance(event, e.AgentAsked | e.FileShown | e.ModelAnswered | e.ToolUsed):
        return event.task_id
    return None


def _reordered(one: e.Recorded, wishes: Wishes) -> tuple[float, e.Event, e.Context]:
    body = one.body
    if isinstance(body, e.RunStarted):
        changed: dict[str, object] = {"workspace": wishes.folder, "mode": "automatic"}
        if wishes.request is not None:
            changed["request"] = wishes.request
        if wishes.model is not None:
            changed["offline"] = wishes.model == "offline"
        body = body.model_copy(update={"order": body.order.model_copy(update=changed)})
    return one.at, body, one.context


def _said(wishes: Wishes, version: int) -> Iterator[str]:
    if wishes.model is not None:
        yield f"the model is {wishes.model}"
    if wishes.request is not None:
        yield f"the request is {quoted(wishes.request)}"
    if wishes.answer is not None:
        yield f"the answer at event {version} is {quoted(wishes.answer)}"
