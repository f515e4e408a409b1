"""Arguments are checked by hand: nothing is coerced, and each refusal names the argument and the mend."""

from typing import Any, get_args

import pytest
from pygls.exceptions import JsonRpcInvalidParams

from codecompanion.contracts.orders import RunMode
from codecompanion.server.commands import COMMANDS, module_of
from codecompanion.server.commands.arguments import KINDS, Arguments, Mode, read_arguments

TAKES = ("request", "run_id", "tasks", "seconds", "range", "diagnostics", "offline", "workspace", "mode")
POSITION = {"line": 0, "character": 0}


def read(*given: Any) -> Arguments:
    return read_arguments("orchestra.x", given, TAKES, "request")


def test_an_object_in_camel_case() -> None:
    assert read({"request": "go", "runId": "run-1"}) == Arguments(request="go", run_id="run-1")


@pytest.mark.parametrize("given", [(), (None,), ({},), ({"request": None},)])
def test_nothing_given_is_nothing_set(given: tuple[Any, ...]) -> None:
    assert read(*given) == Arguments()


def test_a_bare_string_stands_for_the_main_argument() -> None:
    assert read("go").request == "go"


@pytest.mark.parametrize(
    ("given", "named", "mend"),
    [
        ({"request": 3}, "'request'", "text"),
        ({"offline": "yes"}, "'offline'", "true or false"),
        ({"tasks": True}, "'tasks'", "a whole number from 1 to 60"),
        ({"tasks": 0}, "'tasks'", "a whole number from 1 to 60"),
        ({"tasks": 2.5}, "'tasks'", "a whole number"),
        ({"seconds": 61}, "'seconds'", "a number from 0 to 60"),
        ({"seconds": float("nan")}, "'seconds'", "a number"),
        ({"range": [0, 1]}, "'range'", '"start"'),
        ({"range": {"start": POSITION}}, "'range'", '"start"'),
        ({"range": {"start": POSITION, "end": {"line": -1, "character": 0}}}, "'range'", '"start"'),
        ({"diagnostics": "x"}, "'diagnostics'", "a list"),
        ({"diagnostics": [3]}, "'diagnostics'", "a list"),
        ({"workspace": ""}, "'workspace'", "text"),
        ({"mode": "manual"}, "'mode'", "one of automatic, stepwise, approve"),
        ({"reqest": "go"}, "'reqest'", "did you mean 'request'?"),
        ({"zzz": 1}, "'zzz'", "known: request"),
        (7, "orchestra.x", "an object, or just the request as text"),
        ([], "orchestra.x", "an object"),
    ],
)
def test_a_wrong_argument_is_refused_with_its_name_and_the_mend(given: Any, named: str, mend: str) -> None:
    with pytest.raises(JsonRpcInvalidParams) as refused:
        read(given)
    assert named in str(refused.value.message)
    assert mend in str(refused.value.message)


def test_more_than_one_argument_is_refused() -> None:
    with pytest.raises(JsonRpcInvalidParams, match="takes one argument"):
        read({}, {})


def test_a_long_value_is_not_repeated_whole() -> None:
    with pytest.raises(JsonRpcInvalidParams) as refused:
        read({"offline": "x" * 10_000})
    assert len(str(refused.value.message)) < 200


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        ({}, None),
        ({"step": True}, "stepwise"),
        ({"step": False}, "automatic"),
        ({"mode": "approve"}, "approve"),
        ({"mode": "automatic", "step": True}, "automatic"),
    ],
)
def test_the_mode_has_two_names(given: dict[str, Any], mode: str | None) -> None:
    assert read_arguments("orchestra.x", [given], ("step", "mode")).chosen_mode == mode


def test_the_modes_are_those_of_the_contracts() -> None:
    assert get_args(Mode) == get_args(RunMode)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_a_module_that_names_what_it_takes(command: str) -> None:
    module = module_of(command)
    assert set(module.TAKES) <= set(KINDS)
    assert module.BARE == "" or module.BARE in module.TAKES
    assert (module.__doc__ or "").startswith(f"`orchestra.{command}`")
