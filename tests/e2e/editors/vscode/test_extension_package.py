"""The extension as it is given away: its manifest says what the server can do, and its package installs."""

import asyncio
import re
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from codecompanion.server.commands import COMMANDS
from tests.e2e.editors.vscode.contributed import MANIFEST, manifest, with_fresh_settings

EXTENSION = MANIFEST.parent
ROOT = EXTENSION.parents[1]
FOR_PROGRAMS = {"editPlan"}
"""Commands that take what nobody types into a question."""
WITHOUT_THE_SERVER = {"budget", "models", "learned", "restart"}
"""Commands of the extension alone: they show what `orchestra` prints, or are about the server itself."""


def test_the_settings_are_those_of_the_server() -> None:
    how = "bring it up to date with `python -m tests.e2e.editors.vscode.contributed`"
    assert manifest() == with_fresh_settings(manifest()), how


def test_every_command_for_people_is_in_the_palette() -> None:
    contributed = manifest()["contributes"]["commands"]
    names = {one["command"].removeprefix("orchestra.") for one in contributed}
    assert names == (set(COMMANDS) - FOR_PROGRAMS) | WITHOUT_THE_SERVER
    assert {one["category"] for one in contributed} == {"Orchestra"}
    titles = [one["title"] for one in contributed]
    assert len(set(titles)) == len(titles)


def test_it_is_of_the_same_version_and_licence_as_the_server() -> None:
    assert manifest()["version"] == version("codecompanion-orchestra")
    assert (EXTENSION / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_the_lock_names_no_place_to_fetch_from() -> None:
    lock = (EXTENSION / "package-lock.json").read_text("utf-8")
    assert re.findall(r'"resolved":.*', lock) == []


@pytest.mark.needs("vscode-packages", "code-server")
def test_its_types_are_right(node: str) -> None:
    check = [node, "node_modules/typescript/bin/tsc"]
    ended = subprocess.run(check, cwd=EXTENSION, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.slow
@pytest.mark.needs("vscode-packages", "code-server")
async def test_its_package_installs(code_server: Any, node: str, tmp_path: Path) -> None:
    package = tmp_path / "orchestra.vsix"
    making = (node, "node_modules/@vscode/vsce/vsce", "package", "--out", str(package))
    made = await asyncio.to_thread(
        subprocess.run, making, cwd=EXTENSION, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr
    with ZipFile(package) as parts:
        names = set(parts.namelist())
    ours = {path.relative_to(EXTENSION).as_posix() for path in (EXTENSION / "src").rglob("*.js")}
    assert {f"extension/{name}" for name in ours} == {n for n in names if n.startswith("extension/src/")}
    assert "extension/LICENSE.txt" in names
    assert "extension/node_modules/vscode-languageclient/lib/node/main.js" in names
    assert not any("typescript" in name for name in names)
    assert "was successfully installed" in await code_server("--install-extension", str(package))
    (installed,) = (tmp_path / "extensions").glob("codecompanion.codecompanion-orchestra-*")
    assert (installed / "src" / "extension.js").is_file()
