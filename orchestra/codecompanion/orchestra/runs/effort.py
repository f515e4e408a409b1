"""How much a run has taken so far: calls, tokens, time at work, and the same things over again."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from codecompanion.contracts import events as e
from codecompanion.contracts.ids import TaskId
from codecompanion.orchestra.runs.evolve import Draft
from codecompanion.orchestra.runs.state import RunState
from codecompanion.orchestra.runs.status import stands_still


@dataclass(slots=True)
class Effort:
    """A running count over a run's events, the same whether they are heard live or read from the log.

    ``calls`` are the model calls begun, ``tokens`` those of all answers. ``repeats`` is how often the most
    repeated answer or look came, ``repeated`` says which: a look that several tasks take counts once for each
    time a task takes it again. Time counts while the run is under way somewhere and not ``idle``: waiting for a
    person, or over.
    """

    calls: int = 0
    tokens: int = 0
    repeats: int = 0
    repeated: str = ""
    idle: bool = False
    _answers: Counter[int] = field(default_factory=Counter)
    _unjudged: dict[TaskId, e.ModelAnswered] = field(default_factory=dict)
    _looks: Counter[int] = field(default_factory=Counter)
    _looked: set[tuple[TaskId, int]] = field(default_factory=set)
    _seconds: float = 0.0
    _heard_at: float | None = None

    def seconds(self, now: float) -> float:
        """Return the time at work up to ``now``; both in seconds."""
        if self._heard_at is None or self.idle:
            return self._seconds
        return self._seconds + max(0.0, now - self._heard_at)

    def add(self, event: e.Event, at: float, *, idle: bool) -> None:
        """Count one more event, which happened ``at`` that time; ``idle``: it stands still after that."""
        if not isinstance(event, e.RunReopened):
            self._seconds = self.seconds(at)
        self._heard_at, self.idle = at, idle
        match event:
            case e.ModelCallStarted():
                self.calls += 1
            case e.ModelAnswered():
                self.tokens += event.usage.input_tokens + event.usage.output_tokens
                self._unjudged[event.task_id] = event
            case e.ToolUsed():
                self._unjudged.pop(event.task_id, None)
                self._used(event)
            case e.AgentAsked() | e.TaskFinished() | e.TaskFailed():
                self._answered(self._unjudged.pop(event.task_id, None))

    def _answered(self, event: e.ModelAnswered | None) -> None:
        """Count an answer that led to no look: without tool calling, a wish to look is a text too."""
        if event is not None and event.text.strip():
            key = hash(event.text)
            self._answers[key] += 1
            self._note(self._answers[key], f"{event.role} gave the same answer")

    def _used(self, event: e.ToolUsed) -> None:
        key = hash((event.name, event.arguments, event.result))
        again = (event.task_id, key) in self._looked
        self._looked.add((event.task_id, key))
        # the first look of each further task is no repetition
        self._looks[key] += 1 if again or key not in self._looks else 0
        self._note(self._looks[key], f"{event.role} used {event.name} in the same way, with the same result,")

    def _note(self, count: int, what: str) -> None:
        if count > self.repeats:
            self.repeats, self.repeated = count, what


def effort_of(history: Iterable[tuple[e.Event, float]]) -> Effort:
    """Return what a run has taken by its events so far, each with the time at which it happened."""
    effort, draft = Effort(), Draft(RunState())
    for event, at in history:
        draft.add(event)
        effort.add(event, at, idle=stands_still(draft.state))
    return effort
