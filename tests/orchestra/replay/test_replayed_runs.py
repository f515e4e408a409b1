"""A real run, looked at at every one of its events: what is rebuilt is what was there."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.errors import BadRequest, OrchestraError
from codecompanion.orchestra.replay.moments import Moment, moment_of
from codecompanion.orchestra.replay.replay import Material, replay
from codecompanion.orchestra.replay.story import sentence
from codecompanion.orchestra.runs.evolve import fold

FORBIDDEN = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.remove",
    "os.rename",
)
WRITING = (
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "shutil.",
    "sqlite3.",
    "urllib.",
)
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_watching = False


class ActedOnTheWorld(BaseException):
    """A replay did something; no handler of ordinary faults can hide it."""


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching:
        return
    if (event == "open" and arguments[2] & WRITES) or event.startswith((*FORBIDDEN, *WRITING)):
        raise ActedOnTheWorld(f"{event} {arguments!r}")


sys.addaudithook(_hook)


@contextmanager
def no_effects() -> Iterator[None]:
    """Make every socket, process and write of this process raise."""
    global _watching  # noqa: PLW0603 - an audit hook cannot be taken out again, only told to look away
    _watching = True
    try:
        yield
    finally:
        _watching = False


def test_the_guard_sees_what_it_should(tmp_path: Any) -> None:
    import socket
    import subprocess

    for act in (
        lambda: socket.create_connection(("127.0.0.1", 9)),
        lambda: subprocess.run(["true"], check=False),
        lambda: (tmp_path / "x").write_text("x"),
        (tmp_path / "x").mkdir,
    ):
        with pytest.raises(ActedOnTheWorld), no_effects():
            act()


def test_every_moment_is_rebuilt_without_a_model_a_process_or_a_write(
    mended_run: Any,
) -> None:
    history = mended_run.history
    material = Material("run", history)
    shown: dict[str, str] = {}
    for one in history:
        with no_effects():
            seen = replay(material, Moment(one.version, one.at))
            told = sentence(one.body)
        assert told
        assert seen.state == fold(x.body for x in history[: one.version])
        if isinstance(one.body, e.EditSettled):
            shown = mended_run.texts_after[one.body.outcome.edit_id]
        assert {path: d.text for path, d in seen.documents.items() if d.text is not None} == shown
        assert seen.problems == ()
    assert seen.status.phase == "done"
    assert "return a + b" in (seen.documents["calc.py"].text or "")
    assert seen.last_version == len(history)


def test_conversations_artifacts_spending_and_tests_are_those_of_the_moment(mended_run: Any) -> None:
    history = mended_run.history
    material = Material("run", history)
    tested = next(one for one in history if one.body.event == "tests_ran")
    seen = replay(material, Moment(tested.version, tested.at))
    assert [str(c.role) for c in seen.conversations] == ["ProjectManager", "CodeGenerator", "TestWriter"]
    asked, answered = seen.conversations[1].turns
    assert (asked.speaker, answered.speaker) == ("agent", "model")
    assert "an adder" in asked.text
    assert "return a - b" in answered.text
    assert {ref.kind for ref in seen.artifacts} >= {"plan", "file", "tests"}
    assert seen.state.spending.calls == 3
    assert [report.failed for report in seen.state.reports] == [1]
    assert "return a - b" in (seen.documents["calc.py"].text or "")


def test_every_event_has_its_sentence(mended_run: Any) -> None:
    told = [sentence(one.body) for one in mended_run.history]
    assert told[0] == "The run was started (project): “an adder”"
    assert told[-1].startswith("The run ended (done): 2 files written")
    assert all(line and "\n" not in line for line in told)
    assert "The edit of calc.py is in place" in told


def test_a_moment_is_an_event_a_time_or_the_last(mended_run: Any) -> None:
    history = mended_run.history
    assert moment_of(history, None) == moment_of(history, "last")
    assert moment_of(history, "3").version == 3
    at = history[4].at
    from datetime import UTC, datetime

    said = datetime.fromtimestamp(at, UTC)
    assert moment_of(history, said.isoformat()).version >= 4
    clock = said.strftime("%H:%M:%S.%f")
    assert moment_of(history, clock, UTC).version >= 4
    for wrong in ("0", str(len(history) + 1), "9" * 5000, "yesterday", "1999-01-01T00:00:00Z", "25:00", "-1"):
        with pytest.raises(BadRequest):
            moment_of(history, wrong)


def test_a_history_that_cannot_be_followed_is_said_to_be_so(mended_run: Any) -> None:
    history = mended_run.history
    with pytest.raises(OrchestraError, match="has lost its event 3"):
        replay(Material("r", [*history[:2], *history[3:]]), Moment(5, 0.0))
    headless = [one.model_copy(update={"version": one.version - 1}) for one in history[1:]]
    with pytest.raises(OrchestraError, match=r"no beginning|cannot be followed"):
        replay(Material("r", headless), Moment(4, 0.0))
    settled = next(one for one in history if one.body.event == "edit_settled")
    orphan = [history[0], settled.model_copy(update={"version": 2})]
    with pytest.raises(OrchestraError, match="cannot be followed: KeyError"):
        replay(Material("r", orphan), Moment(2, 0.0))
