"""More than 150 spellings of places no agent may touch, each really written to: by path, and by URI.

CVE-2025-59944 (case), CVE-2026-39861 and CVE-2025-54794 (links, prefixes, traversal).
"""

import asyncio
import contextlib
import hashlib
import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from codecompanion.contracts.edits import DeleteFile, FileEdit, RenameFile, ReplaceBlock, WholeFile
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
.config/orchestra/orchestra.toml .config/orchestra/keys.toml .claude/settings.json .cursor/mcp.json
.codex/config.toml .githooks/pre-commit .config/git/config .config/fish/conf.d/x.fish
.config/autostart/x.desktop .config/systemd/user/x.service
.gdbinit .pdbrc .emacs .emacs.d/init.el .tmux.conf .devcontainer.json .gitpod.yml
mise.toml .xprofile a/b.code-workspace head bare/HEAD
"""
SHORT_NAMES = """
GIT~1/config git~1/config Git~2/hooks/x VSCODE~1/tasks.json MCP~1.JSO ENV~1 GITMOD~1 BASHRC~1 PROFIL~1 IDEA~1/x
HUSKY~1/pre-commit ORCHES~1/x SSH~1/config
"""
INVISIBLE = """
.g\u200dit/config .gi\u2060t/config .git\u200b/config \u2060.git/config .\u202egit/config .git\ufeff/config
.env\u00ad
.git\ufe0f/config .g\u034fit/hooks/x .env\u3164 .git\U000e0101/config
.v\u017fcode/tasks.json .\uff47\uff49\uff54/config \uff0egit/config .\u2170dea/workspace.xml
"""
WAYS_OUT = r"""
../outside/file ../../x .. ../ a/../../outside/file ./../outside/file a/b/../../../outside/file a/./../../x
....//x/../../outside/f ..\outside\file a\..\..\x \\server\share\x C:\x C:x c:/x C:/Windows/x //server/share/x \
/etc/hostile /tmp/hostile ~/.bashrc ~root/x ~ /
\\?\C:\x \\.\pipe\x /dev/null /proc/self/environ a/../b/../.. file:///etc/x file:/etc/x http://localhost/x
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
    "a\u2028b",
    "a\u2029b",
    "a\rb",
    "a\tb",
    "\ud800x",
    "",
    " ",
    ".",
    "./",
]
TRAVERSING = [*WAYS_OUT.split(), *UNSPEAKABLE, "x" * 300, "a/" * 600 + "x"]
LINKED = LINKS.split()
CORPUS = [*PROTECTED, *DISGUISED, *TRAVERSING, *LINKED]


def every_edit_of(path: str) -> list[FileEdit]:
    """Return an edit of each kind that would touch a path."""
    return [
        WholeFile(path=path, text="hostile"),
        ReplaceBlock(path=path, search=CANARY, replace="hostile"),
        DeleteFile(path=path),
        RenameFile(path=path, to="free.txt"),
        RenameFile(path="a/b/c.py", to=path),
    ]


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
        for edit in every_edit_of(path):
            outcome = await edits.push(f"edit-{number}", edit, "hostile")
            assert (outcome.state, edit) == ("failed", edit), outcome
            assert outcome.reason
        try:
            assert CANARY not in view.read(path), path
        except WorkspaceError:
            continue
    assert fingerprint(base) == before


async def test_what_is_encoded_is_a_name_like_any_other_and_never_decoded(base: Path, tmp_path: Path) -> None:
    """It comes to a file inside the folder, or to nothing."""
    before = fingerprint(base)
    root = base / "ws"
    spellings = (
        *("%2e%2e/outside/file", "..%2foutside%2ffile", "%252e%252e/x", "a%00b", "%2egit/config", "&#46;git/x"),
        *(
            "..%c0%af/x",
            "%u002e%u002e/x",
            "\uff0e\uff0e/outside/x",
            "\u2025/x",
            "..\u2215outside/file",
            "file%3a/x",
        ),
    )
    for path in spellings:
        outcome = await DiskEdits(root).push("e", WholeFile(path=path, text="x\n"), "x")
        assert outcome.state in ("confirmed", "failed")
        if outcome.state == "confirmed":
            place = (root / path).resolve()
            assert root in place.parents
            assert place.read_text() == "x\n"
            place.unlink()
            for folder in place.parents:
                if folder == root:
                    break
                folder.rmdir()
    assert fingerprint(base) == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has none of these")
async def test_what_is_no_file_is_neither_read_nor_written_nor_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        with contextlib.suppress(PermissionError):
            os.mknod(tmp_path / "device", stat.S_IFCHR | 0o666, os.makedev(1, 5))
        (tmp_path / "to-device").symlink_to("/dev/zero")
        (tmp_path / "folder").mkdir()
        names = [path.name for path in tmp_path.iterdir()]
        kinds = {name: stat.S_IFMT((tmp_path / name).lstat().st_mode) for name in names}
        async with asyncio.timeout(20):
            for name in names:
                for edit in every_edit_of(name):
                    assert (await DiskEdits(tmp_path).push("e", edit, "x")).state == "failed", edit
                with pytest.raises(WorkspaceError):
                    Workspace(tmp_path).read(name)
        present = {path.name: stat.S_IFMT(path.lstat().st_mode) for path in tmp_path.iterdir()}
        assert present == kinds


HOOK_CONFIGURATIONS = (
    "[core]\n\thooksPath = tools/hooks\n",
    '[Core]\n; a comment\n HOOKSPATH="tools/hooks"\n',
    "[core] hooksPath = ./tools/../tools/hooks # here\n",
    "[core]\n\thooksPath = {root}/tools/hooks\n",
)


@pytest.mark.parametrize("configuration", HOOK_CONFIGURATIONS)
@pytest.mark.parametrize("form", ["folder", "working tree", "beneath"])
async def test_the_folder_of_hooks_that_a_repository_names_is_protected(
    tmp_path: Path, configuration: str, form: str
) -> None:
    top = tmp_path / "repository"
    root = top / "tools" if form == "beneath" else top
    git = tmp_path / "elsewhere" if form == "working tree" else top / ".git"
    (top / "tools").mkdir(parents=True)
    git.mkdir()
    (git / "config").write_text(configuration.format(root=top))
    if form == "working tree":
        (git / "worktrees/one").mkdir(parents=True)
        (git / "worktrees/one/commondir").write_text("../..\n")
        (top / ".git").write_text(f"gitdir: {git}/worktrees/one\n")
    (root / "way").symlink_to("hooks" if form == "beneath" else "tools/hooks")
    before = "" if form == "beneath" else "tools/"
    for path in (f"{before}hooks/pre-commit", f"{before}Hooks/new/x", "way/pre-commit"):
        outcome = await DiskEdits(root).push("e", WholeFile(path=path, text="hostile"), "x")
        assert (outcome.state, path) == ("failed", path)
        assert "core.hooksPath" in outcome.reason
    free = await DiskEdits(root).push("e", WholeFile(path=f"{before}hooks.py", text="x\n"), "x")
    assert free.state == "confirmed", free.reason


async def test_where_hooks_lie_among_the_files_only_their_names_are_protected(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/config").write_text("[core]\n\thooksPath = .\n")
    for path, state in {"pre-commit": "failed", "Post-Checkout": "failed", "app.py": "confirmed"}.items():
        outcome = await DiskEdits(tmp_path).push("e", WholeFile(path=path, text="x\n"), "x")
        assert (path, outcome.state) == (path, state)


async def test_a_file_swapped_for_a_link_meanwhile_leads_nowhere(tmp_path: Path) -> None:
    root, outside = tmp_path / "ws", tmp_path / "profile"
    root.mkdir()
    outside.write_text("before\n")
    (root / "link").symlink_to(outside)
    (root / "notes.txt").write_text("mine\n")
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            for one, other in (("notes.txt", "away"), ("link", "notes.txt"), ("notes.txt", "link")):
                with contextlib.suppress(FileNotFoundError):
                    (root / one).replace(root / other)
            with contextlib.suppress(FileNotFoundError):
                (root / "away").replace(root / "notes.txt")

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        for number in range(200):
            await DiskEdits(root).push("e", WholeFile(path="notes.txt", text=f"{number}\n"), "x")
    finally:
        done.set()
        swapping.join()
    assert outside.read_text() == "before\n"


async def test_ordinary_paths_beside_them_are_free(base: Path, tmp_path: Path) -> None:
    edits = DiskEdits(tmp_path)
    for path in (
        "git/config",
        ".gitignore",
        ".github/workflows/ci.yml",
        "digit~1.txt",
        "orchestra/app.py",
        "env.py",
        "src/header.py",
        "templates/head.html",
        ".config/app.toml",
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
        f"file://localhost{ws}/../outside/file",
        f"file://127.0.0.1{ws}/a.py",
        f"file://%6cocalhost{ws}/a.py",
        f"file://user@localhost{ws}/a.py",
        f"file://localhost:80{ws}/a.py",
        f"file://{ws}/a/%2e%2e%2f%2e%2e/x",
        f"file://{ws}/a%e2%80%a8b",
        f"file://{ws}%2f..%2foutside",
        f"jar:file://{ws}/a.py",
        f"vscode-remote://ssh{ws}/a.py",
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
    for path in ("a.py", "a/b.py", "with space.py", "ä/ö.py", "a+b#c?.py", "100%.py", "%2e%2e/x.py"):
        assert relative_to(folder, f"{folder.uri}/{quote(path)}") == path
    assert relative_to(folder, f"file://localhost{quote(folder.path)}/a.py") == "a.py"


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
