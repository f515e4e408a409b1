"""What stands behind an agent's edit: its run, the model's answer it came in, the price, the tests after it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from codecompanion.contracts import events as e
from codecompanion.contracts.ids import EditId, RunId, TaskId
from codecompanion.contracts.messages import Role
from codecompanion.contracts.test_reports import TestReport


@dataclass(frozen=True, slots=True)
class Stamp:
    """One edit's origin; ``at`` is seconds since the epoch.

    ``model`` is ``provider/name``, empty while the answer is not in the log. ``cost`` is that of the whole
    answer in US dollars, None when its price is not known. ``tests`` is the last test run of the same run after
    the edit, None without one.
    """

    edit_id: EditId
    run_id: RunId
    request: str
    task_id: TaskId
    role: Role
    path: str
    at: float
    model: str = ""
    cost: float | None = None
    tests: TestReport | None = None


def stamps_of(history: Sequence[e.Recorded]) -> dict[EditId, Stamp]:
    """Return the stamp of every edit of a run, from its events in order."""
    stamping = _Stamping()
    for one in history:
        stamping.take(one)
    return stamping.stamps


class _Stamping:
    """Finds the answer of each edit: it streams in, and is journaled once it is whole, after its edits."""

    def __init__(self) -> None:
        self.stamps: dict[EditId, Stamp] = {}
        self._request = ""
        self._calls: dict[TaskId, str] = {}
        self._answers: dict[TaskId, e.ModelAnswered] = {}
        self._open: dict[tuple[TaskId, str], list[EditId]] = {}

    def take(self, one: e.Recorded) -> None:
        """Take in the run's next event."""
        body = one.body
        if isinstance(body, e.RunStarted):
            self._request = body.order.request
        elif isinstance(body, e.ModelCallStarted):
            self._calls[body.task_id] = body.request_sha256
            self._answers.pop(body.task_id, None)
        elif isinstance(body, e.EditProposed):
            self._proposed(one, body)
        elif isinstance(body, e.ModelAnswered):
            self._answers[body.task_id] = body
            for edit_id in self._open.pop((body.task_id, body.request_sha256), ()):
                self._answered(edit_id, body)
        elif isinstance(body, e.TestsRan) and body.round >= 0:
            # the last run counts: an earlier one may have been red for what was not written yet
            self.stamps = {key: replace(one, tests=body.report) for key, one in self.stamps.items()}

    def _proposed(self, one: e.Recorded, event: e.EditProposed) -> None:
        task = event.task_id
        self.stamps[event.edit_id] = Stamp(
            event.edit_id, one.run_id, self._request, task, event.role, event.edit.path, one.at
        )
        answer = self._answers.get(task)
        if answer is not None:
            self._answered(event.edit_id, answer)
        else:
            self._open.setdefault((task, self._calls.get(task, "")), []).append(event.edit_id)

    def _answered(self, edit_id: EditId, answer: e.ModelAnswered) -> None:
        model = f"{answer.provider}/{answer.model}"
        self.stamps[edit_id] = replace(self.stamps[edit_id], model=model, cost=answer.usage.cost)
