"""What is in the sdist and in the wheel that is built from it."""

import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest

from codecompanion.server.app import VERSION

ROOT = Path(__file__).parents[2]
LAYERS = ("server", "orchestra", "router", "memory")


def files_beneath(folder: Path) -> set[str]:
    """Return the relative paths of a folder's files, less what Python keeps for itself."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in found if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def wheel_files(distributions: Any) -> set[str]:
    with zipfile.ZipFile(distributions.wheel) as wheel:
        return {name for name in wheel.namelist() if not name.endswith("/")}


@pytest.fixture(scope="module")
def metadata(distributions: Any, wheel_files: set[str]) -> Message:
    [name] = [name for name in wheel_files if name.endswith(".dist-info/METADATA")]
    with zipfile.ZipFile(distributions.wheel) as wheel:
        return Parser().parsestr(wheel.read(name).decode("utf-8"))


def test_the_wheel_holds_every_file_of_the_layers_and_nothing_else(wheel_files: set[str]) -> None:
    expected = set.union(*(files_beneath(ROOT / layer) for layer in LAYERS))
    packaged = {name for name in wheel_files if ".dist-info/" not in name}
    assert packaged == expected


@pytest.mark.parametrize(
    "pattern",
    [
        "codecompanion/orchestra/prompts/*.md",
        "codecompanion/orchestra/templates/files/**/*.j2",
        "codecompanion/memory/migrations/*.sql",
        "codecompanion/*/py.typed",
    ],
)
def test_the_wheel_holds_what_is_no_python(wheel_files: set[str], pattern: str) -> None:
    in_checkout = {path for layer in LAYERS for path in (ROOT / layer).glob(pattern)}
    assert in_checkout, f"{pattern} names nothing: has it moved?"
    assert {path.relative_to(ROOT).as_posix().partition("/")[2] for path in in_checkout} <= wheel_files


def test_the_sdist_holds_what_a_packager_needs(distributions: Any) -> None:
    with tarfile.open(distributions.sdist) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"README.md", "LICENSE", "CHANGELOG.md", "Makefile", "pyproject.toml", "tests/conftest.py"} <= names
    assert {"docs/architecture.md", "editor-clients/neovim/plugin/orchestra.lua"} <= names
    assert not [name for name in names if name.startswith((".venv/", ".parts/", "shared/"))]


def test_the_metadata_says_what_the_program_says(metadata: Message) -> None:
    assert metadata["Name"] == "codecompanion-orchestra"
    assert metadata["Version"] == VERSION
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == "<3.14,>=3.11"


def test_only_what_the_program_needs_is_installed_with_it(metadata: Message) -> None:
    required = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    development = ("pytest", "ruff", "mypy", "hypothesis", "llmock", "import-linter", "build", "hatchling")
    assert len(required) > 5
    assert not [line for line in required if line.startswith(development)]


def test_the_wheel_holds_its_licence_and_both_console_scripts(
    distributions: Any, wheel_files: set[str]
) -> None:
    [licence] = [name for name in wheel_files if name.endswith("licenses/LICENSE")]
    [scripts] = [name for name in wheel_files if name.endswith(".dist-info/entry_points.txt")]
    with zipfile.ZipFile(distributions.wheel) as wheel:
        assert wheel.read(licence) == (ROOT / "LICENSE").read_bytes()
        text = wheel.read(scripts).decode()
    assert text.count(" = codecompanion.server.cli:main\n") == 2
