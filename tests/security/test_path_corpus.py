"""More than 150 spellings of places no agent may touch, each really written to: by path, and by URI.

CVE-2025-59944 (case), CVE-2026-39861 and CVE-2025-54794 (links, prefixes, traversal).
"""

import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from codecompanion.contracts.edits import WholeFile
from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.workspace.disk_edits import DiskEdits
from codecompanion.orchestra.workspace.safe_files import opened_folder
from codecompanion.orchestra.workspace.view import Workspace
from codecompanion.server.editor.places import relative_to
from codecompanion.server.wire.folders import WorkspaceFolder
from codecompanion.server.wire.uris import uri_from_path

CANARY = "canary-5f1e"

NAMES = """
.git/config .git/hooks/pre-commit .git .gitmodules .vscode/settings.json .vscode/tasks.json .idea/workspace.xml
.mcp.json .env .env.local .envrc .bashrc .bash_profile .profile .zshrc .zshenv .orchestra/orchestra.db
.orchestra/new .ssh/authorized_keys .npmrc .netrc .husky/pre-commit .exrc .nvim.lua .dir-locals.el id_rsa
.devcontainer/devcontainer.json a/.git/config a/b/.vscode/tasks.json a/.env .config/orchestra/trust.json
.config/orchestra/orchestra.toml .config/orchestra/keys.toml
"""
SHORT_NAMES = """
GIT~1/config git~1/config Git~2/hooks/x VSCODE~1/tasks.json MCP~1.JSO ENV~1 GITMOD~1 BASHRC~1 PROFIL~1 IDEA~1/x
HUSKY~1/pre-commit ORCHES~1/x SSH~1/config
"""
INVISIBLE = """
.g\u200dit/config .gi\u2060t/config .git\u200b/config \u2060.git/config .\u202egit/config .git\ufeff/config
.env\u00ad .v\u017fcode/tasks.json .\uff47\uff49\uff54/config \uff0egit/config .\u2170dea/workspace.xml
"""
WAYS_OUT = r"""
../outside/file ../../x .. ../ a/../../outside/file ./../outside/file a/b/../../../outside/file a/./../../x
....//x/../../outside/f ..\outside\file a\..\..\x \\server\share\x C:\x C:x c:/x C:/Windows/x //server/share/x \
/etc/hostile /tmp/hostile ~/.bashrc ~root/x ~ / file:///etc/x file:/etc/x http://localhost/x
"""
LINKS = """
out/file out/new out-file to-git/config to-git/hooks/x to-config deep/to-git/config up/outside/file loop loop/x
chain/config chained-out/file to-env abs-out/file OUT/../out/file
"""
PROTECTED = NAMES.split()
DISGUISED = [
    *(path.upper() for path in PROTECTED),
    *(path.title() for path in PROTECTED),
    *(f"./{path}" for path in PROTECTED[:8]),
    *(path.replace("/", "//") for path in PROTECTED if "/" in path),
    *(path.replace("/", ". /", 1) for path in PROTECTED[:2]),
    *(f"{path}{end}" for path in (".git", ".env") for end in (".", " ", "...", " .", "::$DATA", ":x")),
    *SHORT_NAMES.split(),
    *INVISIBLE.split(),
]
UNSPEAKABLE = [
    "a\0b",
    "\0",
    ".git\0/config",
    "a\nb",
    "a\x1b[31m",
    "a\x7fb",
    "a\u0085b",
    "\ud800x",
    "",
    " ",
    ".",
    "./",
]
TRAVERSING = [*WAYS_OUT.split(), *UNSPEAKABLE, "x" * 300, "a/" * 600 + "x"]
LINKED = LINKS.split()
CORPUS = [*PROTECTED, *DISGUISED, *TRAVERSING, *LINKED]


def fingerprint(base: Path) -> dict[str, str]:
    """Return every file of a folder with its hash, whatever links lead to it."""
    return {
        str(path.relative_to(base)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in base.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace ``ws`` with links of every kind, and beside it what must stay as it is."""
    base = tmp_path_factory.mktemp("corpus")
    files = (
        "ws/.git/config",
        "ws/.git/hooks/pre-commit",
        "ws/.env",
        "ws/a/b/c.py",
        "ws/deep/x.py",
        "outside/file",
    )
    for name in (*files, "outside/sub/file"):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text(CANARY if not name.endswith(".py") else "x = 1\n")
    links = {
        "out": "../outside",
        "out-file": "../outside/file",
        "to-git": ".git",
        "to-config": ".git/config",
        "deep/to-git": "../.git",
        "up": "..",
        "loop": "loop",
        "chain": "to-git",
        "chained-out": "out",
        "to-env": ".env",
        "abs-out": str(base / "outside"),
    }
    for name, target in links.items():
        (base / "ws" / name).symlink_to(target)
    return base


async def test_the_corpus_is_large_and_nothing_in_it_gets_through(base: Path) -> None:
    """All in one go: a test for each would take longer than the whole."""
    assert len(CORPUS) == len(set(CORPUS)) >= 150
    root, before = base / "ws", fingerprint(base)
    edits, view = DiskEdits(root), Workspace(root)
    for number, path in enumerate(CORPUS):
        outcome = await edits.push(f"edit-{number}", WholeFile(path=path, text="hostile"), "hostile")
        assert (outcome.state, path) == ("failed", path), outcome
        assert outcome.reason
        try:
            assert CANARY not in view.read(path), path
        except WorkspaceError:
            continue
    assert fingerprint(base) == before


async def test_ordinary_paths_beside_them_are_free(base: Path, tmp_path: Path) -> None:
    edits = DiskEdits(tmp_path)
    for path in (
        "git/config",
        ".gitignore",
        ".github/workflows/ci.yml",
        "digit~1.txt",
        "orchestra/app.py",
        "env.py",
    ):
        outcome = await edits.push("e", WholeFile(path=path, text="x\n"), "x")
        assert (outcome.state, path) == ("confirmed", path), outcome.reason


def uris(base: Path) -> Iterator[str]:
    """Yield spellings of URIs that lie outside the workspace, or pretend to lie inside."""
    ws, outside = quote(str(base / "ws")), quote(str(base / "outside/file"))
    for up in (
        "..",
        "%2e%2e",
        "%2E%2e",
        ".%2e",
        "%2e.",
        "a/../..",
        "a/%2e%2e/..",
        "./..",
        "%2e/%2e%2e",
        "b//..//..",
    ):
        yield f"file://{ws}/{up}/outside/file"
    for slash in ("%2f", "%2F", "%5c", "\\"):
        yield f"file://{ws}/..{slash}outside{slash}file"
    yield from (
        f"file://{outside}",
        f"file://{ws}x/file",
        f"file://{ws}%00/file",
        f"file://{ws}/a%00/../../outside",
    )
    yield from (
        f"file://server{ws}/a.py",
        f"file:////server{ws}/a",
        f"file://{ws}//a.py",
        f"file://{ws}///etc/x",
    )
    yield from (
        f"http://localhost{ws}/a.py",
        f"ftp://{ws}/a",
        f"{ws}/a.py",
        "",
        "file:",
        "file://",
        "untitled:a.py",
    )
    yield from (f"file://{ws}", f"file://{ws}/", f"file://{ws}/.", f"file://{ws}/a/.", f"file://{ws}/~root/x")
    yield from (f"file://{ws}/a%0ab", f"file://{ws}/a%1b%5b31m", f"file://{ws}/C:/x", f"file://{ws}/%ed%a0%80x")
    yield from (
        f"FILE://{ws.upper()}/A.PY",
        f"file:{ws}/../outside/file",
        f"file://{ws}/a/b/../../../outside/file",
    )


def test_a_uri_never_leads_out_of_its_folder(base: Path) -> None:
    folder = WorkspaceFolder(uri_from_path(str(base / "ws")), "ws", str(base / "ws"))
    hostile = list(uris(base))
    assert len(hostile) >= 35
    assert [uri for uri in hostile if relative_to(folder, uri) is not None] == []
    for path in ("a.py", "a/b.py", "with space.py", "ä/ö.py", "a+b#c?.py", "100%.py"):
        assert relative_to(folder, f"{folder.uri}/{quote(path)}") == path


def test_a_folder_swapped_for_a_link_a_thousand_times_leads_nowhere(tmp_path: Path) -> None:
    """The race between the look at a path and its use (TOCTOU), on the way every write of ours takes."""
    root, outside = tmp_path / "ws", tmp_path / "outside"
    (root / "dir").mkdir(parents=True)
    outside.mkdir()
    (root / "link").symlink_to(outside)
    swapped = threading.Event()

    def swap() -> None:
        folder, away, link = root / "dir", root / "away", root / "link"
        for _ in range(1_000):
            folder.rename(away)
            link.rename(folder)
            folder.rename(link)
            away.rename(folder)
        swapped.set()

    swapping = threading.Thread(target=swap)
    swapping.start()
    written = refused = 0
    while not swapped.is_set():
        try:
            with opened_folder(root, "dir") as opened:
                opened.create("new", b"hostile")
                os.replace("new", "file", src_dir_fd=opened.fd, dst_dir_fd=opened.fd)
                written += 1
        except OSError:
            refused += 1
    swapping.join()
    assert list(outside.iterdir()) == []
    assert written > 0
    assert refused > 0


async def test_a_hard_link_to_a_file_outside_is_parted_not_written_through(tmp_path: Path) -> None:
    root, outside = tmp_path / "ws", tmp_path / "profile"
    root.mkdir()
    outside.write_text("before\n")
    (root / "notes.txt").hardlink_to(outside)
    outcome = await DiskEdits(root).push("e", WholeFile(path="notes.txt", text="after\n"), "x")
    assert outcome.state == "confirmed"
    assert outside.read_text() == "before\n"
