"""Applies the corpus's replies and compares each result with the right one."""

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from benchmarks.edit_corpus.edits import Edit, edits
from benchmarks.edit_corpus.mutations import MUTATIONS, Mutation
from benchmarks.edit_corpus.replies import FORMATS, Hunk, Style, hunks_of, written
from codecompanion.orchestra.edits.whole_reply import applied_reply

CASES = 3_000
_SPACES = re.compile(r"^( {4})+", re.MULTILINE)
# fmt: off
_FILES = (
    "plain", "plain", "plain", "plain", "crlf", "no final newline", "tabs", "some tabs", "mark", "doubled",
    "doubled in front", "indented copy",
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Case:
    """A reply for a file; ``mendable`` says that ``expected`` is its one right result."""

    name: str
    path: str
    before: str
    reply: str
    expected: str
    mendable: bool


@dataclass(slots=True)
class Tally:
    """What became of the cases. ``wrong`` are those applied with another result than the right one."""

    right: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    declined: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[Case, str]] = field(default_factory=list)
    missed: list[tuple[Case, str]] = field(default_factory=list)

    @property
    def cases(self) -> int:
        """How many cases there were."""
        return sum(map(sum, (self.right.values(), self.refused.values(), self.declined.values()))) + len(
            self.wrong
        )

    @property
    def mended(self) -> float:
        """The share of the mendable cases that were applied, in percent."""
        right, refused = sum(self.right.values()), sum(self.refused.values())
        return 100 * right / max(1, right + refused)

    @property
    def holds(self) -> bool:
        """Whether both bars hold."""
        return not self.wrong and self.mended >= 95


def judged(count: int = CASES, seed: int = 1, *, from_history: bool = True) -> Tally:
    """Apply ``count`` cases; the same ones for the same seed, as long as the sources stay.

    ``from_history`` takes a tenth of the edits from the newest versions of this repository.
    """
    tally = Tally()
    for case in islice(cases(seed, from_history=count // 10 if from_history else 0), count):
        _judge(case, tally)
    return tally


def cases(seed: int, *, from_history: int) -> Iterator[Case]:
    """Yield cases without end, the first of them from that many edits of this repository's history."""
    rng = random.Random(seed)
    for edit in edits(rng, history=from_history):
        kind = _in_a_file_kind(edit, rng)
        yield from filter(None, (_case(kind, rng) for _ in range(4)))


def _judge(case: Case, tally: Tally) -> None:
    before = case.before
    applied = applied_reply(case.reply, case.path, lambda path: before)
    if reason := applied.reason:
        (tally.refused if case.mendable else tally.declined)[case.name] += 1
        if case.mendable:
            tally.missed.append((case, reason))
    elif (applied.texts.get(case.path) or "") == case.expected.removeprefix("\ufeff"):
        tally.right[case.name] += 1
    else:
        tally.wrong.append((case, applied.texts.get(case.path) or ""))


def _in_a_file_kind(edit: Edit, rng: random.Random) -> Edit:
    """Return the edit in a file with other endings, indentation or end."""
    kind = rng.choice(_FILES)
    texts = [edit.before, edit.after]
    if kind == "no final newline":
        texts = [text.rstrip("\n") for text in texts]
    if kind == "tabs" and edit.path.endswith(".py"):
        texts = [
            re.sub(r"^( {4})+", lambda m: "\t" * (len(m[0]) // 4), text, flags=re.MULTILINE) for text in texts
        ]
    if kind == "some tabs" and not edit.path.endswith(".py"):
        texts = [re.sub(r"^ {8}", "\t    ", text, flags=re.MULTILINE) for text in texts]
    if kind == "mark":
        texts = ["\ufeff" + text for text in texts]
    if kind == "indented copy" and not edit.path.endswith((".py", ".md")):
        # every place stands once more, deeper by what no mutation adds
        copy = "".join(f"   {line}" if line.strip() else line for line in edit.before.splitlines(keepends=True))
        texts = [f"{copy}\n\n{text}" for text in texts]
    if kind == "crlf":
        texts = [text.replace("\n", "\r\n") for text in texts]
    if kind.startswith("doubled"):
        # every place stands twice, and only one of them changes
        first = edit.after if kind == "doubled" else edit.before
        texts = [
            f"{edit.before}\n\n{edit.before}",
            f"{first}\n\n{edit.before if first is edit.after else edit.after}",
        ]
    return Edit(edit.path, *texts)


def _case(edit: Edit, rng: random.Random) -> Case | None:
    mutation, format = rng.choice(MUTATIONS), rng.choice(FORMATS)
    if format not in mutation.formats:
        return None
    before, after = (text.removeprefix("\ufeff").replace("\r\n", "\n") for text in (edit.before, edit.after))
    bare = Edit(edit.path, before, after)
    if format == "whole" and len(bare.after) > 30_000:
        return None
    hunks = mutation.hunks(hunks_of(bare, rng.choice((1, 2, 3, 3, 5, 8))), rng)
    if not hunks:
        return None
    style = Style(
        info=rng.choice(("", "python", "text")) if format != "whole" else "", prose=rng.random() < 0.8
    )
    style = mutation.of_style(style, rng) if mutation.of_style else style
    reply = written(format, bare, hunks, style, rng)
    mendable = mutation.mends and (format == "whole" or _is_determined(bare, hunks, mutation, format))
    return Case(f"{format}: {mutation.name}", edit.path, edit.before, reply, edit.after, mendable)


def _is_determined(edit: Edit, hunks: list[Hunk], mutation: Mutation, format: str) -> bool:
    """Whether each hunk's old lines stand in one place only, however leniently they are read."""
    text = edit.before
    for hunk in hunks:
        old = [line for line in map(_squeezed, hunk.side("-")) if line]
        there = [line for line in map(_squeezed, text.split("\n")) if line]
        places = sum(there[at : at + len(old)] == old for at in range(len(there)))
        if not old or places != 1:
            return False
    return True


def _squeezed(line: str) -> str:
    line = re.sub(r"^\s*\d+\| ", "", line)
    return re.sub(r"[\s'\"“”‘’\u2013-]+", "", line)


def report(tally: Tally) -> str:
    """Return the figures and the first cases that went wrong."""
    names = sorted({*tally.right, *tally.refused, *tally.declined, *(case.name for case, _ in tally.wrong)})
    wrong = Counter(case.name for case, _ in tally.wrong)
    lines = [f"{'case':45} right refused declined wrong"]
    lines += [
        f"{name:45} {tally.right[name]:5} {tally.refused[name]:7} {tally.declined[name]:8} {wrong[name]:5}"
        for name in names
    ]
    total = (
        f"{tally.cases} cases, {len(tally.wrong)} applied wrong, {tally.mended:.1f} % of the mendable applied"
    )
    return "\n".join([*lines, total])
