"""What kind of work a call is, told from its request: the types that the catalogue's vectors speak of."""

import re
from pathlib import PurePosixPath
from typing import Final, Literal, get_args

from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import ModelRequest

TaskType = Literal[
    "planning",
    "code generation",
    "completion",
    "refactoring",
    "bug fixing",
    "tests",
    "ui",
    "data work",
    "algorithms",
    "other languages",
]
TASK_TYPES: Final[tuple[TaskType, ...]] = get_args(TaskType)

Size = Literal["small", "medium", "large"]

_OF_ROLE: Final[dict[Role, TaskType]] = {
    Role.PROJECT_MANAGER: "planning",
    Role.UI_DESIGNER: "ui",
    Role.TEST_WRITER: "tests",
    Role.DEBUGGER: "bug fixing",
}
_BY_WORDS: Final[tuple[tuple[TaskType, str], ...]] = (
    ("refactoring", r"refactor\w*|rename\w*|clean up|tidy|restructur\w*|simplif\w*|extract"),
    ("bug fixing", r"fix\w*|bug\w*|broken|crash\w*|wrong result"),
    ("completion", r"complete|fill in|finish the|implement the body"),
    ("data work", r"csv|pandas|dataset\w*|data ?frame\w*|pipeline\w*|etl|sql|parquet"),
    ("algorithms", r"algorithm\w*|sort\w*|shortest path|dynamic programming|optimi[sz]\w*|graph|search tree"),
)
_PYTHON: Final = (".py", ".pyi")
_CODE: Final = re.compile(r"\.(c|cc|cpp|cs|go|h|hpp|java|js|jsx|kt|lua|php|rb|rs|scala|swift|ts|tsx|zig)$")
_SMALL, _MEDIUM = 6_000, 40_000
"""Characters of a request up to which it is small, or medium."""


def task_type(request: ModelRequest) -> TaskType:
    """Return what kind of work a call is for: by the agent first, then by its files and by the words used."""
    if request.role in _OF_ROLE:
        return _OF_ROLE[request.role]
    brief = request.brief
    files = brief.task.files if brief is not None and brief.task is not None else ()
    foreign = [file for file in files if _CODE.search(file)]
    if foreign and not any(PurePosixPath(file).suffix in _PYTHON for file in files):
        return "other languages"
    words = _words(request)
    for kind, pattern in _BY_WORDS:
        if re.search(rf"\b({pattern})\b", words):
            return kind
    return "code generation"


def size_of(request: ModelRequest) -> Size:
    """Return how large a request is, by its characters."""
    length = request_length(request)
    return "small" if length <= _SMALL else "medium" if length <= _MEDIUM else "large"


def request_length(request: ModelRequest) -> int:
    """Return the characters that are sent."""
    return len(request.system) + sum(len(message.text) for message in request.messages)


def _words(request: ModelRequest) -> str:
    brief = request.brief
    if brief is None:
        return ""
    title = brief.task.title if brief.task is not None else ""
    return f"{title} {brief.order.request[:2000]}".lower()
