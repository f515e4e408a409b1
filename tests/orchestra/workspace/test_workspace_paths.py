"""What a path from outside may name."""

from pathlib import Path

import pytest

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.workspace.paths import printable, real_relative_path, relative_path


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("src/app.py", "src/app.py"),
        ("./src//app.py", "src/app.py"),
        ("src/", "src"),
        ("a b/ü.txt", "a b/ü.txt"),
        ("...", "..."),
        ("..hidden/x", "..hidden/x"),
        ("%2e%2e/x", "%2e%2e/x"),
    ],
)
def test_a_relative_path_is_cleaned(given: str, clean: str) -> None:
    assert relative_path(given) == clean


@pytest.mark.parametrize(
    "path",
    [
        "",
        "   ",
        ".",
        "./",
        "..",
        "../x",
        "a/../../x",
        "a/..",
        "/etc/passwd",
        "//host/share/x",
        "\\\\host\\share\\x",
        "\\\\?\\C:\\x",
        "C:\\x",
        "c:x",
        "C:/x",
        "a\\b",
        "..\\x",
        "~/x",
        "~root/x",
        "a\0b",
        "a\nb",
        "a\x1b[31m",
        "a\x7f",
        "a\x9b",
        "a\ud800",
        "x" * 256,
        "/".join(["abc"] * 400),
    ],
)
def test_an_unsafe_path_is_refused_by_name(path: str) -> None:
    with pytest.raises(WorkspaceError) as caught:
        relative_path(path)
    assert repr(path[:200]) in str(caught.value)
    assert "src/app.py" in str(caught.value)


@pytest.mark.parametrize("path", ["CON", "a/nul.txt", "com1", "a/b.", "a/b ", "a?b", "x/LPT9.log", "ab:stream"])
def test_names_windows_keeps_for_itself_are_refused_there_only(path: str) -> None:
    with pytest.raises(WorkspaceError, match="Windows"):
        relative_path(path, windows=True)
    assert relative_path(path, windows=False) == path


def test_links_inside_are_followed_and_links_out_refused(tmp_path: Path) -> None:
    root, outside = tmp_path / "ws", tmp_path / "outside"
    (root / "real").mkdir(parents=True)
    outside.mkdir()
    (root / "inner").symlink_to("real")
    (root / "outer").symlink_to(outside)
    (root / "absolute").symlink_to("/etc/passwd")
    (root / "circle").symlink_to("circle")
    assert real_relative_path(root, "inner/new.py") == "real/new.py"
    assert real_relative_path(root, "absent/new.py") == "absent/new.py"
    for path in ("outer/x", "outer", "absolute"):
        with pytest.raises(WorkspaceError, match="leads out"):
            real_relative_path(root, path)
    (root / "self").symlink_to(".")
    with pytest.raises(WorkspaceError, match="leads out"):
        real_relative_path(root, "self")


def test_names_that_cannot_be_shown_are_known() -> None:
    assert printable("ü b.py")
    assert not any(map(printable, ["a\nb", "a\\b", "a\x1bb", "a\udcffb"]))
