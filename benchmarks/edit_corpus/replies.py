"""An edit as hunks, and hunks written as a reply in each of the formats."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from benchmarks.edit_corpus.edits import Edit

FORMATS = ("block", "whole", "diff", "patch")
_SCOPE = re.compile(r"\s*(class|def|async def|function|local function)\s+\w")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that are kept (" "), removed ("-") and added ("+"); the first old line is ``start`` (from 1)."""

    start: int
    new_start: int
    lines: tuple[tuple[str, str], ...]
    anchors: tuple[str, ...] = ()

    def side(self, sign: str) -> list[str]:
        """Return the old ("-") or new ("+") lines."""
        return [text for one, text in self.lines if one in {" ", sign}]


def hunks_of(edit: Edit, context: int) -> list[Hunk]:
    """Return the hunks of an edit with that much context around each."""
    before, after = edit.before.removesuffix("\n").split("\n"), edit.after.removesuffix("\n").split("\n")
    found = []
    for group in SequenceMatcher(None, before, after, autojunk=True).get_grouped_opcodes(context):
        lines: list[tuple[str, str]] = []
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += [(" ", line) for line in before[i1:i2]]
            else:
                lines += [("-", line) for line in before[i1:i2]] + [("+", line) for line in after[j1:j2]]
        found.append(Hunk(group[0][1] + 1, group[0][3] + 1, tuple(lines), _anchors(before, group[0][1])))
    return found


def _anchors(before: list[str], at: int) -> tuple[str, ...]:
    """Return the lines that open the scopes around a place, outermost first."""
    anchors: list[str] = []
    depth = len(before[at]) - len(before[at].lstrip()) if before[at].strip() else 99
    for line in reversed(before[:at]):
        indent = len(line) - len(line.lstrip())
        if line.strip() and indent < depth:
            depth = indent
            if _SCOPE.match(line):
                anchors.insert(0, line.strip())
    return tuple(anchors)


@dataclass(frozen=True, slots=True)
class Style:
    """How a reply is written beside its lines."""

    fence: str = "```"
    info: str = ""
    label: str = "FILE: {path}"
    prose: bool = True
    git_line: bool = True
    prefixes: tuple[str, str] = ("a/", "b/")
    header: str = "right"
    space_on_blank: bool = True
    anchors: bool = True
    run: int = 7
    final_newline: bool = True
    crlf: bool = False
    apart: bool = False
    example: str = ""
    backwards: bool = False
    context_sign: str = " "


def written(format: str, edit: Edit, hunks: Sequence[Hunk], style: Style, rng: random.Random) -> str:
    """Return the reply."""
    if style.backwards:
        hunks = hunks[::-1]
    body = {"block": _blocks, "whole": _whole, "diff": _diff, "patch": _patch}[format](edit, hunks, style, rng)
    body = style.example + body
    text = f"I changed it as you asked.\n\n{body}" if style.prose else body
    if style.prose and style.fence:
        text += "\nThat is all.\n"
    text = text if style.final_newline else text.rstrip("\n")
    return text.replace("\n", "\r\n") if style.crlf else text


def _label(edit: Edit, style: Style) -> str:
    return style.label.format(path=edit.path, name=edit.path.rpartition("/")[2])


def _blocks(edit: Edit, hunks: Sequence[Hunk], style: Style, rng: random.Random) -> str:
    left, middle, right = ("<" * style.run, "=" * style.run, ">" * style.run)
    pieces = []
    for hunk in hunks:
        old, new = ("".join(f"{line}\n" for line in hunk.side(sign)) for sign in "-+")
        pieces.append(f"{left} SEARCH\n{old}{middle}\n{new}{right} REPLACE\n")
    label = _label(edit, style)
    if style.apart:
        between = "\nThen, further down in the same file, the next change:\n\n"
        body = between.join(f"{style.fence}{style.info}\n{piece}{style.fence}\n" for piece in pieces)
    else:
        body = "\n".join(pieces)
    if style.fence and not style.apart:
        body = f"{style.fence}{style.info}\n{body}{style.fence}\n"
    return f"{label}\n{body}" if label else body


def _whole(edit: Edit, hunks: Sequence[Hunk], style: Style, rng: random.Random) -> str:
    text = edit.after if edit.after.endswith("\n") else edit.after + "\n"
    fence = "`" * (max((len(run) for run in re.findall(r"`{3,}", text)), default=2) + 1)
    label = _label(edit, style)
    return (
        f"{label}\n{fence}{style.info}\n{text}{fence}\n" if label else f"{fence}{style.info}\n{text}{fence}\n"
    )


def _signed(hunk: Hunk, style: Style) -> str:
    lines = []
    for sign, text in hunk.lines:
        bare = sign == " " and ((not text and not style.space_on_blank) or not style.context_sign)
        lines.append(text if bare else sign + text)
    return "".join(f"{line}\n" for line in lines)


def _diff(edit: Edit, hunks: Sequence[Hunk], style: Style, rng: random.Random) -> str:
    old, new = (prefix + edit.path for prefix in style.prefixes)
    body = f"diff --git {old} {new}\nindex 1234567..89abcde 100644\n" if style.git_line else ""
    body += f"--- {old}\n+++ {new}\n"
    for hunk in hunks:
        body += _header(hunk, style, rng) + "\n" + _signed(hunk, style)
    return f"{style.fence}diff\n{body}{style.fence}\n" if style.fence else body


def _header(hunk: Hunk, style: Style, rng: random.Random) -> str:
    start, new_start, old, new = hunk.start, hunk.new_start, len(hunk.side("-")), len(hunk.side("+"))
    if style.header == "none":
        return "@@ ... @@"
    if style.header == "counts":
        old, new = max(0, old + rng.choice((-2, -1, 1, 3))), max(0, new + rng.choice((-1, 1, 2)))
    if style.header == "lines":
        shift = rng.choice((-13, -4, -1, 1, 2, 7, 40))
        start, new_start = max(1, start + shift), max(1, new_start + shift)
    if style.header == "ones":
        start = new_start = 1
    heading = f" {hunk.anchors[-1]}" if hunk.anchors and style.anchors else ""
    return f"@@ -{start},{old} +{new_start},{new} @@{heading}"


def _patch(edit: Edit, hunks: Sequence[Hunk], style: Style, rng: random.Random) -> str:
    body = f"*** Begin Patch\n*** Update File: {edit.path}\n"
    for hunk in hunks:
        anchors = hunk.anchors if style.anchors else ()
        body += "".join(f"@@ {anchor}\n" for anchor in anchors) if anchors else "@@\n"
        body += _signed(hunk, style)
    body += "*** End Patch\n"
    return f"{style.fence}{style.info}\n{body}{style.fence}\n" if style.fence else body


def with_lines(hunk: Hunk, lines: Sequence[tuple[str, str]]) -> Hunk:
    """Return the hunk with other lines."""
    return replace(hunk, lines=tuple(lines))
