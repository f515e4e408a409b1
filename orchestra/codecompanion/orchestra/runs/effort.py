"""How much a run has taken so far: calls, tokens, time at work, and the same things over again."""

from collections import Counter
from dataclasses import dataclass, field

from codecompanion.contracts import events as e
from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.orders import RunMode


@dataclass(slots=True)
class _Waiting:
    """Whether a run stands still until a person says something."""

    mode: RunMode = "automatic"
    planned: bool = False
    approved: bool = False
    paused: bool = False
    over: bool = False
    testing: bool = False
    granted: int = 0
    taken: int = 0
    running: set[TaskId] = field(default_factory=set)

    @property
    def idle(self) -> bool:
        if self.paused or self.over:
            return True
        if not self.planned or self.running or self.testing:
            return False
        unapproved = self.mode == "approve" and not self.approved
        return unapproved or (self.mode == "stepwise" and self.taken >= self.granted)

    def add(self, event: e.Event) -> None:
        match event:
            case e.RunStarted():
                self.mode = event.order.mode
            case e.PlanMade():
                self.planned = True
                self.running.clear()
            case e.PlanApproved():
                self.approved = True
            case e.RunPaused() | e.RunResumed():
                self.paused = isinstance(event, e.RunPaused)
            case e.StepGranted():
                self.granted += 1
            case e.TaskStarted():
                self.running.add(event.task_id)
                self.taken += 1 if self.planned else 0
            case e.TaskRetried():
                self._give_back({event.task_id})
            case e.TaskFinished() | e.TaskFailed():
                self.running.discard(event.task_id)
            case e.RunReopened():
                self._give_back(set(self.running))
                self.testing = False
            case e.TestsStarted() | e.TestsRan():
                self.testing = isinstance(event, e.TestsStarted)
            case e.RunFinished():
                self.over = True

    def _give_back(self, tasks: set[TaskId]) -> None:
        """A step that was used for nothing is still to be had."""
        self.taken -= len(tasks & self.running) if self.planned else 0
        self.running -= tasks


@dataclass(slots=True)
class Effort:
    """A running count over a run's events, the same whether they are heard live or read from the log.

    ``calls`` are the model calls begun, ``tokens`` those of all answers. ``repeats`` is how often the most
    repeated answer or look came, ``repeated`` says which: a look that several tasks take counts once for each
    time a task takes it again. Time counts while the run is under way somewhere and does not wait for a person.
    """

    calls: int = 0
    tokens: int = 0
    repeats: int = 0
    repeated: str = ""
    _answers: Counter[int] = field(default_factory=Counter)
    _unjudged: dict[TaskId, e.ModelAnswered] = field(default_factory=dict)
    _looks: Counter[int] = field(default_factory=Counter)
    _looked: set[tuple[TaskId, int]] = field(default_factory=set)
    _waiting: _Waiting = field(default_factory=_Waiting)
    _seconds: float = 0.0
    _heard_at: float | None = None

    @property
    def idle(self) -> bool:
        """Whether the run waits for a person, or is over."""
        return self._waiting.idle

    def seconds(self, now: float) -> float:
        """Return the time at work up to ``now``; both in seconds."""
        if self._heard_at is None or self.idle:
            return self._seconds
        return self._seconds + max(0.0, now - self._heard_at)

    def add(self, event: e.Event, at: float) -> None:
        """Count one more event, which happened ``at`` that time."""
        if not isinstance(event, e.RunReopened):
            self._seconds = self.seconds(at)
        self._heard_at = at
        self._waiting.add(event)
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
