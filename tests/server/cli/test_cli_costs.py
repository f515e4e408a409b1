"""Before a run the person is asked about what it may cost; after it they are told what it did cost."""

import asyncio
import json
import os
import pty
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts.spending import Charge, Payer
from codecompanion.server.cli_commands import agreeing
from codecompanion.server.spending import open_ledger

DONE: dict[str, Any] = {"steps": [], "end": {"phase": "done", "tests_passed": 1, "tests_failed": 0}}
PAID = {"OPENAI_API_KEY": "any-key", "ORCHESTRA_BUDGET_RUN": "2", "ORCHESTRA_BUDGET_TELL_ABOVE": "1"}


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], int]]:
    """Type at the terminal that standard input is."""
    ours, theirs = pty.openpty()
    monkeypatch.setattr(agreeing, "STDIN", theirs)
    with os.fdopen(theirs, encoding="utf-8") as terminal:
        # the fixture that runs the command puts an empty input in its place
        monkeypatch.setattr(agreeing, "sys", _Streams(terminal))
        yield partial(os.write, ours)
    os.close(ours)


class _Streams:
    """The streams of a terminal."""

    def __init__(self, stdin: Any) -> None:
        self.stdin = stdin

    @property
    def stderr(self) -> Any:
        return sys.stderr


def test_where_nobody_can_be_asked_nothing_begins_and_it_is_said_how_to_go_on(run_here: Any) -> None:
    code, _, err = run_here(DONE, "do it", env=PAID)
    assert code == 3
    assert "Not begun: nobody was there to agree. This run may cost up to $2.00." in err
    assert "--yes, or raise budget.tellAbove" in err
    assert "parts closed" not in err
    code, out, _ = run_here(DONE, "do it", "--json", env=PAID)
    assert (code, json.loads(out)["exitCode"]) == (3, 3)


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        (["--yes"], {}),
        (["--offline"], {}),
        ([], {"ORCHESTRA_BUDGET_TELL_ABOVE": "2"}),
        ([], {"ORCHESTRA_BUDGET_TELL_ABOVE": ""}),
        ([], {"OPENAI_API_KEY": ""}),  # nobody is set up, so nothing can cost anything
        (
            [],
            {
                "OPENAI_API_KEY": "",
                "ORCHESTRA_LOCAL_BASE_URL": "http://127.0.0.1:9",
                "ORCHESTRA_LOCAL_MODEL": "m",
            },
        ),
    ],
)
def test_nobody_is_asked_without_need(run_here: Any, arguments: list[str], env: dict[str, str]) -> None:
    code, _, err = run_here(DONE, "do it", *arguments, env={**PAID, **env})
    assert (code, "may cost" in err) == (0, False)


def test_without_a_budget_that_bounds_it_that_is_asked(run_here: Any) -> None:
    code, _, err = run_here(DONE, "do it", env={**PAID, "ORCHESTRA_BUDGET_RUN": ""})
    assert code == 3
    assert "No budget bounds what this run may cost: set budget.run to bound it." in err


@pytest.mark.parametrize(("typed", "code"), [(b"y\n", 0), (b"n\n", 3), (b"\n", 3), (b"\x04", 3)])
def test_on_a_terminal_the_person_decides(
    run_here: Any, keyboard: Callable[[bytes], int], typed: bytes, code: int
) -> None:
    keyboard(typed)
    ended, _, err = run_here(DONE, "do it", env=PAID)
    assert ended == code
    assert err.count("This run may cost up to $2.00. Shall it begin? [y/N]") == 1


async def _spend(environ: dict[str, str]) -> None:
    ledger = await asyncio.to_thread(open_ledger, environ)
    for number, micros in enumerate((1_234_567, 8)):
        payer = Payer(
            call_id=str(number), run_id="run-1", task_id="t", role="Debugger", provider="openai", model="m"
        )
        await ledger.record(payer, [], Charge(micros=micros, input_tokens=10, sure=not number))
    await ledger.close()


def test_a_run_ends_with_its_statement(run_here: Any, environ: dict[str, str], tmp_path: Path) -> None:
    asyncio.run(_spend(environ))
    code, out, _ = run_here(DONE, "do it")
    assert code == 0
    assert "$1.234575 spent in run run-1" in out
    assert "Debugger         openai/m" in out
    assert "1 call of these ended without a report" in out
    said = json.loads(run_here(DONE, "do it", "--json")[1])["statement"]
    assert (said["micros"], said["unsureMicros"], said["lines"][0]["calls"]) == (1_234_575, 8, 2)


def test_a_run_that_cost_nothing_has_none(run_here: Any) -> None:
    _, out, _ = run_here(DONE, "do it")
    assert "spent in run" not in out
    assert json.loads(run_here(DONE, "do it", "--json")[1])["statement"] is None
