"""What kind of run a written request becomes, and how the settings complete an order."""

from dataclasses import replace
from pathlib import Path

import pytest

from codecompanion.contracts.errors import BadRequest
from codecompanion.orchestra.workspace.view import Workspace
from codecompanion.server.editor.orders import order_for
from codecompanion.server.editor.work import Origin, Pointing, Work
from codecompanion.server.settings.model import Settings
from codecompanion.server.wire.folders import WorkspaceFolder


def written(root: Path, path: str, first: int, last: int, language: str = "") -> Work:
    return Work(
        kind=None,
        request="make it so",
        folder=WorkspaceFolder(root.as_uri(), root.name, str(root)),
        pointing=Pointing(path, first, last),
        origin=Origin((root / path).as_uri(), "make it so", language),
    )


@pytest.mark.parametrize(
    ("files", "path", "language", "kind"),
    [
        ({"notes.md": "orchestra: make it so\n", "app.py": "x\n"}, "notes.md", "markdown", "project"),
        ({"notes.txt": "orchestra: make it so\n"}, "notes.txt", "plaintext", "project"),
        ({"app.py": "# orchestra: make it so\n"}, "app.py", "python", "project"),
        (
            {"app.py": "# orchestra: make it so\n", "README.md": "x\n", "a.toml": ""},
            "app.py",
            "python",
            "project",
        ),
        ({"app.py": "# orchestra: make it so\nx = 1\n"}, "app.py", "python", "change"),
        ({"app.py": "# orchestra: make it so\n", "lib/other.rs": "x\n"}, "app.py", "python", "change"),
        ({"unheard.of": "# orchestra: make it so\nmore\n"}, "unheard.of", "", "change"),
    ],
)
def test_the_kind_depends_on_the_file_and_the_workspace(
    tmp_path: Path, files: dict[str, str], path: str, language: str, kind: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    order = order_for(written(tmp_path, path, 1, 1, language), Settings(), Workspace(tmp_path))
    assert order.kind == kind
    assert order.workspace == str(tmp_path.resolve())


def test_what_a_command_leaves_open_is_as_set(tmp_path: Path) -> None:
    work = Work(kind="project", request="x", folder=WorkspaceFolder(tmp_path.as_uri(), "w", str(tmp_path)))
    settings = Settings(offline=True, stepwise=True, max_repairs=7)
    order = order_for(work, settings, Workspace(tmp_path))
    assert (order.offline, order.mode, order.max_repairs) == (True, "stepwise", 7)
    assert order.simulation is None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".env", "TOKEN=1\n"),
        ("Server.PEM", ""),
        ("innocent.txt", ""),
        ("app.py", "-----BEGIN PRIVATE KEY-----\n" + "A" * 64),
    ],
)
def test_nobody_points_a_model_at_a_secret(tmp_path: Path, path: str, text: str) -> None:
    (tmp_path / ".env").touch()
    (tmp_path / "innocent.txt").symlink_to(".env")
    work = replace(written(tmp_path, path, 1, 1), kind="change", pointing=Pointing(path, 1, 1, text))
    with pytest.raises(BadRequest, match=f"{path!r} holds secrets, so none of it is sent to a model"):
        order_for(work, Settings(), Workspace(tmp_path))
