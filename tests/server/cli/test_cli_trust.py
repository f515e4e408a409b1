"""`orchestra trust`, and what `orchestra run` does in a folder that is not trusted."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from codecompanion.server.cli_commands import trust as trust_module
from codecompanion.server.cli_commands.trust import demand_trust, trust
from codecompanion.server.trust.folders import Untrusted


@pytest.fixture
def own(environ: dict[str, str]) -> dict[str, str]:
    """The environment of a person who has trusted nothing yet."""
    return {name: value for name, value in environ.items() if name != "ORCHESTRA_TRUSTED_FOLDERS"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws/app.py").write_text("x = 1\n")
    return tmp_path / "ws"


def test_trust_is_given_listed_and_taken_back(
    own: dict[str, str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*words: str) -> str:
        assert trust(words, own) == 0
        return capsys.readouterr().out

    assert said("--list").startswith("No folder is trusted yet.\n")
    assert said(str(folder)) == f"Trusted from now on: {folder}\n"
    assert said("--list").startswith(f"{folder}\n")
    assert json.loads(said("--list", "--json"))["folders"] == [str(folder)]
    assert said(str(folder), "--remove") == f"No longer trusted: {folder}\n"
    assert said(str(folder), "--remove") == f"Was not trusted: {folder}\n"


def test_the_list_says_how_tests_are_confined(own: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert trust(["--list", "--json"], own) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sandbox"] in ("bubblewrap", "landlock", "asking", "refusing")
    assert trust(["--list"], own) == 0
    assert f"Tests here: {told['sandbox']} (" in capsys.readouterr().out


def test_no_run_begins_in_an_untrusted_folder(
    run_here: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "work/app.py").write_text("x = 1\n")
    unset = {"ORCHESTRA_TRUSTED_FOLDERS": ""}
    code, out, err = run_here({"steps": []}, "do it", "--json", env=unset)
    assert code == 2
    assert "is not trusted yet" in json.loads(out)["error"]
    assert "parts closed" not in err
    end: dict[str, Any] = {"phase": "done", "tests_passed": 1, "tests_failed": 0}
    code, _, err = run_here({"steps": [], "end": end}, "do it", "--trust", env=unset)
    assert (code, "parts closed" in err) == (0, True)


def test_an_empty_folder_is_trusted_unasked_and_stays_so(own: dict[str, str], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    demand_trust(empty, environ=own)
    (empty / "made.py").touch()
    demand_trust(empty, environ=own)


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """What is written to it is typed at the terminal that standard input is."""
    ours, theirs = pty.openpty()
    monkeypatch.setattr(trust_module, "STDIN", theirs)
    with os.fdopen(theirs, encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        yield ours
    os.close(ours)


@pytest.mark.parametrize(
    ("answer", "trusted"), [("y", True), ("yes", True), ("n", False), ("", False), ("Y ", True)]
)
def test_on_a_terminal_the_person_is_asked_once(  # noqa: PLR0917
    own: dict[str, str],
    folder: Path,
    keyboard: int,
    capsys: pytest.CaptureFixture[str],
    answer: str,
    trusted: bool,
) -> None:
    os.write(keyboard, f"{answer}\n".encode())
    if trusted:
        demand_trust(folder, environ=own)
        demand_trust(folder, environ=own)
    else:
        with pytest.raises(Untrusted):
            demand_trust(folder, environ=own)
    assert capsys.readouterr().err.count(f"Do you trust the files in {folder}?") == 1


def test_no_key_is_read_for_the_question(
    own: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keys = tmp_path / "home/.config/orchestra/keys.toml"
    keys.parent.mkdir(parents=True)
    keys.mkdir()  # reading it would be a problem that is told
    monkeypatch.setattr("codecompanion.server.settings.keys.read_keyring", lambda provider: 1 / 0)
    with pytest.raises(Untrusted):
        demand_trust(folder, environ=own)


def test_the_command_is_there(orchestra: Callable[..., "subprocess.CompletedProcess[str]"]) -> None:
    ended = orchestra("trust", "--list", "--json")
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["folders"] == []
