"""Edits of real code: a file's text before and after, from version histories and by small changes."""

import random
import re
import subprocess
import sysconfig
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# fmt: off
STDLIB = (
    "argparse", "calendar", "cmd", "configparser", "csv", "fnmatch", "gettext", "heapq", "imaplib",
    "linecache", "mailbox", "netrc", "optparse", "pprint", "queue", "sched", "shlex", "smtplib",
    "statistics", "tarfile", "textwrap", "timeit", "trace", "wave", "zipfile", "json/decoder",
    "html/parser", "email/message", "unittest/case", "http/client", "logging/config", "urllib/parse",
    "asyncio/streams",
)
# fmt: on
_WORD = re.compile(r"\b[a-z][a-z_]{3,}\b")
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Edit:
    """A file before and after; both end their lines with LF."""

    path: str
    before: str
    after: str


def edits(rng: random.Random, *, history: int = 0) -> Iterator[Edit]:
    """Yield edits without end, the first ``history`` from this repository's versions if it has any."""
    yield from _from_history(history)
    sources = list(_sources())
    while True:
        path, text = rng.choice(sources)
        edit = _changed(path, text, rng)
        if edit is not None:
            yield edit


def _sources() -> Iterator[tuple[str, str]]:
    library = Path(sysconfig.get_path("stdlib"))
    for name in STDLIB:
        if (file := library / f"{name}.py").is_file():
            yield f"lib/{name}.py", file.read_text(encoding="utf-8")
    for pattern in (
        "editor-clients/*/*.js",
        "editor-clients/*/src/*.ts",
        "docs/*.md",
        "editor-clients/**/*.lua",
    ):
        for file in sorted(ROOT.glob(pattern))[:6]:
            yield file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")


def _changed(path: str, text: str, rng: random.Random) -> Edit | None:
    """Change one to three places, far enough apart to be edits of their own."""
    lines = text.split("\n")
    places = sorted(rng.sample(range(len(lines)), min(rng.choice((1, 1, 1, 2, 3)), len(lines))), reverse=True)
    new = list(lines)
    for at in places:
        rng.choice(_CHANGES)(new, at, rng)
    after = "\n".join(new)
    usable = (
        after != text
        and after.strip()
        and after.endswith("\n")
        and (not path.endswith(".py") or _compiles(after))
    )
    return Edit(path, text, after) if usable else None


def _compiles(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "<edit>", "exec", dont_inherit=True)
        except SyntaxError:
            return False
    return True


def _rename(lines: list[str], at: int, rng: random.Random) -> None:
    words = _WORD.findall(lines[at])
    if words:
        lines[at] = lines[at].replace(rng.choice(words), rng.choice(("limit", "other_name", "settings")))


def _insert(lines: list[str], at: int, rng: random.Random) -> None:
    if lines[at].strip():
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        added = rng.choice(
            (["check(value)"], ["first = 1", "second = 'two'"], ["if ready:", _step(lines) + "go()"])
        )
        lines[at:at] = [indent + line for line in added]


def _step(lines: list[str]) -> str:
    """Return one step of the file's indentation."""
    for step in ("    ", "\t", "  "):
        if any(line.startswith(step) and not line[len(step) :].startswith((" ", "\t")) for line in lines):
            return step
    return "    "


def _delete(lines: list[str], at: int, rng: random.Random) -> None:
    if lines[at].strip():
        del lines[at]


def _rewrite(lines: list[str], at: int, rng: random.Random) -> None:
    if lines[at].strip():
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        lines[at : at + rng.choice((1, 2))] = [f'{indent}total = compute("a", {rng.randrange(100)})']


def _wrap(lines: list[str], at: int, rng: random.Random) -> None:
    if lines[at].strip():
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        lines[at] = f"{indent}if enabled:\n{indent}{_step(lines)}{lines[at].strip()}"


def _move(lines: list[str], at: int, rng: random.Random) -> None:
    """Put a few lines elsewhere, as they are."""
    taken = lines[at : at + rng.choice((1, 2, 4))]
    if any(line.strip() for line in taken):
        del lines[at : at + len(taken)]
        to = max(0, min(len(lines), at + rng.choice((-12, -5, -2, 2, 5, 12))))
        lines[to:to] = taken


def _delete_many(lines: list[str], at: int, rng: random.Random) -> None:
    """Take out a whole block: a line, and all below it that is deeper."""
    if not lines[at].strip():
        return
    depth = len(lines[at]) - len(lines[at].lstrip())
    last = at + 1
    while last < min(len(lines) - 1, at + 40) and (
        not lines[last].strip() or len(lines[last]) - len(lines[last].lstrip()) > depth
    ):
        last += 1
    del lines[at:last]


_CHANGES = (_rename, _rename, _insert, _insert, _delete, _rewrite, _rewrite, _wrap, _move, _delete_many)


def _from_history(count: int) -> Iterator[Edit]:
    """Yield what people changed in this repository's own files, the newest first."""
    if not count:
        return
    found = 0
    for commit in _git("log", "--format=%H", "-n", "150", "--no-merges").split():
        names = _git("diff", "--name-only", "--diff-filter=M", f"{commit}~", commit).split("\n")
        for name in names[:12]:
            if found == count:
                return
            if not name.endswith((".py", ".md", ".js", ".ts", ".toml", ".lua")):
                continue
            before, after = _git("show", f"{commit}~:{name}"), _git("show", f"{commit}:{name}")
            if before and after and "\r" not in before + after and before != after:
                found += 1
                yield Edit(name, before, after)


def _git(*arguments: str) -> str:
    try:
        ended = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
        )
    except OSError:
        return ""
    return ended.stdout if ended.returncode == 0 else ""
