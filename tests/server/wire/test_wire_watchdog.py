"""Is the parent alive: the question in each platform's form."""

import os
import subprocess
import sys
import threading

import pytest

from codecompanion.server.wire.watchdog import (
    ParentWatch,
    alive_on_linux,
    alive_on_posix,
    alive_on_windows,
    liveness_check,
)


class Kernel32:
    """What Windows says of process 1 (running), 2 (ended, someone still holds it) and any other (unknown)."""

    def __init__(self):
        self.closed = []

    def OpenProcess(self, access, inherit, pid):  # noqa: N802
        assert (access, inherit) == (0x00100000, False)
        return pid if pid in (1, 2) else 0

    def WaitForSingleObject(self, handle, milliseconds):  # noqa: N802
        return 0x102 if handle == 1 and milliseconds == 0 else 0

    def CloseHandle(self, handle):  # noqa: N802
        self.closed.append(handle)


def raising(error):
    def kill(pid, number):
        assert number == 0
        raise error

    return kill


def test_windows():
    kernel = Kernel32()
    assert [alive_on_windows(pid, kernel) for pid in (1, 2, 3)] == [True, False, False]
    assert kernel.closed == [1, 2]


@pytest.mark.parametrize(
    ("error", "alive"), [(ProcessLookupError(), False), (PermissionError(), True), (OverflowError(), False)]
)
def test_posix_answers(error, alive):
    assert alive_on_posix(7, raising(error)) is alive


@pytest.mark.parametrize(
    ("stat", "alive"),
    [
        (b"7 (vim) S 1 7", True),
        (b"7 (odd) Z (name) R 1", True),
        (b"7 (vim) Z 1 7", False),
        (b"7 (vim) X 1 7", False),
        (None, False),
    ],
)
def test_linux_answers(tmp_path, stat, alive):
    if stat is not None:
        (tmp_path / "7").mkdir()
        (tmp_path / "7" / "stat").write_bytes(stat)
    assert alive_on_linux(7, tmp_path) is alive


@pytest.mark.parametrize(
    ("platform", "question"),
    [
        ("win32", alive_on_windows),
        ("linux", alive_on_linux),
        ("darwin", alive_on_posix),
        ("freebsd14", alive_on_posix),
    ],
)
def test_each_platform_has_its_question(platform, question):
    assert liveness_check(platform) is question


@pytest.mark.skipif(sys.platform == "win32", reason="asks POSIX questions")
def test_a_real_process_before_and_after_its_end():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert alive_on_posix(child.pid) and liveness_check()(child.pid)
    child.communicate(b"\n")
    assert not alive_on_posix(child.pid) and not liveness_check()(child.pid)
    assert liveness_check()(os.getpid())


def test_the_end_is_told_once():
    gone, answers = threading.Event(), iter([True, True, True, False])
    watch = ParentWatch(7, gone.set, poll=0.005, alive=lambda pid: next(answers))
    assert watch.start()
    assert gone.wait(5)
    assert next(answers, "asked no more") == "asked no more"


@pytest.mark.parametrize("pid", [0, -1, 2**40])
def test_what_is_no_process_here_is_not_watched(pid):
    assert not ParentWatch(pid, lambda: None).start()


def test_a_stopped_watch_asks_no_more():
    asked = []
    watch = ParentWatch(7, lambda: None, poll=0.005, alive=lambda pid: not asked.append(pid))
    watch.start()
    watch.stop()
    for thread in threading.enumerate():
        if thread.name == "wire-parent-watch":
            thread.join(5)
    count = len(asked)
    assert count <= 2
