"""The agents' tools behind one door: bounded, repeat-aware, and never an exception for what a model does."""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from codecompanion.contracts.errors import BadAnswer, OrchestraError
from codecompanion.contracts.model_calls import ToolCall, ToolSpec
from codecompanion.contracts.ports import TestRunner, WorkspaceView
from codecompanion.orchestra.tools.arguments import ARGUMENTS, ToolArguments, read_arguments, tool_spec
from codecompanion.orchestra.tools.looks import Looks
from codecompanion.orchestra.tools.reading_map import ReadingMap


@dataclass(frozen=True, slots=True)
class ToolLimits:
    """Bounds for one task's looking around; bytes are those of UTF-8."""

    bytes_per_result: int = 16_000
    bytes_in_total: int = 240_000
    seconds_in_total: float = 600.0
    seconds_per_search: float = 5.0


DEFAULT_LIMITS = ToolLimits()
# less room than this cannot hold a useful answer
_LEAST_BYTES = 1_000
_SPENT = "You have looked at as much as this task allows; answer now."
_SAME = "You made this very call before and its result is still the same; use that one."
_CHANGED = "You made this call before; its result has changed since.\n"
# a test run that differs only in how long it took says nothing new
_DURATION = re.compile(r"\b\d+(?:\.\d+)? ?m?s(?:ec(?:onds?)?)?\b")


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the model is told. ``repeated``: the same call was made before, ``ok``: the tool could be used."""

    text: str
    ok: bool
    repeated: bool = False


def nothing_hidden(path: str) -> bool:
    """The default: every file of the workspace can be read."""
    return False


class Toolbox:
    """One task's tools. Calls are made one at a time; what they show is what the editor shows now.

    ``tests`` None leaves ``run_tests`` out. A repeated call is answered with a note, and with the result
    only when that has changed. ``shown`` is told each file that is read, and its text, in a thread.
    """

    def __init__(
        self,
        view: WorkspaceView,
        tests: TestRunner | None,
        limits: ToolLimits = DEFAULT_LIMITS,
        hidden: Callable[[str], bool] = nothing_hidden,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        shown: Callable[[str, str], None] = lambda path, text: None,
    ) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._reading = ReadingMap()
        self._looks = Looks(view, tests, hidden, limits.seconds_per_search, monotonic, shown)
        self._offered = tuple(name for name in ARGUMENTS if tests is not None or name != "run_tests")
        self._shown: dict[str, str] = {}
        self._bytes_left = limits.bytes_in_total
        self._seconds_left = limits.seconds_in_total

    def specs(self) -> tuple[ToolSpec, ...]:
        """Return the tools a model is offered."""
        return tuple(tool_spec(name) for name in self._offered)

    def reading_map(self) -> str:
        """Return as JSON what was read, searched and listed so far."""
        return self._reading.to_json()

    async def use(self, call: ToolCall) -> ToolResult:
        """Return what the tool says; wrong calls and used-up bounds are answers too."""
        if self._bytes_left < _LEAST_BYTES or self._seconds_left <= 0:
            return ToolResult(_SPENT, ok=False)
        started = self._monotonic()
        try:
            text, ok = await self._answer(call)
        finally:
            self._seconds_left -= self._monotonic() - started
        result = self._compared(call, text, ok)
        self._note(call, result)
        return result

    def recall(self, call: ToolCall, told: ToolResult) -> None:
        """Take a use from before an interruption into account; only the time it took is not known any more."""
        if told.text != _SPENT:
            self._note(call, told)

    async def _answer(self, call: ToolCall) -> tuple[str, bool]:
        """Return the text, and whether the tool could be used."""
        try:
            return await self._look(read_arguments(call, self._offered)), True
        except (OrchestraError, OSError) as error:
            return _bounded(str(error), self._limits.bytes_per_result), False

    async def _look(self, arguments: ToolArguments) -> str:
        room = min(self._limits.bytes_per_result, self._bytes_left)
        try:
            async with asyncio.timeout(self._seconds_left) as deadline:
                return _bounded(await self._looks.look(arguments, room), room)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise OrchestraError(
                f"stopped after {self._seconds_left:.0f} s, which is all the time left for tools; answer now"
            ) from None

    def _compared(self, call: ToolCall, text: str, ok: bool) -> ToolResult:
        """Return the result as the model is told it: with what it was told before in mind."""
        before = self._shown.get(self._key(call))
        if before is None:
            return ToolResult(text, ok)
        if before != _digest(text):
            return ToolResult(_CHANGED + text, ok, repeated=True)
        return ToolResult(_SAME if ok else f"{_SAME}\n{text}", ok, repeated=True)

    def _note(self, call: ToolCall, told: ToolResult) -> None:
        """Keep what was told: all counters and the reading map follow from that."""
        self._bytes_left -= len(told.text.encode(errors="replace"))
        is_old = told.repeated and told.text.startswith(_SAME)
        shown = "" if is_old else told.text.removeprefix(_CHANGED)
        if not is_old:
            self._shown[self._key(call)] = _digest(shown)
        if told.ok and (asked := self._arguments(call)):
            self._reading.note(asked, shown)

    def _key(self, call: ToolCall) -> str:
        """Return what equal calls share, however they are written."""
        asked = self._arguments(call)
        said = asked.model_dump_json() if asked else json.dumps(call.arguments, sort_keys=True, default=str)
        return call.name + said

    def _arguments(self, call: ToolCall) -> ToolArguments | None:
        try:
            return read_arguments(call, self._offered)
        except BadAnswer:
            return None


def _digest(text: str) -> str:
    return hashlib.sha256(_DURATION.sub("", text).encode(errors="replace")).hexdigest()


def _bounded(text: str, room: int) -> str:
    data = text.encode(errors="replace")
    if len(data) <= room:
        return text
    return data[: room - 40].decode(errors="ignore") + "\n(cut here)"
