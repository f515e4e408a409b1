"""Reads the step of a model without tool calling while it streams: first its answer's text, then the step."""

import hashlib
import json
import re
from collections.abc import Set
from typing import Any, Final

from codecompanion.contracts.errors import BadAnswer
from codecompanion.contracts.model_calls import ToolCall
from codecompanion.orchestra.edits.answer_parser import AnswerParser
from codecompanion.orchestra.edits.streamed_member import Path, StreamedMember
from codecompanion.orchestra.edits.tolerant_json import ObjectReading, json_object_at, json_objects

_STEP: Final[Path] = ("step",)
_ANSWER: Final[Path] = ("step", "answer")
_BARE_ANSWER: Final[Path] = ("answer",)
_OF_A_TOOL: Final = frozenset({"tool", "name", "arguments", "parameters"})
_BEGINS_AS_JSON = re.compile(r"\s*(?:```\w*\s*)?\{")
_FILE_LINE = re.compile(r"\W{0,4}FILE\b.*:|<{5,9} ?SEARCH")
_NO_STEP: Final = (
    'the step neither uses a tool nor gives an answer; a step is {"step": {"tool": "…", "arguments": {…}}} '
    'or {"step": {"answer": "…"}}'
)


class StepReader:
    """One reply, fed as it streams.

    What ``feed`` returns is text of the step's own ``answer`` and of no other string; a reply that begins
    with a file or a block instead of a step is an answer as it stands. Where the step names a tool before
    its answer, nothing is told before ``close``.
    """

    def __init__(self) -> None:
        self._text: list[str] = []
        self._line = ""
        self._member = StreamedMember(self._is_answer)
        self._before_braces = True
        self.plain = False

    @property
    def answer_ended(self) -> bool:
        """Whether the step's answer has come to its end."""
        return self._member.closed

    def feed(self, chunk: str) -> str:
        """Return what the chunk adds to the final answer."""
        self._text.append(chunk)
        if self.plain:
            return chunk
        if self._before_braces and self._begins_with_file(chunk):
            self.plain = True
            return "".join(self._text)
        return self._member.feed(chunk)

    def close(self) -> ToolCall | str:
        """Return the tool call the whole reply asks for, else the final answer.

        A reply without a step is the answer as it stands. Raises ``BadAnswer`` for a step that is broken, cut
        off or neither of the two, and for any other object in its place that cannot be read.
        """
        text = "".join(self._text)
        if self.plain:
            return text
        if self._member.begun or _STEP in self._member.opened:
            return self._own_step(text)
        return _step_among(ObjectReading(text, within_broken=not self._member.is_sound))

    def _is_answer(self, path: Path, earlier: Set[str]) -> bool:
        if earlier & _OF_A_TOOL:
            return False
        if path == _BARE_ANSWER:
            return "step" not in earlier and _begins_line("".join(self._text), self._member.opened[()])
        return path == _ANSWER

    def _begins_with_file(self, chunk: str) -> bool:
        """Whether a line that names a file or opens a block stands before the first brace."""
        before, brace, _ = chunk.partition("{")
        self._before_braces = not brace
        *lines, self._line = (self._line + before).split("\n")
        return any(_FILE_LINE.match(line) for line in (*lines, self._line))

    def _own_step(self, text: str) -> ToolCall | str:
        """Read the step that was recognised; forgiven are braces missing behind it."""
        places = self._member.opened
        try:
            found = json_object_at(text, places[()])
            return _step_in(found.get("step", found))
        except BadAnswer as fault:
            for path in (_STEP, _ANSWER):
                if path in places and (inner := _object_at(text, places[path])) is not None:
                    return _step_in({"answer": inner} if path == _ANSWER else inner)
            raise BadAnswer(str(fault)) from None


def _begins_line(text: str, at: int) -> bool:
    """Whether an object stands for itself: one within a line may be quoted there."""
    return not text[text.rfind("\n", 0, at) + 1 : at].strip()


def _object_at(text: str, at: int) -> dict[str, Any] | None:
    try:
        return json_object_at(text, at)
    except BadAnswer:
        return None


def _step_in(step: Any) -> ToolCall | str:
    if isinstance(step, dict):
        if call := _tool_call(step):
            return call
        if "answer" in step:
            return _as_text(step["answer"])
    raise BadAnswer(_NO_STEP)


def _step_among(reading: ObjectReading) -> ToolCall | str:
    """Return the first step among the objects of a reply that does not begin with one, else the reply."""
    for found in reading.whole_objects():
        if call := _tool_call(found) or _wrapped_call(found):
            return call
        if reading.within_broken:
            continue
        if set(found) == {"answer"} and _begins_line(reading.text, reading.at):
            return _as_text(found["answer"])
        if isinstance(step := found.get("step"), dict):
            return _step_in(step)
    if _BEGINS_AS_JSON.match(reading.text):
        if reading.within_broken:
            raise BadAnswer(reading.fault)
        if AnswerParser().feed(reading.text):
            # files in an object that is no step are not known to be the answer
            raise BadAnswer(_NO_STEP)
    return reading.text


def _wrapped_call(found: dict[str, Any]) -> ToolCall | None:
    inner = next(iter(found.values()), None)
    return _tool_call(inner) if len(found) == 1 and isinstance(inner, dict) else None


def _as_text(answer: Any) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)


def _tool_call(step: dict[str, Any]) -> ToolCall | None:
    name = step.get("tool", step.get("name"))
    arguments = step.get("arguments", step.get("parameters"))
    if isinstance(arguments, str):
        arguments = next(json_objects(arguments), None)
    if not isinstance(name, str) or not isinstance(arguments, dict) or ("tool" not in step and len(step) != 2):
        return None
    digest = hashlib.sha256(json.dumps([name, arguments], sort_keys=True).encode()).hexdigest()
    return ToolCall(id=f"step-{digest[:12]}", name=name, arguments=arguments)
