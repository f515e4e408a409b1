"""Ctrl-C stops gently, then at once; a terminal shows bars."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("scripted_run.py")
HANGING = {
    "hang": True,
    "steps": [{"percent": 10, "text": "begun"}],
    "end": {"phase": "done", "tests_passed": 1, "tests_failed": 0},
}


class Running:
    """A scripted run under way; ``until`` reads its standard error."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.seen = ""

    def until(self, text: str) -> None:
        assert self.process.stderr is not None
        begun = time.monotonic()
        while text not in self.seen:
            assert time.monotonic() - begun < 20, self.seen
            chunk = os.read(self.process.stderr.fileno(), 4096).decode()
            assert chunk, f"ended without {text!r}: {self.seen}"
            self.seen += chunk

    def end(self) -> tuple[int, str]:
        out, err = self.process.communicate(timeout=20)
        self.seen += err.decode()
        return self.process.returncode, out.decode()


@pytest.fixture
def start(environ, tmp_path):
    begun = []

    def start_(scenario, *arguments, stdin=subprocess.DEVNULL):
        process = subprocess.Popen(
            [sys.executable, "-P", SCRIPT, json.dumps(scenario), "x", "--workspace", str(tmp_path), *arguments],
            env=environ,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        begun.append(process)
        return Running(process)

    yield start_
    for process in begun:
        process.kill()
        process.communicate()


def test_the_first_ctrl_c_stops_gently(start):
    running = start(HANGING)
    running.until("begun")
    running.process.send_signal(signal.SIGINT)
    code, out = running.end()
    assert code == 130
    assert "Stopping; press Ctrl-C again to end at once." in running.seen
    assert "Stopped. interrupted on the command line" in out
    assert "parts closed" in running.seen
    assert "Traceback" not in running.seen


def test_a_termination_signal_stops_gently_too(start):
    running = start(HANGING, "--json")
    running.until("begun")
    running.process.send_signal(signal.SIGTERM)
    code, out = running.end()
    assert code == json.loads(out)["exitCode"] == 143


def test_the_second_ctrl_c_ends_what_does_not_stop(start):
    running = start({**HANGING, "deaf": True})
    running.until("begun")
    running.process.send_signal(signal.SIGINT)
    running.until("Stopping")
    running.process.send_signal(signal.SIGINT)
    code, out = running.end()
    assert (code, out) == (130, "")
    assert "Traceback" not in running.seen


def test_the_third_ctrl_c_ends_even_a_loop_that_hangs(start):
    running = start({**HANGING, "stuck": True})
    running.until("begun")
    for _ in range(3):
        running.process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    assert running.end() == (130, "")


def test_ctrl_c_ends_a_run_that_waits_for_enter(start):
    waiting = {"steps": [{"phase": "waiting", "text": "next is Debugger"}], "end": HANGING["end"]}
    running = start(waiting, "--step", stdin=subprocess.PIPE)
    running.until("Press Enter to let it go.")
    running.process.send_signal(signal.SIGINT)
    running.until("Stopping")
    running.process.wait(20)
    assert running.process.returncode == 130


def test_a_terminal_gets_a_bar_for_each_agent(environ, tmp_path):
    tasks = [
        {"task_id": "a", "title": "[red]Code[/red]", "role": "CodeGenerator", "phase": "done"},
        {"task_id": "b", "title": "Tests", "role": "TestWriter", "phase": "running", "done": 1, "total": 4,
         "text": "1 of 4 tests written"},
    ]  # fmt: skip
    end = {"phase": "done", "tests_passed": 1, "tests_failed": 0, "tasks": tasks}
    scenario = {"steps": [{"percent": 50, "text": "half way", "tasks": tasks}], "end": end}
    ours, theirs = pty.openpty()
    command = [sys.executable, "-P", SCRIPT, json.dumps(scenario), "x", "--workspace", str(tmp_path)]
    process = subprocess.Popen(
        command, env={**environ, "TERM": "xterm", "COLUMNS": "120"}, stdout=subprocess.PIPE, stderr=theirs
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:  # how Linux says that the terminal's other end is closed
            break
        seen += chunk
    os.close(ours)
    out, _ = process.communicate(timeout=20)
    shown = seen.decode()
    assert process.returncode == 0
    assert b"Done." in out
    assert "\x1b[" in shown
    assert "━" in shown
    assert "CodeGenerator" in shown
    assert "[red]Code[/red]" in shown
    assert "TestWriter" in shown
    assert "1 of 4 tests written" in shown
