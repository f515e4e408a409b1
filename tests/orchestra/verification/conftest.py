"""Small projects whose tests are really run."""

import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from codecompanion.contracts.consent import ConsentGiven
from codecompanion.orchestra.verification.project_tests import ProjectTests

MakeProject = Callable[[dict[str, str]], Path]


@pytest.fixture
def project(tmp_path: Path) -> MakeProject:
    """Write files (path → text) as a project, and return its folder."""

    def make(files: dict[str, str]) -> Path:
        root = tmp_path / "project"
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        return root

    return make


@pytest.fixture
async def runner(tmp_path: Path) -> AsyncIterator[ProjectTests]:
    """The product's runner on this machine's rung, each command allowed; its copies are removed at the end."""
    parent = tmp_path / "temp"
    parent.mkdir()
    tests = ProjectTests(parent=parent, seconds=60, consent=ConsentGiven())
    yield tests
    await tests.close()
    assert list(parent.iterdir()) == []


@pytest.fixture
def fingerprint() -> Callable[[Path], dict[str, str]]:
    """Return every path of a folder with a hash of its content and its permissions."""

    def of(root: Path) -> dict[str, str]:
        return {
            str(path.relative_to(root)): (
                hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
            )
            + oct(path.stat().st_mode)
            for path in root.rglob("*")
        }

    return of
