"""What a log that came from elsewhere, and links in a cloned data folder, must not make this program write."""

from pathlib import Path

import pytest

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.replay.documents import Document
from codecompanion.orchestra.review.pending_files import PendingFile
from codecompanion.server.review.previews import drop_preview, write_preview
from codecompanion.server.runs.documents_out import write_documents
from codecompanion.server.runs.fork_folder import make_fork_folder

HOSTILE = (".git/hooks/pre-commit", ".vscode/tasks.json", "a/.ENVRC", "../outside", "/etc/hostile")


@pytest.mark.parametrize("path", HOSTILE)
def test_a_replay_writes_no_protected_document(tmp_path: Path, path: str) -> None:
    documents = [Document("app.py", "x\n"), Document(path, "hostile")]
    with pytest.raises(WorkspaceError):
        write_documents(documents, str(tmp_path / "out"), tmp_path / "ws")
    assert not (tmp_path / "out").exists()


def test_a_fork_has_no_protected_text_from_the_log(tmp_path: Path) -> None:
    workspace, fork = tmp_path / "ws", tmp_path / "forks/run-x"
    (workspace / ".vscode").mkdir(parents=True)
    (workspace / ".vscode/tasks.json").write_text("mine")
    texts = {"app.py": "x\n", ".vscode/tasks.json": "hostile", ".husky/pre-commit": "hostile"}
    make_fork_folder(workspace, fork, texts)
    found = {path.relative_to(fork).as_posix(): path.read_text() for path in fork.rglob("*") if path.is_file()}
    assert found == {"app.py": "x\n", ".vscode/tasks.json": "mine"}


@pytest.mark.parametrize(
    "linked", ["previews", "previews/run-1", "previews/run-1/src", "previews/run-1/src/app.py"]
)
def test_previews_are_never_written_or_removed_through_links(tmp_path: Path, linked: str) -> None:
    data, outside = tmp_path / "ws/.orchestra", tmp_path / "outside"
    (outside / "run-1/src").mkdir(parents=True)
    (outside / "src").mkdir()
    kept = [outside / "app.py", outside / "src/app.py", outside / "run-1/src/app.py"]
    for file in kept:
        file.write_text("mine")
    place = data / linked
    place.parent.mkdir(parents=True)
    place.symlink_to(outside / "app.py" if linked.endswith(".py") else outside)
    before = sorted(outside.rglob("*"))
    file = PendingFile("run-1", "src/app.py", "old", "new")
    if linked.endswith(".py"):
        # the link itself makes way
        assert write_preview(data, file).read_text() == "new"
    else:
        with pytest.raises(WorkspaceError, match=r"link|not a folder"):
            write_preview(data, file)
    drop_preview(data, "run-1", "src/app.py")
    assert sorted(outside.rglob("*")) == before
    assert {path.read_text() for path in kept} == {"mine"}
