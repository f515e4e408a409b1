"""The step that models without tool calls are shown in their prompt is one that is understood."""

from codecompanion.contracts.edits import ReplaceBlock
from codecompanion.contracts.model_calls import ToolCall
from codecompanion.orchestra.agents.base import system_text
from codecompanion.orchestra.edits.answer_parser import AnswerParser
from codecompanion.orchestra.tools.step_reader import StepReader


def test_the_step_in_the_prompt_holds_an_edit() -> None:
    steps = [line for line in system_text(("steps",)).splitlines() if line.startswith('{"step"')]
    look, answer = map(_read, steps)
    assert isinstance(look, ToolCall)
    assert look.name == "read_file"
    assert isinstance(answer, str)
    parser = AnswerParser()
    assert [*parser.feed(answer), *parser.close().items] == [
        ReplaceBlock(path="sums.py", search="    return a - b\n", replace="    return a + b\n")
    ]
    assert parser.complaints == []


def _read(step: str) -> ToolCall | str:
    reader = StepReader()
    reader.feed(step)
    return reader.close()
