"""Every command that a page shows in a shell block works; the table below says how that is known."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
LONGEST = 120


def names_a_target(command: str) -> None:
    """Demand that `make` knows the target; what it does is tested elsewhere, for `make demo` in tests/demo."""
    dry_run = [*shlex.split(command), "--dry-run"]
    ended = subprocess.run(dry_run, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr


def names_our_distribution(command: str) -> None:
    """Demand our name and extras that exist; that the distribution installs is tested in tests/packaging."""
    ours = metadata("codecompanion-orchestra")
    requirement = Requirement(shlex.split(command)[-1])
    assert requirement.name == ours["Name"]
    assert requirement.extras <= set(ours.get_all("Provides-Extra", []))


def names_a_script(command: str) -> None:
    """Demand a script of the VS Code extension; what it makes is tested in tests/e2e/editors/vscode."""
    manifest = json.loads((ROOT / "editor-clients" / "vscode" / "package.json").read_text("utf-8"))
    assert shlex.split(command)[-1] in manifest["scripts"]


def needs_the_network(command: str) -> None:
    """Leave alone what fetches from a place that tests do not reach."""


def is_tried_in_code_server(command: str) -> None:
    """Leave alone what tests/e2e/editors/vscode does with the same editor's form for browsers."""


RUN: Callable[[str], None] | None = None
"""Such a command is run, with the rest of its block, in an empty folder, without a key."""

COVERAGE: tuple[tuple[str, Callable[[str], None] | None], ...] = (
    (r"make( \w+)?( \w+=(\"[^\"]*\"|\S+))*", names_a_target),
    (r"(python3? -m )?pip install (--upgrade )?\S*codecompanion-orchestra\S*", names_our_distribution),
    (r"pipx (install|run) \S*codecompanion-orchestra\S*", names_our_distribution),
    (r"git clone \S+( \S+)?", needs_the_network),
    (r"npm ci --ignore-scripts", needs_the_network),
    (r"npm run \w+", names_a_script),
    (r"code --install-extension orchestra\.vsix", is_tried_in_code_server),
    (r"orchestra (run|runs|db|keys|router|schema|blame|patch|undo|review|--version|--help)\b.*", RUN),
    (r"(cd|mkdir|export|printf|echo|ls|cat|node|python3?) .*", RUN),
)


def run_block(block: Any, folder: Path) -> None:
    """Do with each command what the table says; raises ``AssertionError`` for one it does not hold."""
    script = []
    for command in block.commands:
        known = [how for pattern, how in COVERAGE if re.fullmatch(pattern, command)]
        assert known, f"{block.place}: the table in {Path(__file__).name} does not cover {command!r}"
        if known[0] is RUN:
            script.append(command)
        else:
            known[0](command)
    if script:
        _run(block.place, script, folder)


def _run(place: str, script: list[str], folder: Path) -> None:
    environ = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder), "LANG": "C.UTF-8"}
    environ["PYTHON_KEYRING_BACKEND"] = os.environ["PYTHON_KEYRING_BACKEND"]
    ended = subprocess.run(
        ["sh", "-eu", "-c", "\n".join(script)],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert ended.returncode == 0, f"{place}\n{ended.stdout}{ended.stderr}"


def test_the_commands_of_a_block_work(block: Any, tmp_path: Path) -> None:
    run_block(block, tmp_path)


def test_shell_blocks_are_marked_so_that_they_are_found(page: Path) -> None:
    other = re.findall(r"^\s*```(bash|shell|console|zsh|shellsession)\b", page.read_text("utf-8"), re.MULTILINE)
    assert other == [], "mark it as ```sh, so that its commands are tested"


BAD = {
    "not in the table": "curl http://127.0.0.1/",
    "no such target": "make coffee",
    "someone else's package": 'pip install "codecompanion-orchestras"',
    "no such extra": 'pip install "codecompanion-orchestra[magic]"',
    "no such option": "orchestra keys --all",
    "fails after one that works": "mkdir here\ncd there",
}


@pytest.mark.parametrize("commands", BAD.values(), ids=BAD.keys())
def test_a_wrong_command_is_noticed(commands: str, block_of: Any, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        run_block(block_of(f"```sh\n{commands}\n```\n"), tmp_path)


def test_a_block_is_run_as_one_script_without_its_comments(block_of: Any, tmp_path: Path) -> None:
    block = block_of(
        "Text.\n\n```sh\nmkdir a  # a folder\n# nothing\ncd a\necho 'b c' \\\n  > d\nmake demo\n```\n"
    )
    assert block.commands == ("mkdir a", "cd a", "echo 'b c' > d", "make demo")
    run_block(block, tmp_path)
    assert (tmp_path / "a" / "d").read_text() == "b c\n"
