"""What models get wrong, done to an edit's hunks or to the way its reply is written."""

import html
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from benchmarks.edit_corpus.replies import Hunk, Style, with_lines

Lines = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One kind of mistake: ``of_lines`` changes a hunk's lines (None: it cannot), ``of_style`` its writing.

    ``formats`` are those it makes sense in. ``mends`` says that there is one right reading of it.
    """

    name: str
    of_lines: Callable[[Lines, random.Random], list[tuple[str, str]] | None] | None = None
    of_style: Callable[[Style, random.Random], Style] | None = None
    formats: tuple[str, ...] = ("block", "diff", "patch")
    mends: bool = True

    def hunks(self, hunks: Sequence[Hunk], rng: random.Random) -> list[Hunk] | None:
        """Return the mutated hunks, None when there is nothing in them to mutate."""
        if self.of_lines is None:
            return list(hunks)
        changed = [self.of_lines(hunk.lines, rng) for hunk in hunks]
        pairs = list(zip(hunks, changed, strict=True))
        if all(lines is None or _old(lines) == _old(hunk.lines) for hunk, lines in pairs):
            return None
        return [
            # a hunk whose old lines show nothing of the mistake would be right as it stands: it is left alone
            hunk if lines is None or _old(lines) == _old(hunk.lines) else with_lines(hunk, lines)
            for hunk, lines in pairs
        ]


def _old(lines: Lines) -> list[str]:
    return [text for sign, text in lines if sign != "+"]


def _each(change: Callable[[str], str], signs: str) -> Callable[[Lines, random.Random], list[tuple[str, str]]]:
    return lambda lines, rng: [
        (sign, change(text) if sign in signs and text.strip() else text) for sign, text in lines
    ]


def _some(change: Callable[[str], str], signs: str) -> Callable[[Lines, random.Random], list[tuple[str, str]]]:
    return lambda lines, rng: [
        (sign, change(text) if sign in signs and text.strip() and rng.random() < 0.5 else text)
        for sign, text in lines
    ]


def _depth(lines: Lines) -> int:
    return min((len(text) - len(text.lstrip(" ")) for _, text in lines if text.strip()), default=0)


def _dedented(lines: Lines, rng: random.Random) -> list[tuple[str, str]] | None:
    depth = _depth(lines)
    return [(sign, text[depth:]) for sign, text in lines] if depth else None


def _old_dedented(lines: Lines, rng: random.Random) -> list[tuple[str, str]] | None:
    """Only the search lines lose their indentation: both sides are written apart from each other."""
    depth = _depth(lines)
    old = [("-", text[depth:]) for sign, text in lines if sign != "+"]
    return old + [("+", text) for sign, text in lines if sign != "-"] if depth else None


def _apart(change: Callable[[str], str]) -> Callable[[Lines, random.Random], list[tuple[str, str]]]:
    """Change the search lines and leave the replace lines as they shall be."""

    def changed(lines: Lines, rng: random.Random) -> list[tuple[str, str]]:
        old = [("-", change(text) if text.strip() else text) for sign, text in lines if sign != "+"]
        return old + [("+", text) for sign, text in lines if sign != "-"]

    return changed


def _curly(text: str) -> str:
    text = re.sub(r'"([^"\n]*)"', "“\\1”", text)
    return re.sub(r"'([^'\n]*)'", "‘\\1’", text)


def _indent(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


def _tabbed(text: str) -> str:
    indent = _indent(text)
    return text if len(indent) % 4 or "\t" in indent else "\t" * (len(indent) // 4) + text.lstrip()


def _halved(text: str) -> str:
    indent = _indent(text)
    return text if len(indent) % 4 or "\t" in indent else indent[: len(indent) // 2] + text.lstrip()


def _all_or_none(
    change: Callable[[str], str], *, apart: bool = False
) -> Callable[[Lines, random.Random], list[tuple[str, str]] | None]:
    def changed(lines: Lines, rng: random.Random) -> list[tuple[str, str]] | None:
        if any(len(_indent(text)) % 4 or "\t" in _indent(text) for _, text in lines if text.strip()):
            return None
        if apart:
            return _apart(change)(lines, rng)
        return [(sign, change(text) if text.strip() else text) for sign, text in lines]

    return changed


def _swapped(text: str) -> str:
    return text.translate(str.maketrans("\"'", "'\""))


def _spaced(text: str) -> str:
    indent = _indent(text)
    return indent + text.lstrip().replace(" ", "  ", 1)


def _blank_ends(lines: Lines, rng: random.Random) -> list[tuple[str, str]]:
    return [(" ", ""), *lines, (" ", "")]


def _numbered(signs: str) -> Callable[[Lines, random.Random], list[tuple[str, str]]]:
    def changed(lines: Lines, rng: random.Random) -> list[tuple[str, str]]:
        number, result = rng.randrange(10, 800), []
        for sign, text in lines:
            result.append((sign, f"{number:>4}| {text}" if sign in signs else text))
            number += sign != "+"
        return result

    return changed


def _elided(lines: Lines, rng: random.Random) -> list[tuple[str, str]] | None:
    """Leave out the middle of a run of kept lines of one depth or deeper, behind a remark."""
    kept = [at for at, (sign, _) in enumerate(lines) if sign == " "]
    for start in kept:
        run = [at for at in kept if start <= at < start + 6]
        if len(run) < 6 or not lines[start][1].strip() or not lines[start + 5][1].strip():
            continue
        middle = [text for _, text in lines[start + 2 : start + 4] if text.strip()]
        edges = [lines[start + 1][1], lines[start + 4][1]]
        if not middle or not all(edge.strip() for edge in edges):
            continue
        indent = min((_indent(text) for text in middle), key=len)
        return [*lines[: start + 2], (" ", f"{indent}# ... existing code ..."), *lines[start + 4 :]]
    return None


def _elided_new_side(lines: Lines, rng: random.Random) -> list[tuple[str, str]] | None:
    kept = [at for at, (sign, text) in enumerate(lines) if sign == " " and text.strip()]
    if len(kept) < 3:
        return None
    gone = kept[1]
    remark = ("+", f"{_indent(lines[gone][1])}# ... rest of the code unchanged")
    return [*lines[:gone], ("-", lines[gone][1]), remark, *lines[gone + 1 :]]


def _misnamed(lines: Lines, rng: random.Random) -> list[tuple[str, str]] | None:
    """Another name in an old line: a place that is not in the file."""
    old = [at for at, (sign, text) in enumerate(lines) if sign != "+" and re.search(r"\w{4}", text)]
    if not old:
        return None
    at = rng.choice(old)
    sign, text = lines[at]
    return [*lines[:at], (sign, re.sub(r"\w{4,}", "quite_other", text, count=1)), *lines[at + 1 :]]


def _stale(lines: Lines, rng: random.Random) -> list[tuple[str, str]]:
    return [*lines[:1], (" ", "this_line_is_no_longer_there = 1"), *lines[1:]]


def _without_a_line(lines: Lines, rng: random.Random) -> list[tuple[str, str]] | None:
    """Leave out one old line from the middle: a place that is not in the file."""
    old = [at for at, (sign, text) in enumerate(lines) if sign != "+" and text.strip()]
    return [line for at, line in enumerate(lines) if at != rng.choice(old[1:-1])] if len(old) > 2 else None


def _reordered(lines: Lines, rng: random.Random) -> list[tuple[str, str]] | None:
    """Two neighbouring old lines changed places."""
    pairs = [
        at
        for at, ((one, text), (two, other)) in enumerate(pairwise(lines))
        if one != "+" != two and text.strip() and other.strip() and text != other
    ]
    if not pairs:
        return None
    at = rng.choice(pairs)
    return [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]


def _without_old(lines: Lines, rng: random.Random) -> list[tuple[str, str]]:
    """An empty search block."""
    return [(sign, text) for sign, text in lines if sign == "+"]


def _blank_old(lines: Lines, rng: random.Random) -> list[tuple[str, str]]:
    """A search block of blank lines."""
    return [("-", ""), ("-", "  "), *((sign, text) for sign, text in lines if sign == "+")]


def _swapped_letters(text: str) -> str:
    """Latin letters as Cyrillic ones that look the same."""
    return text.translate(str.maketrans("aeo", "\u0430\u0435\u043e"))


def _mixed(text: str) -> str:
    """Half of the steps as tabs."""
    indent = _indent(text)
    steps = len(indent) // 4
    return (
        text
        if len(indent) % 4 or "\t" in indent
        else "\t" * (steps // 2) + "    " * (steps - steps // 2) + text.lstrip()
    )


def _style(**changes: object) -> Callable[[Style, random.Random], Style]:
    return lambda style, rng: replace(style, **changes)  # type: ignore[arg-type]


_EXAMPLE = "Such a loop as this is what I mean:\n\n```python\nfor line in lines:\n    print(line)\n```\n\n"
_ALL = ("block", "whole", "diff", "patch")
MUTATIONS = (
    Mutation("none", formats=_ALL),
    Mutation("trailing space on all", _each(lambda text: text + "  ", " -+")),
    Mutation("trailing space on old", _some(lambda text: text + " ", " -")),
    Mutation("trailing tab on old, apart", _apart(lambda text: text + "\t"), formats=("block",)),
    Mutation("dedented", _dedented),
    Mutation("old side dedented", _old_dedented, formats=("block",)),
    Mutation("indented by four", _each(lambda text: "    " + text, " -+")),
    Mutation("indented by one", _each(lambda text: " " + text, " -+")),
    Mutation("old side indented by two", _apart(lambda text: "  " + text), formats=("block",)),
    Mutation("tabs for spaces", _all_or_none(_tabbed)),
    Mutation("old side in tabs", _all_or_none(_tabbed, apart=True), formats=("block",)),
    Mutation("indentation halved", _all_or_none(_halved)),
    Mutation("curly quotes", _each(_curly, " -+")),
    Mutation("curly quotes in old", _each(_curly, "-")),
    Mutation("old side curly", _apart(_curly), formats=("block",)),
    Mutation("no-break spaces in old", _some(lambda text: text.replace(" = ", "\u00a0= "), " -")),
    Mutation("long dashes in old", _each(lambda text: text.replace(" - ", " \u2013 "), "-")),
    Mutation("old side with other quotes", _apart(_swapped), formats=("block",)),
    Mutation("double spaces in old, apart", _apart(_spaced), formats=("block",)),
    Mutation("blank lines at the ends", _blank_ends),
    Mutation("numbered lines", _numbered(" -+"), formats=("block",)),
    Mutation("numbered old side", _numbered(" -"), formats=("block",)),
    Mutation("elided", _elided, mends=False),
    Mutation("elided in new only", _elided_new_side, mends=False),
    Mutation("other name", _misnamed, mends=False),
    Mutation("a line too many", _stale, mends=False),
    Mutation("a line left out of old", _without_a_line, mends=False),
    Mutation("old lines reordered", _reordered, mends=False),
    Mutation("empty search", _without_old, formats=("block",), mends=False),
    Mutation("search of blank lines", _blank_old, formats=("block",), mends=False),
    Mutation("letters that look alike", _each(_swapped_letters, "-"), mends=False),
    Mutation("letters that look alike, apart", _apart(_swapped_letters), formats=("block",), mends=False),
    Mutation("other case", _each(str.swapcase, " -"), mends=False),
    Mutation("old side in tabs and spaces", _all_or_none(_mixed, apart=True), formats=("block",), mends=False),
    Mutation("tabs and spaces", _all_or_none(_mixed), mends=False),
    Mutation("zero-width spaces in old", _some(lambda text: text.replace("(", "\u200b("), " -")),
    Mutation("escaped for HTML", _each(html.escape, " -+"), mends=False),
    Mutation("prose between", of_style=_style(apart=True), formats=("block",)),
    Mutation("an example before", of_style=_style(example=_EXAMPLE), formats=_ALL),
    Mutation("the last change first", of_style=_style(backwards=True)),
    Mutation("fence of four", of_style=_style(fence="````")),
    Mutation(
        "context without its sign", of_style=_style(context_sign=""), formats=("diff", "patch"), mends=False
    ),
    Mutation("a name in backticks", of_style=_style(label="FILE: `{path}`"), formats=("block", "whole")),
    Mutation("a name in quotes", of_style=_style(label='FILE: "{path}"'), formats=("block", "whole")),
    Mutation("a name with a dot", of_style=_style(label="FILE: ./{path}"), formats=("block", "whole")),
    Mutation("a name with its root", of_style=_style(label="FILE: /repo/{path}"), formats=("block", "whole")),
    Mutation("reply in CRLF", of_style=_style(crlf=True), formats=_ALL),
    Mutation("no newline at the end", of_style=_style(final_newline=False), formats=_ALL),
    Mutation("fence of tildes", of_style=_style(fence="~~~~")),
    Mutation("no fence", of_style=_style(fence="", prose=False)),
    Mutation("no fence, prose before", of_style=_style(fence="", prose=True)),
    Mutation("base name", of_style=_style(label="**`{name}`**"), formats=("block", "whole")),
    Mutation("no name", of_style=_style(label=""), formats=("block", "whole")),
    Mutation("heading", of_style=_style(label="### {path}"), formats=("block", "whole")),
    Mutation("short markers", of_style=_style(run=5), formats=("block",)),
    Mutation("wrong counts", of_style=_style(header="counts"), formats=("diff",)),
    Mutation("wrong line numbers", of_style=_style(header="lines"), formats=("diff",)),
    Mutation("line numbers of one", of_style=_style(header="ones"), formats=("diff",)),
    Mutation("no line numbers", of_style=_style(header="none"), formats=("diff",)),
    Mutation("no git line", of_style=_style(git_line=False), formats=("diff",)),
    Mutation("no prefixes", of_style=_style(git_line=False, prefixes=("", "")), formats=("diff",)),
    Mutation("blank context bare", of_style=_style(space_on_blank=False), formats=("diff", "patch")),
    Mutation("no anchors", of_style=_style(anchors=False), formats=("patch",)),
    Mutation(
        "wrong counts, no fence", of_style=_style(header="counts", fence="", prose=False), formats=("diff",)
    ),
)
