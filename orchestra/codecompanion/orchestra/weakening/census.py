"""What the tests of a file check, in numbers that two versions of it can be compared by; pure.

A census knows words, not meaning: it tells that an assertion went, became looser or may no longer run, never
whether what a test expects is right.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

_SWITCHED_OFF = re.compile(
    r"skip|xfail|expectedfailure|todo|\bonly\b|fixme|failing|fails|pending|disabled|ignore|nottest"
    r"|if (?:false|0\b)",
    re.IGNORECASE,
)


class Strength(IntEnum):
    """How much an assertion demands: something, something near, or exactly this."""

    LOOSE = 1
    NEAR = 2
    EXACT = 3


class Check(NamedTuple):
    """One assertion. ``certain`` is minus the number of conditions that stand between it and being run.

    A greater check demands more.
    """

    certain: int
    strength: Strength


@dataclass(frozen=True, slots=True)
class Body:
    """A test, or a function that tests call: what it checks.

    ``marks`` may keep it from running or hide its failure: decorators, conditions around it. ``cases`` is how
    often it is run with written-out values, None where that is not written in the file. ``bases`` are those of
    its class, ``uses`` the imported names in it, ``calls`` how many calls it holds. ``source`` is its text,
    blind to layout and comments.
    """

    name: str
    checks: tuple[Check, ...] = ()
    marks: frozenset[str] = frozenset()
    cases: int | None = 1
    bases: frozenset[str] = frozenset()
    calls: int = 0
    uses: frozenset[str] = frozenset()
    source: str = ""

    @property
    def surely(self) -> Strength | None:
        """The most that is demanded whenever it runs, None when nothing is sure to be."""
        return max((check.strength for check in self.checks if check.certain == 0), default=None)


@dataclass(frozen=True, slots=True)
class Census:
    """All of a file that tests hang on.

    ``leaving_out`` counts words that leave tests out, such as ``skip``. ``classes`` maps a test class to its
    bases, ``values`` a name to how many entries the written-out value has and to its text. ``imported`` and
    ``defined`` are the top names.
    """

    tests: Mapping[str, Body] = field(default_factory=dict)
    helpers: Mapping[str, Body] = field(default_factory=dict)
    leaving_out: Counter[str] = field(default_factory=Counter)
    classes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    values: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    imported: frozenset[str] = frozenset()
    defined: frozenset[str] = frozenset()


def losses(before: Census, after: Census, *, word_for_word: bool = False) -> list[str]:
    """Return what ``after`` lacks of ``before``, each as a clause that names it.

    ``word_for_word``: what the tests there say may not change at all.
    """
    return [
        *_lost_tests(before, after, word_for_word),
        *_lost_helpers(before, after),
        *_left_out(before, after),
        *_lost_classes(before, after),
        *_lost_values(before, after, word_for_word),
        *(
            f"the imported {name!r} would be replaced by one of the test file's own"
            for name in _stand_ins(before, after)
        ),
    ]


def taken_from(before: Census, after: Census, *, may_go: bool) -> list[str]:
    """Return which tests ``after`` lacks, switches off or leaves without an assertion, as clauses.

    A test that is gone is made good by a new one with as many assertions; with ``may_go`` it need not be.
    """
    said: list[str] = []
    new = {name: body for name, body in after.tests.items() if name not in before.tests}
    for name, body in before.tests.items():
        if name in after.tests:
            said += _switched_off(body, after.tests[name])
        elif (other := next((other for other, now in new.items() if _follows(body, now)), None)) is not None:
            del new[other]
        elif not may_go:
            said.append(f"the test {name!r} would be gone")
    # a new test may have its own reason to be left out
    return [*said, *_left_out(before, after, but=len(after.tests.keys() - before.tests.keys()))]


def _switched_off(body: Body, now: Body) -> list[str]:
    named = f"the test {body.name!r}"
    said = [f"{named} would be put under {mark!r}" for mark in sorted(_off(now) - _off(body))]
    if body.checks and not now.checks:
        said.append(f"{named} would have no assertion that can fail")
    if now.cases == 0 and body.cases != 0:
        said.append(f"{named} would be run with no case at all")
    return said


def _follows(body: Body, now: Body) -> bool:
    return len(now.checks) >= len(body.checks) and not _off(now) - _off(body)


def _off(body: Body) -> frozenset[str]:
    """Return the marks that are there to leave a test out, or to hide its failure."""
    return frozenset(mark for mark in body.marks if _SWITCHED_OFF.search(mark))


def _lost_tests(before: Census, after: Census, word_for_word: bool) -> Iterator[str]:
    new = {name: body for name, body in after.tests.items() if name not in before.tests}
    for name, body in before.tests.items():
        if name in after.tests:
            now = after.tests[name]
            changed = word_for_word and body.source != now.source
            yield from [f"the test {name!r} would be changed"] if changed else _weaker(body, now, after)
            continue
        renamed = next((other for other, now in new.items() if _stands_in_for(body, now, after)), None)
        if renamed is None or word_for_word:
            yield f"the test {name!r} would be gone"
        else:
            del new[renamed]


def _stands_in_for(body: Body, now: Body, after: Census) -> bool:
    return body.bases <= now.bases and not _weaker(body, now, after)


def _weaker(body: Body, now: Body, after: Census) -> list[str]:
    """Return in which ways a test checks less than it did."""
    named = f"the test {body.name!r}"
    said = [f"{named} would be put under {mark!r}" for mark in sorted(now.marks - body.marks)]
    said += [
        f"{named} would no longer use {name!r}" for name in sorted((body.uses - now.uses) & after.imported)
    ]
    if not body.checks and not now.checks and now.calls < body.calls:
        said.append(f"{named} has no assertion, so what it runs is all it checks; it would run less")
    if now.cases == 0 or (body.cases is not None and (now.cases is None or now.cases < body.cases)):
        said.append(f"{named} would be run with fewer written-out cases")
    if len(now.checks) < len(body.checks):
        said.append(f"{named} would have {_count(now)} instead of {_count(body)}")
    elif not _demands_as_much(body, now):
        said.append(f"an assertion of {named} would be looser, or might not be run")
    return said


def _demands_as_much(body: Body, now: Body) -> bool:
    pairs = zip(sorted(body.checks, reverse=True), sorted(now.checks, reverse=True), strict=False)
    return len(now.checks) >= len(body.checks) and all(new >= old for old, new in pairs)


def _count(body: Body) -> str:
    number = len(body.checks)
    return f"{number or 'no'} assertion{'' if number == 1 else 's'} that can fail"


def _lost_helpers(before: Census, after: Census) -> Iterator[str]:
    for name, body in before.helpers.items():
        if name in after.helpers and not _demands_as_much(body, after.helpers[name]):
            yield f"{name!r}, which tests rely on, would check less"


def _left_out(before: Census, after: Census, but: int = 0) -> Iterator[str]:
    for word, number in sorted(after.leaving_out.items()):
        if number > before.leaving_out[word] + but:
            yield f"{word!r} would be added, which can leave tests out"


def _lost_classes(before: Census, after: Census) -> Iterator[str]:
    for name, bases in before.classes.items():
        if name in after.classes:
            for base in sorted(bases - after.classes[name]):
                yield f"the class {name!r} would no longer be a {base!r}"
        elif not any(test.startswith(f"{name}.") for test in before.tests):
            yield f"the test class {name!r} would be gone"


def _lost_values(before: Census, after: Census, word_for_word: bool) -> Iterator[str]:
    for name, (size, text) in before.values.items():
        if name not in after.values:
            yield from [f"{name!r}, which tests may rely on, would be gone"] if word_for_word else []
            continue
        now, new_text = after.values[name]
        if now < size:
            yield f"{name!r} would have {now} instead of {size} entries"
        elif word_for_word and text != new_text:
            yield f"{name!r}, which tests may rely on, would be changed"


def _stand_ins(before: Census, after: Census) -> list[str]:
    return sorted(before.imported & (after.defined - before.defined))
