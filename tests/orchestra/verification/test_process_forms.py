"""How processes are grouped, limited and ended on each platform."""

import subprocess
import sys
from pathlib import Path

import pytest

from codecompanion.orchestra.verification.process_limits import ProcessLimits, limited
from codecompanion.orchestra.verification.process_tree import (
    creation_flags,
    has_sessions,
    marked_processes,
    taskkill_command,
)


def test_children_head_their_own_group_everywhere() -> None:
    assert (has_sessions("linux"), creation_flags("linux")) == (True, 0)
    assert (has_sessions("darwin"), creation_flags("darwin")) == (True, 0)
    assert (has_sessions("win32"), creation_flags("win32")) == (False, 0x200)
    assert taskkill_command(42) == ["taskkill", "/F", "/T", "/PID", "42"]


def test_the_launcher_sets_limits_and_becomes_the_program() -> None:
    argv = limited(("/bin/echo", "a b", "*"), ProcessLimits(), "darwin")
    assert argv[:4] == (sys.executable, "-I", "-S", "-c")
    names = {pair.partition("=")[0] for pair in argv[5].split(",")}
    assert names == {"CPU", "AS", "DATA", "FSIZE", "CORE", "NPROC"}
    assert subprocess.run(argv, capture_output=True, check=True).stdout == b"a b *\n"
    assert limited(("x.exe",), ProcessLimits(), "win32") == ("x.exe",)


def test_on_linux_a_program_of_the_system_sets_them_quicker() -> None:
    argv = limited(("/bin/echo", "hi"), ProcessLimits(), "linux", find=lambda name: f"/usr/bin/{name}")
    assert argv[0] == "/usr/bin/prlimit"
    assert argv[-3:] == ("--", "/bin/echo", "hi")
    names = {word.partition("=")[0] for word in argv[1:-3]}
    assert names == {"--cpu", "--as", "--data", "--fsize", "--core", "--nproc"}
    assert limited(("/bin/echo",), ProcessLimits(), "linux", find=lambda name: None)[0] == sys.executable


def test_never_more_is_allowed_than_this_process_may_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda kind: (7, 7))
    argv = limited(("/bin/true",), ProcessLimits(core=0), "linux", find=lambda name: name)
    assert argv[1:5] == ("--cpu=7", "--as=7", "--data=7", "--fsize=7")
    assert "--core=0" in argv


def test_processes_are_known_by_the_mark_of_their_run(tmp_path: Path) -> None:
    for pid, environ in {
        "12": b"A=1\0ORCHESTRA_RUN_MARK=me\0",
        "13": b"ORCHESTRA_RUN_MARK=other\0",
        "x": b"",
    }.items():
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "environ").write_bytes(environ)
    (tmp_path / "14").mkdir()
    assert list(marked_processes("me", tmp_path)) == [12]
    assert list(marked_processes("me", tmp_path / "absent")) == []
