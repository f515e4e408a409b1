"""The step that models without tool calls are shown in their prompt is one that is understood."""

from codecompanion.contracts.edits import ReplaceBlock
from codecompanion.orchestra.agents.base import system_text
from codecompanion.orchestra.edits.answer_parser import AnswerParser
from codecompanion.orchestra.tools.by_schema import parse_step


def test_the_step_in_the_prompt_holds_an_edit() -> None:
    [step] = [line for line in system_text(("answer_format",)).splitlines() if line.startswith('{"step"')]
    answer = parse_step(step)
    assert isinstance(answer, str)
    parser = AnswerParser()
    assert [*parser.feed(answer), *parser.close().items] == [
        ReplaceBlock(path="sums.py", search="    return a - b\n", replace="    return a + b\n")
    ]
    assert parser.complaints == []
