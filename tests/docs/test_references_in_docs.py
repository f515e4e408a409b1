"""What a page points to is there: links, files, make targets, commands with their options, variables."""

import re
import shlex
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from codecompanion.server import cli
from codecompanion.server.settings.catalogue import by_variable
from codecompanion.server.settings.names import PREFIX

ROOT = Path(__file__).parents[2]
Options = Callable[..., set[str] | None]

_FENCED = re.compile(r"^[ \t]*(```+).*?^[ \t]*\1[ \t]*$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
_REPOSITORY_PATH = re.compile(
    r"((server|orchestra|router|memory)/codecompanion|docs|tests|benchmarks|editor-clients|\.ci)/[\w./*{},-]*"
)


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCED.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """Return the fragments that lead to a page's headings, as GitHub makes them."""
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(prose(page)))
    return {heading.strip().replace(" ", "-") for heading in kept}


def dead_links(page: Path) -> list[str]:
    """Return the links to files or headings that are not there; other sites are not asked."""
    dead = []
    for link in _LINK.findall(prose(page)):
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if "://" in link or link.startswith("mailto:"):
            continue
        if not target.exists() or (fragment and fragment not in anchors(target)):
            dead.append(link)
    return dead


def absent_paths(page: Path) -> list[str]:
    """Return the repository's own paths, in code spans, that name nothing; `*` and `{a,b}` are patterns."""
    spans = [span.rstrip("/") for span in _INLINE.findall(prose(page)) if _REPOSITORY_PATH.fullmatch(span)]
    return [span for span in spans if not all(any(ROOT.glob(one)) for one in _spread(span))]


def _spread(pattern: str) -> list[str]:
    before, brace, rest = pattern.partition("{")
    if not brace:
        return [pattern]
    choices, _, after = rest.partition("}")
    return [one for choice in choices.split(",") for one in _spread(before + choice + after)]


def unknown_targets(page: Path) -> list[str]:
    """Return the targets of `make …` in code spans that the Makefile has not."""
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    named = [span.split()[1] for span in _INLINE.findall(prose(page)) if re.match(r"make [a-z]+", span)]
    return [target for target in named if target not in targets]


_GROUPS = ("runs", "db", "router")
"""Commands that have commands of their own."""


def wrong_commands(page: Path, options_of: Options) -> list[str]:
    """Return the `orchestra …` commands, in code spans and usage lines, with a word it does not know."""
    text = page.read_text("utf-8")
    named = [span for span in _INLINE.findall(prose(page)) if re.match(r"orchestra [a-z-]", span)]
    usage = re.findall(r"^(?:\$ )?(orchestra [a-z-].*)$", text, re.MULTILINE)
    return [command for command in (*named, *usage) if not _is_known(command, options_of)]


def _is_known(command: str, options_of: Options) -> bool:
    words = shlex.split(re.sub(r"[\[\]|]", " ", command), comments=True)[1:]
    deep = 2 if words[0] in _GROUPS else 1
    commands = [word for word in words[:deep] if not word.startswith("-")]
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    known = options_of(*commands)
    return known is not None and options <= known


def unknown_variables(page: Path) -> list[str]:
    """Return the variables named `ORCHESTRA_…` that are no setting, nor a switch of the tests."""
    switches = re.findall(rf"{PREFIX}\w+", (ROOT / "tests" / "conftest.py").read_text("utf-8"))
    named = re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b", page.read_text("utf-8"))
    return [name for name in named if name not in by_variable() and name not in switches]


@pytest.fixture
def options_of(capsys: pytest.CaptureFixture[str]) -> Options:
    """Return what reads options off the help of a sub-command or the program; None for an unknown one."""

    @cache
    def options(*command: str) -> set[str] | None:
        with pytest.raises(SystemExit) as ended:
            cli.main([*command, "--help"])
        return set(re.findall(r"--[\w-]+", capsys.readouterr().out)) if ended.value.code == 0 else None

    return options


def test_links_lead_somewhere(page: Path) -> None:
    assert dead_links(page) == []


def test_paths_of_the_repository_exist(page: Path) -> None:
    assert absent_paths(page) == []


def test_make_targets_exist(page: Path) -> None:
    assert unknown_targets(page) == []


def test_commands_and_options_exist(page: Path, options_of: Options) -> None:
    assert wrong_commands(page, options_of) == []


def test_variables_exist(page: Path) -> None:
    assert unknown_variables(page) == []


def test_what_is_not_there_is_noticed(tmp_path: Path, options_of: Options) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        """# A page: of *mistakes*

[here](#a-page-of-mistakes) [gone](#gone) [file](gone.md) [site](https://example.org/gone) [self](page.md)
`tests/docs` `tests/docs/gone.py` `docs/{architecture,gone}.md` `server/codecompanion/server/*.py`
`orchestra/event` `make demo` `make coffee`
`orchestra run "…" --offline` `orchestra run --fast` `orchestra brew` `orchestra --version`
ORCHESTRA_OFFLINE ORCHESTRA_COFFEE ORCHESTRA_… ORCHESTRA_TEST_REGISTRY

```text
orchestra keys [--check] [--json]
orchestra keys [--sum]
[not a link](gone.md) `make tea`
```
""",
        "utf-8",
    )
    assert dead_links(page) == ["#gone", "gone.md"]
    assert absent_paths(page) == ["tests/docs/gone.py", "docs/{architecture,gone}.md"]
    assert unknown_targets(page) == ["coffee"]
    assert wrong_commands(page, options_of) == [
        "orchestra run --fast",
        "orchestra brew",
        "orchestra keys [--sum]",
    ]
    assert unknown_variables(page) == ["ORCHESTRA_COFFEE"]
