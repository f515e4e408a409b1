"""What each decision brought, read from a run's events: verdicts of tests, of schemas, and of the person.

A fault of a provider says nothing of a model's quality: a task that ended by one has no verdict. Work is judged
by the first test run after it; a repair by the next one. What only the schema judged counts less than a test.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from codecompanion.contracts import events as e
from codecompanion.contracts.change_events import ChangesRejected, EditsUndone
from codecompanion.contracts.ids import EditId, TaskId
from codecompanion.contracts.records import BanditObservation, RouterDecision
from codecompanion.contracts.test_reports import TestReport

PLANNING: Final = "planning"
RED: Final = 0.6
"""What passing tests count for where others fail: the work had to be mended."""
UNTESTED: Final = 0.3
"""The weight of a verdict without a test."""
TURNED_DOWN: Final = 0.5
"""The weight of a person's no to work that was judged before."""


@dataclass(slots=True)
class _Work:
    """What is known of one task."""

    dollars: float = 0.0
    seconds: float = 0.0
    called_at: float | None = None
    models: list[tuple[str, str]] = field(default_factory=list)
    edits: dict[EditId, str] = field(default_factory=dict)
    ended: str = ""
    by_provider: bool = False
    reports: list[TestReport] = field(default_factory=list)


def outcomes_of(events: Sequence[e.Recorded], decisions: Sequence[RouterDecision]) -> list[BanditObservation]:
    """Return what is to be learned of the decisions of a run that has ended."""
    works, planned, finished = _works(events)
    found = []
    for decision in _last_of_each_task(decisions):
        work = works.get(decision.task_id)
        if work is None or not work.models or (verdict := _verdict(decision, work, planned, finished)) is None:
            continue
        quality, weight, reason = verdict
        provider, model = work.models[-1]
        found.append(
            BanditObservation(
                at=events[-1].at,
                run_id=decision.run_id,
                task_id=decision.task_id,
                role=decision.role,
                provider=provider,
                model=model,
                reward=quality,
                reason=reason,
                decision=decision.decision if model == decision.model else "",
                kind=decision.kind,
                size=decision.size,
                cost=work.dollars,
                seconds=work.seconds,
                weight=weight,
            )
        )
    return found


def has_ended(events: Sequence[e.Recorded]) -> bool:
    """Whether the run is over."""
    return any(isinstance(one.body, e.RunFinished) for one in events)


def turned_down(
    events: Sequence[e.Recorded], changes: Sequence[e.Recorded], decisions: Sequence[RouterDecision]
) -> list[BanditObservation]:
    """Return what the person's later no to a run's changes says of the decisions behind them."""
    makers = _makers(events)
    by_task = {decision.task_id: decision for decision in _last_of_each_task(decisions)}
    found: dict[str, BanditObservation] = {}
    for one in changes:
        for edit_id, path in _refused(one.body):
            task_id = next(
                (task for task, edits in makers.items() if edit_id in edits or path in edits.values()), ""
            )
            decision = by_task.get(task_id)
            if decision is not None and decision.decision:
                found.setdefault(decision.decision, _no(decision, one.at))
    return list(found.values())


def _refused(body: e.Event) -> list[tuple[str, str]]:
    if isinstance(body, EditsUndone) and not body.again:
        return [(edit_id, "") for edit_id in body.edits]
    return [("", body.path)] if isinstance(body, ChangesRejected) else []


def _makers(events: Sequence[e.Recorded]) -> dict[TaskId, dict[EditId, str]]:
    makers: dict[TaskId, dict[EditId, str]] = {}
    for one in events:
        if isinstance(one.body, e.EditProposed):
            makers.setdefault(one.body.task_id, {})[one.body.edit_id] = one.body.edit.path
    return makers


def _no(decision: RouterDecision, at: float) -> BanditObservation:
    return BanditObservation(
        at=at,
        run_id=decision.run_id,
        task_id=decision.task_id,
        role=decision.role,
        provider=decision.provider,
        model=decision.model,
        reward=0.0,
        reason="the person turned it down",
        decision=decision.decision,
        kind=decision.kind,
        size=decision.size,
        weight=TURNED_DOWN,
    )


def _last_of_each_task(decisions: Sequence[RouterDecision]) -> list[RouterDecision]:
    return list({decision.task_id: decision for decision in decisions}.values())


Verdict = tuple[float, float, str]
"""Score, weight, and the reason for a person."""


def _verdict(decision: RouterDecision, work: _Work, planned: bool, finished: str) -> Verdict | None:
    """Return the verdict on a decision's work; None where nothing can be said."""
    if decision.kind.endswith(PLANNING):
        return _on_plan(work, planned, finished)
    if work.ended == "failed":
        return None if work.by_provider else (0.0, 1.0, "the work failed")
    if work.ended != "done":
        return None
    if not work.edits:
        return 0.5, UNTESTED, "nothing was changed"
    report = next((one for one in work.reports if one.ran), None)
    return _tested(report) if report is not None else _landed(list(work.edits.values()))


def _on_plan(work: _Work, planned: bool, finished: str) -> Verdict | None:
    if not planned:
        return None if work.by_provider or finished == "stopped" else (0.0, 1.0, "no plan could be used")
    return (1.0, UNTESTED, "the plan could be used") if finished == "done" else (0.5, UNTESTED, "a plan")


def _landed(states: Sequence[str]) -> Verdict:
    landed = states.count("confirmed")
    return landed / len(states), UNTESTED, f"no tests ran; {landed} of {len(states)} edits landed"


def _tested(report: TestReport) -> Verdict:
    if report.green:
        return 1.0, 1.0, f"all {report.passed} tests passed"
    total = report.passed + report.failed
    share = report.passed / total if total else 0.0
    return RED * share, 1.0, f"{report.failed} of {total} tests failed"


def _works(events: Sequence[e.Recorded]) -> tuple[dict[TaskId, _Work], bool, str]:
    """Return what is known of each task, whether a plan was made, and how the run ended."""
    works: dict[TaskId, _Work] = {}
    planned, finished = False, ""
    for one in events:
        body = one.body
        task_id = getattr(body, "task_id", None)
        if task_id is not None:
            _take_in(works.setdefault(task_id, _Work()), one.at, body)
        elif isinstance(body, e.EditSettled):
            for work in works.values():
                if body.outcome.edit_id in work.edits:
                    work.edits[body.outcome.edit_id] = body.outcome.state
        elif isinstance(body, e.TestsRan) and body.round >= 0:
            for work in works.values():
                if work.ended == "done":
                    work.reports.append(body.report)
        elif isinstance(body, e.PlanMade):
            planned = True
        elif isinstance(body, e.RunFinished):
            finished = body.outcome
    return works, planned, finished


def _take_in(work: _Work, at: float, body: e.Event) -> None:
    if isinstance(body, e.ModelCallStarted):
        work.called_at = at
    elif isinstance(body, e.ModelAnswered):
        work.models.append((body.provider, body.model))
        work.dollars += max(0.0, body.usage.cost or 0.0)
        # a clock may jump back
        work.seconds += max(0.0, at - work.called_at) if work.called_at is not None else 0.0
        work.by_provider = False
    elif isinstance(body, e.ModelCallFailed):
        work.by_provider = True
    elif isinstance(body, e.EditProposed):
        work.edits[body.edit_id] = "proposed"
    elif isinstance(body, e.TaskFinished):
        work.ended = "done"
    elif isinstance(body, e.TaskFailed):
        work.ended = "failed"
