"""Who hears an answer while it streams."""

from typing import Protocol

from codecompanion.contracts.errors import BadAnswer
from codecompanion.contracts.model_calls import ToolCall
from codecompanion.orchestra.edits.answer_parser import AnswerParser
from codecompanion.orchestra.tools.step_reader import StepReader


class Listener(Protocol):
    """Hears an answer while it streams."""

    def feed(self, text: str) -> None:
        """Take the next piece of the answer."""

    def line_ended(self) -> None:
        """Take the last line as complete: no more of this answer will come."""

    def restart(self) -> None:
        """Forget the answer so far: it begins again."""


class StepListener:
    """Hears a model that answers in steps, and passes on the step's own answer, decoded, as it streams."""

    def __init__(self, listener: Listener | None) -> None:
        self._listener = listener
        self._begin()

    def _begin(self) -> None:
        self._reader = StepReader()
        self._passed: list[str] = []
        self._ended = False

    def feed(self, text: str) -> None:
        """Take the next piece of the step."""
        self._pass_on(self._reader.feed(text))
        if self._reader.answer_ended and not self._ended:
            self._end_line()

    def line_ended(self) -> None:
        """Let a file that is no step, but the answer as it stands, end with the reply."""
        if self._reader.plain:
            self._end_line()

    def restart(self) -> None:
        """Forget the step so far."""
        self._begin()
        if self._listener:
            self._listener.restart()

    def finish(self) -> ToolCall | str:
        """Return the step, now that all of it is there; what it adds to the answer is passed on.

        Raises ``BadAnswer`` for a step that cannot be used, also for one whose answer changed files and then
        was not the answer.
        """
        step = self._reader.close()
        passed = "".join(self._passed)
        if step == passed:
            return step
        if AnswerParser().feed(passed + "\n"):
            raise BadAnswer(
                "the step held more than one thing; a step either uses a tool or gives one answer, never both"
            )
        if passed and self._listener:
            self._listener.restart()
        if isinstance(step, str):
            self._pass_on(step)
        return step

    def _pass_on(self, text: str) -> None:
        if not text:
            return
        self._passed.append(text)
        if self._listener:
            self._listener.feed(text)

    def _end_line(self) -> None:
        self._ended = True
        if self._listener:
            self._listener.line_ended()
