"""What commands take: one object in camelCase, or for people at a command palette a bare string.

The table of all arguments is the class below; each command names those it takes. Nothing is coerced: a value of
the wrong type is refused with the name of the argument and an example of a right one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal, get_args, get_type_hints

from pygls.exceptions import JsonRpcInvalidParams

_LONGEST_NAME = 4_096
Mode = Literal["automatic", "stepwise", "approve"]
Landing = Literal["live", "verified", "review"]
"""The contracts' ``RunMode`` and ``Landing``, which are not loaded for a look at arguments."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: what is said of it when it is missed, its JSON Schema, and whether a value is one."""

    expects: str
    schema: dict[str, Any]
    accepts: Callable[[Any], bool]


def _whole(least: int, most: int) -> Kind:
    return Kind(
        f"a whole number from {least} to {most}",
        {"type": "integer", "minimum": least, "maximum": most},
        lambda value: type(value) is int and least <= value <= most,
    )


def _number(least: float, most: float) -> Kind:
    return Kind(
        f"a number from {least:g} to {most:g}",
        {"type": "number", "minimum": least, "maximum": most},
        lambda value: type(value) in (int, float) and least <= value <= most,
    )


def _is_position(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and type(value.get("line")) is int
        and type(value.get("character")) is int
        and value["line"] >= 0
    )


def _is_range(value: Any) -> bool:
    return isinstance(value, dict) and _is_position(value.get("start")) and _is_position(value.get("end"))


def _is_diagnostics(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str | dict) for item in value)


_POSITION = {
    "type": "object",
    "required": ["line", "character"],
    "properties": {"line": {"type": "integer", "minimum": 0}, "character": {"type": "integer"}},
}
_TEXT = Kind("text", {"type": "string"}, lambda value: isinstance(value, str))
_NAME = Kind(
    "text",
    {"type": "string", "minLength": 1, "maxLength": _LONGEST_NAME},
    lambda value: isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME,
)
_FLAG = Kind("true or false", {"type": "boolean"}, lambda value: isinstance(value, bool))
_MODE = Kind(
    f"one of {', '.join(get_args(Mode))}",
    {"type": "string", "enum": list(get_args(Mode))},
    lambda value: isinstance(value, str) and value in get_args(Mode),
)
_LANDING = Kind(
    f"one of {', '.join(get_args(Landing))}",
    {"type": "string", "enum": list(get_args(Landing))},
    lambda value: isinstance(value, str) and value in get_args(Landing),
)
_RANGE = Kind(
    'a range such as {"start": {"line": 0, "character": 0}, "end": {"line": 3, "character": 0}}',
    {
        "type": "object",
        "required": ["start", "end"],
        "properties": {"start": _POSITION, "end": _POSITION},
        "description": "an LSP range; whole lines of it count",
    },
    _is_range,
)
_DIAGNOSTICS = Kind(
    "a list of LSP diagnostics, or of texts such as 'src/app.py:3: name is not defined'",
    {"type": "array", "items": {"type": ["string", "object"]}},
    _is_diagnostics,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """Every argument of every command; None where it was not given."""

    request: Annotated[str | None, _TEXT, "What you want, in a sentence."] = None
    workspace: Annotated[
        str | None, _NAME, "The folder to work in: absolute path, file: URI, or the name of an open folder."
    ] = None
    uri: Annotated[str | None, _NAME, "The document meant."] = None
    range: Annotated[dict[str, Any] | None, _RANGE, "The lines meant; all of the document without it."] = None
    diagnostics: Annotated[list[Any] | None, _DIAGNOSTICS, "The problems to fix."] = None
    template: Annotated[str | None, _NAME, "What to build from when no model is used."] = None
    offline: Annotated[bool | None, _FLAG, "Use no model, only the built-in templates."] = None
    step: Annotated[bool | None, _FLAG, "Wait for `orchestra.next` before each agent."] = None
    mode: Annotated[
        Mode | None, _MODE, "How the run goes on: by itself, step by step, or once the plan is approved."
    ] = None
    landing: Annotated[
        Landing | None, _LANDING, "When its edits come into your files: at once, once green, or once let in."
    ] = None
    run_id: Annotated[str | None, _NAME, "The run meant; the most recent fitting one without it."] = None
    role: Annotated[str | None, _NAME, "Only the part of this agent, such as 'TestWriter'."] = None
    path: Annotated[str | None, _NAME, "The file meant, from the folder on, such as 'src/shop.py'."] = None
    hunk: Annotated[str | None, _NAME, "The single change meant, by its name or number in the list."] = None
    task_id: Annotated[str | None, _NAME, "The task meant."] = None
    text: Annotated[str | None, _TEXT, "The words: for the agent, or of the whole plan document."] = None
    instruction: Annotated[str | None, _TEXT, "What to tell the next agent besides."] = None
    tasks: Annotated[int | None, _whole(1, 60), "How many pretended tasks."] = None
    seconds: Annotated[float | None, _number(0, 60), "How long each pretended task takes."] = None
    file: Annotated[str | None, _NAME, "The file to write; relative to the folder, or absolute."] = None
    force: Annotated[bool | None, _FLAG, "Replace the file if it is there."] = None
    to: Annotated[str | None, _NAME, "The moment to look at: an event's number, a time, or 'last'."] = None
    at: Annotated[str | None, _NAME, "The event to go on from: its number, or a time."] = None
    full: Annotated[bool | None, _FLAG, "Every word that was said, and the documents' texts."] = None
    other: Annotated[str | None, _NAME, "The other run."] = None
    title: Annotated[str | None, _NAME, "The run's new name."] = None
    archived: Annotated[bool | None, _FLAG, "Whether archived runs are meant."] = None
    dry_run: Annotated[bool | None, _FLAG, "Only say what would be removed."] = None
    agent: Annotated[str | None, _NAME, "Only what this agent did, or 'user'."] = None
    type: Annotated[str | None, _NAME, "Only events of this type, such as 'edit_settled'."] = None
    task: Annotated[str | None, _NAME, "Only what belongs to the task of this id."] = None
    correlation: Annotated[str | None, _NAME, "Only what hangs together by this id."] = None
    since: Annotated[str | None, _NAME, "Not before this time, such as 14:05 or 2026-11-25T14:05."] = None
    until: Annotated[str | None, _NAME, "Not after this time."] = None
    model: Annotated[str | None, _NAME, "The model that does the rest, such as local/qwen2.5-coder:7b."] = None
    answer: Annotated[str | None, _TEXT, "What to answer instead, where the event is an answer."] = None
    remove: Annotated[bool | None, _FLAG, "Take it back instead."] = None
    check: Annotated[bool | None, _FLAG, "Ask each provider whether it takes the key."] = None

    @property
    def chosen_mode(self) -> Mode | None:
        """The mode asked for, by its name or as ``step``; None leaves it to the settings."""
        if self.mode is None and self.step is not None:
            return "stepwise" if self.step else "automatic"
        return self.mode


def _kinds() -> dict[str, tuple[Kind, str]]:
    hints = get_type_hints(Arguments, include_extras=True)
    return {name: hint.__metadata__ for name, hint in hints.items()}


KINDS = _kinds()
"""Python name → kind and description."""


def wire_name(name: str) -> str:
    """Return a Python name in camelCase, as JSON has it."""
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def read_arguments(command: str, given: Sequence[Any], takes: Sequence[str], bare: str = "") -> Arguments:
    """Return the checked arguments of a call; raises ``JsonRpcInvalidParams``.

    ``takes`` are the Python names the command knows, ``bare`` the one that a single string stands for.
    """
    if len(given) > 1:
        raise JsonRpcInvalidParams(f"{command} takes one argument, an object; {len(given)} were sent")
    value = given[0] if given else None
    if isinstance(value, str) and bare:
        value = {wire_name(bare): value}
    if value is None:
        return Arguments()
    if not isinstance(value, dict):
        or_text = f", or just the {wire_name(bare)} as text" if bare else ""
        raise JsonRpcInvalidParams(f"{command} takes an object{or_text}, not {_shown(value)}")
    names = {wire_name(name): name for name in takes}
    return Arguments(
        **{_known(command, key, names): _checked(command, key, value[key], names) for key in value}
    )


def _known(command: str, key: str, names: dict[str, str]) -> str:
    if key in names:
        return names[key]
    near = get_close_matches(key[:60], names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names) or 'none'}"
    raise JsonRpcInvalidParams(f"unknown argument {key[:60]!r} of {command}; {hint}")


def _checked(command: str, key: str, value: Any, names: dict[str, str]) -> Any:
    # null is how some clients say "not given"
    if value is None:
        return None
    kind, _ = KINDS[_known(command, key, names)]
    if not kind.accepts(value):
        raise JsonRpcInvalidParams(f"{key!r} of {command} must be {kind.expects}, not {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
