"""Which test commands are not run unasked, and what an answer is bound to; pure.

Unasked run the programs that only run tests (pytest, unittest, node, cargo, go), where a sandbox confines
them. What runs text out of the repository (a package's script, a Makefile's rule, a command that the editor's
settings name) is asked for, once for each text: one that was swapped afterwards is asked for again.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from codecompanion.contracts.consent import CommandRequest
from codecompanion.orchestra.verification.detection import Suite, SuiteKind
from codecompanion.orchestra.verification.output import bounded_head
from codecompanion.orchestra.verification.sandbox import Rung

_MOST_SHOWN: Final = 600
_NODE_TOOLS: Final = ("npm", "npx", "pnpm", "yarn", "bun")
_MAKEFILES: Final[tuple[str, ...]] = ("GNUmakefile", "makefile", "Makefile")
# what each program takes its orders from, besides the files its arguments name
_ORDERS: Final = {
    **dict.fromkeys(_NODE_TOOLS, ("package.json", ".npmrc", ".yarnrc", ".yarnrc.yml", "bunfig.toml")),
    **dict.fromkeys(("make", "gmake"), _MAKEFILES),
    "tox": ("tox.ini", "setup.cfg", "pyproject.toml"),
    "nox": ("noxfile.py",),
    "just": ("justfile", "Justfile", ".justfile"),
    "task": ("Taskfile.yml", "Taskfile.yaml"),
    "rake": ("Rakefile",),
    "gradle": ("build.gradle", "build.gradle.kts", "settings.gradle"),
    "mvn": ("pom.xml",),
}
_SCRIPTS_RUN: Final = ("pretest", "test", "posttest")


@dataclass(frozen=True, slots=True)
class Repository:
    """The files of the copy that is about to be run in: relative paths, and the text of each."""

    workspace: str
    files: Sequence[str]
    read: Callable[[str], str]


def request_for(
    suite: Suite, typed: str, repository: Repository, rung: Rung, *, users_own: bool
) -> CommandRequest | None:
    """Return what to ask before the suite's command runs, None if it runs unasked.

    ``users_own`` says that a command set by the settings stands in a place no repository can write.
    """
    texts = dict(_texts(suite, repository))
    unconfined = rung in (Rung.ASKING, Rung.REFUSING)
    unknown = suite.kind is SuiteKind.OWN and not users_own and not _only_tests(suite.arguments)
    if not (texts or unknown or unconfined):
        return None
    return CommandRequest(
        workspace=repository.workspace,
        typed=typed,
        why=_why(suite, texts, unconfined=unconfined),
        shown=bounded_head(_shown(texts), _MOST_SHOWN),
        content=_content(repository.workspace, typed, texts, rung),
        lasting=not unconfined,
    )


def _why(suite: Suite, texts: dict[str, str], *, unconfined: bool) -> str:
    if unconfined:
        return "nothing on this machine confines it, so it runs with your own rights"
    if texts:
        return f"it runs what is written in {', '.join(texts)}"
    return f"the editor's settings name it ({suite.arguments[0]!r})"


def _texts(suite: Suite, repository: Repository) -> Iterator[tuple[str, str]]:
    """Yield the files whose text the command runs, with that text."""
    match suite.kind:
        case SuiteKind.NPM:
            yield from _orders("npm", repository)
        case SuiteKind.MAKE:
            yield from _orders("make", repository)
        case SuiteKind.OWN if not _only_tests(suite.arguments):
            program = PurePosixPath(suite.arguments[0]).name.removesuffix(".exe").removesuffix(".cmd")
            yield from _orders(program, repository)
            known = frozenset(repository.files)
            for word in suite.arguments:
                path = word.partition("::")[0].removeprefix("./")
                if path in known:
                    yield path, repository.read(path)


def _orders(program: str, repository: Repository) -> Iterator[tuple[str, str]]:
    known = frozenset(repository.files)
    for name in _ORDERS.get(program, ()):
        if name in known:
            text = repository.read(name)
            yield name, _scripts(text) if name == "package.json" else text
    if program in ("make", "gmake"):
        included = sorted(path for path in known if path.endswith(".mk"))
        yield from ((path, repository.read(path)) for path in included)


def _scripts(package: str) -> str:
    """Return a package's scripts alone: another dependency in it is no other command."""
    try:
        scripts = json.loads(package)["scripts"]
        return json.dumps(scripts, indent=1, sort_keys=True)
    except (ValueError, KeyError, TypeError):
        return package


def _only_tests(words: Sequence[str]) -> bool:
    """Whether a command is one of the test programs that also run unasked when they are found by themselves."""
    program = PurePosixPath(words[0]).name
    if "/" in words[0]:
        return False
    if program in ("python", "python3"):
        return words[1:2] == ("-m",) and words[2:3] in (("pytest",), ("unittest",))
    return (
        program == "pytest"
        or (program == "node" and "--test" in words[1:])
        or (program in ("cargo", "go") and words[1:2] == ("test",))
    )


def _shown(texts: dict[str, str]) -> str:
    return "\n".join(f"{path}: {_telling(path, text)}" for path, text in texts.items())


def _telling(path: str, text: str) -> str:
    """Return the part of a file that a person wants to see."""
    if path == "package.json":
        try:
            scripts = json.loads(text)
            return "; ".join(f"{name} = {scripts[name]}" for name in _SCRIPTS_RUN if name in scripts)
        except (ValueError, TypeError):
            return text
    if PurePosixPath(path).name in _MAKEFILES:
        lines = text.splitlines()
        start = next((n for n, line in enumerate(lines) if line.startswith("test")), 0)
        rule = [line for n, line in enumerate(lines[start : start + 12]) if n == 0 or line.startswith("\t")]
        return " ".join(map(str.strip, rule))
    return text


def _content(workspace: str, typed: str, texts: dict[str, str], rung: Rung) -> str:
    parts = [workspace, typed, rung.value, *(part for item in sorted(texts.items()) for part in item)]
    # each with its length: no two different lists may come to the same bytes
    told = b"".join(
        b"%d:%b" % (len(data), data) for data in (p.encode("utf-8", "surrogatepass") for p in parts)
    )
    return hashlib.sha256(told).hexdigest()
