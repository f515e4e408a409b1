"""The agents' tools behind one door: bounded, repeat-aware, and never an exception for what a model does."""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from codecompanion.contracts.errors import OrchestraError
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
    only when that has changed.
    """

    def __init__(
        self,
        view: WorkspaceView,
        tests: TestRunner | None,
        limits: ToolLimits = DEFAULT_LIMITS,
        hidden: Callable[[str], bool] = nothing_hidden,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._reading = ReadingMap()
        self._looks = Looks(view, tests, hidden, self._reading, limits.seconds_per_search, monotonic)
        self._offered = tuple(name for name in ARGUMENTS if tests is not None or name != "run_tests")
        self._answers: dict[str, str] = {}
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
            return ToolResult("You have looked at as much as this task allows; answer now.", ok=False)
        started = self._monotonic()
        try:
            text, ok, key = await self._answer(call)
        finally:
            self._seconds_left -= self._monotonic() - started
        result = self._remembered(key, text, ok)
        self._bytes_left -= len(result.text.encode(errors="replace"))
        return result

    async def _answer(self, call: ToolCall) -> tuple[str, bool, str]:
        """Return the text, whether the tool could be used, and the key that equal calls share."""
        key = call.name + json.dumps(call.arguments, sort_keys=True, default=str)
        try:
            arguments = read_arguments(call, self._offered)
            key = call.name + arguments.model_dump_json()
            return await self._look(arguments), True, key
        except (OrchestraError, OSError) as error:
            return _bounded(str(error), self._limits.bytes_per_result), False, key

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

    def _remembered(self, key: str, text: str, ok: bool) -> ToolResult:
        digest = hashlib.sha256(_DURATION.sub("", text).encode(errors="replace")).hexdigest()
        before = self._answers.get(key)
        self._answers[key] = digest
        if before is None:
            return ToolResult(text, ok)
        if before != digest:
            return ToolResult(f"You made this call before; its result has changed since.\n{text}", ok, True)
        note = "You made this very call before and its result is still the same; use that one."
        return ToolResult(note if ok else f"{note}\n{text}", ok, repeated=True)


def _bounded(text: str, room: int) -> str:
    data = text.encode(errors="replace")
    if len(data) <= room:
        return text
    return data[: room - 40].decode(errors="ignore") + "\n(cut here)"
