"""`orchestra run --approve` on a terminal: the plan is shown, edited in an editor, approved or not."""

import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

REQUEST = "an API service for a library with books and loans"


class Terminal:
    """The real command line with a terminal as its standard input."""

    def __init__(self, environ: dict[str, str], folder: Path, *arguments: str) -> None:
        self.keys, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "codecompanion.server.cli", *arguments],
            env=environ,
            cwd=folder,
            stdin=slave,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(slave)
        self.seen = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        while piece := self.process.stderr.read(1):
            self.seen += piece

    def until(self, text: str, times: int = 1) -> None:
        end = time.monotonic() + 30
        while self.seen.count(text) < times:
            assert time.monotonic() < end, self.seen
            assert self.process.poll() is None, self.seen
            time.sleep(0.01)

    def type(self, text: str) -> None:
        os.write(self.keys, text.encode())

    def end(self) -> tuple[int, str]:
        assert self.process.stdout is not None
        out = self.process.stdout.read()
        return self.process.wait(30), out

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        os.close(self.keys)


@pytest.fixture
def terminal(environ: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []
    folder = tmp_path / "work"
    folder.mkdir()

    def start(*arguments: str, **env: str) -> Terminal:
        opened.append(Terminal({**environ, **env}, folder, *arguments))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def test_the_plan_is_shown_edited_and_carried_out(terminal: Callable[..., Any], tmp_path: Path) -> None:
    script = tmp_path / "editor.py"
    script.write_text(
        "import pathlib, sys\n"
        "file = pathlib.Path(sys.argv[1])\n"
        "text = file.read_text()\n"
        "bad = not pathlib.Path('seen').exists()\n"
        "pathlib.Path('seen').touch()\n"
        "lines = text.splitlines()\n"
        "lines[0] = '# Plan: in my own words'\n"
        "file.write_text('\\n'.join(lines + (['nonsense'] if bad else [])) + '\\n')\n"
    )
    running = terminal("run", REQUEST, "--offline", "--approve", EDITOR=f"{sys.executable} {script}")
    running.until("Carry out this plan?")
    assert "# Plan: " in running.seen
    assert "- agent: CodeGenerator" in running.seen
    assert not list((tmp_path / "work").glob("*.py"))
    running.type("e\n")
    running.until("The plan stays as it was: line ")
    running.until("Carry out this plan?", 2)
    assert "'nonsense' cannot be read" in running.seen
    running.type("what?\n")
    running.until("Carry out this plan?", 3)
    running.type("e\n")
    running.until("# Plan: in my own words")
    running.until("Carry out this plan?", 4)
    running.type("y\n")
    code, out = running.end()
    assert code == 0, running.seen
    assert "tests pass" in out


@pytest.mark.parametrize("answer", ["n\n", "\x04"], ids=["no", "end of input"])
def test_who_says_no_gets_no_file(terminal: Callable[..., Any], tmp_path: Path, answer: str) -> None:
    running = terminal("run", REQUEST, "--offline", "--approve")
    running.until("Carry out this plan?")
    running.type(answer)
    code, out = running.end()
    assert code == 1
    assert "No file was changed" in out
    assert [path.name for path in (tmp_path / "work").iterdir()] == [".orchestra"]


def test_without_a_terminal_it_is_refused(orchestra: Callable[..., Any]) -> None:
    ended = orchestra("run", REQUEST, "--offline", "--approve")
    assert ended.returncode == 2
    assert "--approve asks you about the plan, and standard input is no terminal" in ended.stderr
    ended = orchestra("run", REQUEST, "--offline", env={"ORCHESTRA_APPROVE": "true"})
    assert ended.returncode == 2
    assert "the setting `approve` asks you about the plan" in ended.stderr


def test_step_and_approve_exclude_each_other(orchestra: Callable[..., Any]) -> None:
    ended = orchestra("run", "x", "--step", "--approve")
    assert ended.returncode == 2
    assert "--step and --approve exclude each other" in ended.stderr


def test_what_is_typed_before_enter_is_told_to_the_next_agent(
    orchestra: Callable[..., Any], tmp_path: Path
) -> None:
    ended = orchestra("run", REQUEST, "--offline", "--step", stdin="use few words\n" + "\n" * 20)
    assert ended.returncode == 0, ended.stderr
    told = orchestra("runs", "show")
    assert "use few words" in told.stdout
