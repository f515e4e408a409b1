"""The pages people read, and the shell blocks in them; a test that takes ``page`` or ``block`` gets each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "editor-clients").glob("*/*.md")),
]
_BLOCK = re.compile(r"^[ \t]*```sh\n(.*?)^[ \t]*```", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"(^|\s)#\s.*$", re.MULTILINE)


@dataclass(frozen=True)
class ShellBlock:
    """A block of commands, one a line, without comments; ``place`` is page and line."""

    place: str
    commands: tuple[str, ...]


def shell_blocks(text: str, name: str) -> Iterator[ShellBlock]:
    """Yield the ```` ```sh ```` blocks of a page."""
    for block in _BLOCK.finditer(text):
        lines = _COMMENT.sub("", block[1]).replace("\\\n", " ").splitlines()
        commands = tuple(" ".join(line.split()) for line in lines if line.strip())
        yield ShellBlock(f"{name}:{text.count(chr(10), 0, block.start()) + 1}", commands)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names = {page: page.relative_to(ROOT).as_posix() for page in PAGES}
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", PAGES, ids=names.values())
    if "block" in metafunc.fixturenames:
        blocks = [
            block for page, name in names.items() for block in shell_blocks(page.read_text("utf-8"), name)
        ]
        metafunc.parametrize("block", blocks, ids=[block.place for block in blocks])


@pytest.fixture
def block_of() -> object:
    """Return the one shell block of a text."""

    def only(text: str) -> ShellBlock:
        [block] = shell_blocks(text, "a page")
        return block

    return only
