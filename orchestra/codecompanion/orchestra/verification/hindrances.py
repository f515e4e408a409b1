"""What keeps tests from starting that no edit of theirs can mend: what is not installed; pure.

The names are taken from what shells and pytest print. What belongs to the project and is missing is no
hindrance but a failure, and so is a module the project nowhere says it needs: a wrong import, for all we know.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from codecompanion.orchestra.verification.counts import Counts

_MISSING_PROGRAM: Final = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^\S*sh: (?:(?:line )?\d+: )?(?P<name>[^\s:]+): (?:command )?not found$",
        r"^zsh:(?:\d+:)? command not found: (?P<name>\S+)$",
        r"^make(?:\[\d+\])?: (?P<name>[^\s:]+): No such file or directory$",
        r"^'(?P<name>[^'\n]+)' is not recognized as an internal or external command",
    )
)
_MAKE_FOUND_NO_PROGRAM = re.compile(r"^make(?:\[\d+\])?: \*\*\* .*\bError 127$", re.MULTILINE)
_SHELL_FOUND_NO_PROGRAM = 127

_NO_MODULE = re.compile(r"(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)'?")
_NO_CONFTEST = re.compile(r"^ImportError while loading conftest ", re.MULTILINE)
_NO_PLUGIN = re.compile(r'^(?:\w+: )?Error importing plugin "[^"\n]*": No module named \'([\w.]+)\'', re.M)
_REQUIRED_PLUGINS = re.compile(r"^(?:ERROR: )?Missing required plugins: (.+)$", re.MULTILINE)
_NOTHING_COLLECTED = re.compile(r"\bcollected 0 items / \d+ errors?\b")

_MODULE_ENDINGS: Final = (".py", ".pyi", ".pyx", ".so", ".pyd", ".c")
# where projects say what they and their tests need, continuous integration included
_NEEDS = re.compile(
    r"(?:.*/)?(?:pyproject\.toml|setup\.(?:py|cfg)|tox\.ini|noxfile\.py|Pipfile|requires\.txt|Makefile"
    r"|[^/]*require[^/]*\.(?:txt|in)|environment[^/]*\.ya?ml)"
    r"|(?:.*/)?requirements/[^/]+\.(?:txt|in)|\.github/workflows/[^/]+\.ya?ml"
)
_OWN_NAME = re.compile(r"\bname\s*=\s*[\"']?([\w.-]+)")
_OWN_NAME_FILES: Final = ("pyproject.toml", "setup.cfg", "setup.py")
_MOST_NEEDS = 50


def lacking_program(text: str, exit_code: int | None, files: Sequence[str]) -> str:
    """Return the sentence about the program a command could not find, empty if that was not its trouble."""
    found = [match for pattern in _MISSING_PROGRAM for match in pattern.finditer(text)]
    if not found:
        return ""
    unknown_to_cmd = "is not recognized" in found[-1][0] and exit_code
    if not (exit_code == _SHELL_FOUND_NO_PROGRAM or unknown_to_cmd or _MAKE_FOUND_NO_PROGRAM.search(text)):
        return ""
    name = re.sub(r"^(?:\./)?node_modules/\.bin/", "", found[-1]["name"])
    if "/" in name or any(path.rpartition("/")[2] == name for path in files):
        return ""
    example = " (for example with: npm install)" if "package.json" in files else ""
    return (
        f"the tests could not start: the program {name!r} is not installed; "
        f"install the project's development dependencies{example}"
    )


def lacking_module(text: str, counts: Counts | None, files: Sequence[str], read: Callable[[str], str]) -> str:
    """Return the sentence about the modules for want of which pytest came to no test, empty if it was not so.

    ``counts`` is pytest's account, None if it left none; ``read`` gives the text of one of the ``files``.
    """
    if plugins := _REQUIRED_PLUGINS.search(text):
        return "" if counts else _sentence("pytest plugin", plugins[1].split(", "))
    modules = _modules_before_collection(text) if counts is None else _modules_of_collection(text, counts)
    tops = sorted({module.partition(".")[0] for module in modules})
    if not tops or any(_is_own(top, files, read) for top in tops):
        return ""
    needs = [path for path in files if _NEEDS.fullmatch(path)][:_MOST_NEEDS]
    said = "\n".join(map(read, needs))
    return _sentence("module", tops) if all(_is_named(top, said) for top in tops) else ""


def _sentence(kind: str, names: Sequence[str]) -> str:
    several = len(names) > 1
    quoted = ", ".join(map(repr, names))
    return (
        f"the tests could not start: the {kind}{'s' if several else ''} {quoted} "
        f"{'are' if several else 'is'} not installed; install the project's test dependencies"
    )


def _modules_before_collection(text: str) -> list[str]:
    if plugin := _NO_PLUGIN.search(text):
        return [plugin[1]]
    if not _NO_CONFTEST.search(text):
        return []
    # of several chained errors the last is the one that counted
    errors = [line for line in text.splitlines() if line.startswith("E ")]
    match = _NO_MODULE.search(errors[-1]) if errors else None
    return [match[1]] if match else []


def _modules_of_collection(text: str, counts: Counts) -> list[str]:
    """Return the modules every single test file failed for, none if one failed for another reason."""
    if counts.passed or not _NOTHING_COLLECTED.search(text):
        return []
    last_lines = [failure.rpartition("\n")[2] for failure in counts.failures]
    found = [_NO_MODULE.search(line) for line in last_lines]
    return [match[1] for match in found if match] if all(found) else []


def _is_own(module: str, files: Sequence[str], read: Callable[[str], str]) -> bool:
    """Whether a module of this name is the project's: a path has its name, or the project itself does."""
    for path in files:
        *folders, name = path.split("/")
        stem, dot, _ = name.partition(".")
        if module in folders or (stem == module and dot and name.endswith(_MODULE_ENDINGS)):
            return True
    own = [name for path in _OWN_NAME_FILES if path in files for name in _OWN_NAME.findall(read(path))]
    return _normal(module) in map(_normal, own)


def _is_named(module: str, said: str) -> bool:
    """Whether ``said`` names the module's distribution, as far as names tell: ``yaml`` is in ``PyYAML``."""
    name = re.escape(_normal(module))
    return bool(re.search(rf"(?<![a-z0-9]){name}|{name}(?![a-z0-9])", _normal(said)))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
