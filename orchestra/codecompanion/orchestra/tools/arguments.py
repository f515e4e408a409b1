"""The agents' tools as a model sees them: names, plain descriptions and typed arguments."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from codecompanion.contracts.errors import BadAnswer
from codecompanion.contracts.model_calls import ToolCall, ToolSpec

_GLOB = "A folder ('src') or a pattern ('*.py', 'src/**/test_*.py'); leave it out for the whole workspace."


class ToolArguments(BaseModel):
    """Arguments of one tool; unknown ones are refused, so that a misspelt one is not taken for left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ListFiles(ToolArguments):
    """Lists the workspace's text files by path."""

    glob: str = Field("", max_length=300, description=_GLOB)
    limit: int = Field(200, ge=1, description="How many paths at most; up to 1000 are given.")


class ReadFile(ToolArguments):
    """Shows the numbered lines of one file as it is in the editor now, unsaved changes included."""

    path: str = Field(min_length=1, description="The path from the workspace folder, such as 'src/app.py'.")
    first_line: int = Field(1, ge=1, description="The first line to show.")
    last_line: int = Field(0, ge=0, description="The last line to show; 0 for as many as fit.")


class SearchText(ToolArguments):
    """Finds lines with a text in the workspace's files, upper and lower case being different."""

    pattern: str = Field(min_length=1, max_length=500, description="The text to find within a line.")
    is_regex: bool = Field(False, description="True when the pattern is a Python regular expression.")
    glob: str = Field("", max_length=300, description=_GLOB)
    limit: int = Field(50, ge=1, description="How many lines at most; up to 200 are given.")


class Diagnostics(ToolArguments):
    """Shows the problems (errors and warnings) the editor knows of."""

    path: str = Field("", description="The file to ask about; leave it out for all files.")


class RunTests(ToolArguments):
    """Runs the project's tests in a copy of the workspace and shows which failed and why."""

    files: tuple[str, ...] = Field((), description="Test files to run; leave it out to run all tests.")


ARGUMENTS: dict[str, type[ToolArguments]] = {
    "list_files": ListFiles,
    "read_file": ReadFile,
    "search_text": SearchText,
    "diagnostics": Diagnostics,
    "run_tests": RunTests,
}


def tool_spec(name: str) -> ToolSpec:
    """Return the tool's name, description and JSON Schema."""
    arguments = ARGUMENTS[name]
    schema = _without_titles(arguments.model_json_schema())
    return ToolSpec(name=name, description=schema.pop("description"), parameters=schema)


def read_arguments(call: ToolCall, offered: tuple[str, ...]) -> ToolArguments:
    """Return the call's arguments, typed; raises ``BadAnswer`` naming what is wrong and what the tool takes."""
    if call.name not in offered:
        raise BadAnswer(f"unknown tool {call.name[:80]!r}; known: {', '.join(offered)}")
    expected = ARGUMENTS[call.name]
    try:
        return expected.model_validate(call.arguments)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'arguments'}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)[:5]
        )
        raise BadAnswer(
            f"{call.name} cannot be used like this: {faults}; it takes {_taken(expected)}"
        ) from None


def _taken(arguments: type[ToolArguments]) -> str:
    properties = arguments.model_json_schema()["properties"]
    return ", ".join(f"{name} ({value['type']})" for name, value in properties.items())


def _without_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave out pydantic's generated titles: they repeat the names and cost tokens in every call."""
    return {
        key: _without_titles(value) if isinstance(value, dict) else value
        for key, value in schema.items()
        if key != "title"
    }
