"""How many tests passed and failed, read from the reports and summaries of well-known test programs; pure."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from codecompanion.orchestra.verification.output import bounded_head

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LONGEST_FAILURE: Final = 1_500
"""Characters of one failure's message."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Tests that passed and failed; ``failures`` are ``name: message`` for those that did."""

    passed: int = 0
    failed: int = 0
    failures: tuple[str, ...] = ()


def failure(name: str, message: str) -> str:
    """Return one failure as it is reported, bounded."""
    return bounded_head(f"{name}: {message.strip()}" if message.strip() else name, LONGEST_FAILURE)


# --- pytest's XML report ---


def counts_in_junit(data: bytes) -> Counts | None:
    """Count the test cases of a JUnit XML report; skipped ones count as neither. None if it is no report."""
    from xml.etree import ElementTree  # noqa: PLC0415  (only when there is a report)

    # entities could make a small file expand without end, and no report needs them
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return None
    try:
        cases = list(ElementTree.fromstring(data).iter("testcase"))
    except ElementTree.ParseError:
        return None
    failures: list[str] = []
    passed = 0
    for case in cases:
        troubles = [child for child in case if child.tag in ("failure", "error")]
        failures += [failure(_case_name(case), _case_message(trouble)) for trouble in troubles[:1]]
        passed += not troubles and case.find("skipped") is None
    return Counts(passed, len(failures), tuple(failures))


def _case_name(case: "Element") -> str:
    file, group, name = case.get("file", ""), case.get("classname", ""), case.get("name", "")
    if not file:
        return f"{group}::{name}".strip(":")
    module = file.removesuffix(".py").replace("/", ".").replace("\\", ".")
    classes = [part for part in group.removeprefix(module).split(".") if part]
    return "::".join([file.replace("\\", "/"), *classes, name])


def _case_message(trouble: "Element") -> str:
    message, details = trouble.get("message", ""), trouble.text or ""
    if message and message != "collection failure":
        return message
    said = [line[1:].strip() for line in details.splitlines() if line.startswith("E ")]
    return "\n".join(said) or details or message


# --- our unittest runner's JSON report ---


def counts_in_unittest_report(data: bytes) -> Counts | None:
    """Read what ``unittest_child`` wrote; None if it did not get that far."""
    try:
        report = json.loads(data)
        failures = tuple(failure(str(name), str(message)) for name, message in report["failures"])
        return Counts(int(report["passed"]), len(failures), failures)
    except (ValueError, KeyError, TypeError):
        return None


# --- node's TAP report ---

_POINT = re.compile(
    r"^(?P<indent> *)(?P<not>not )?ok \d+(?: - (?P<name>.*?))?(?P<directive> # (?:SKIP|TODO).*)?$"
)


@dataclass(slots=True)
class _Point:
    """A TAP test point; ``details`` are the lines of its YAML block."""

    depth: int
    ok: bool
    name: str
    counted: bool
    has_children: bool
    details: list[str]


def counts_in_tap(text: str, tests_anything: Callable[[str], bool] = lambda name: True) -> Counts | None:
    """Count the innermost test points of a TAP report; None if it holds none and no plan.

    Node lists a file without any test as one that passed: ``tests_anything`` is asked whether a file does.
    """
    if not re.search(r"^(?:TAP version|1\.\.)", text, re.MULTILINE):
        return None
    passed, failures = 0, []
    for point in _points(text):
        if not point.counted:
            continue
        if not point.ok and not (point.has_children and "subtestsFailed" in "".join(point.details)):
            failures.append(failure(point.name, _tap_error(point.details)))
        elif point.ok and not point.has_children:
            passed += tests_anything(point.name)
    return Counts(passed, len(failures), tuple(failures))


def _points(text: str) -> Iterator[_Point]:
    open_depths: set[int] = set()
    latest: _Point | None = None
    for line in text.splitlines():
        match = _POINT.match(line)
        if not match:
            if latest:
                latest.details.append(line)
            continue
        if latest:
            yield latest
        depth = len(match["indent"]) // 4
        has_children = depth + 1 in open_depths
        open_depths = {known for known in open_depths if known <= depth} | {depth}
        name = re.sub(r"\\([#\\])", r"\1", match["name"] or "unnamed test")
        latest = _Point(depth, not match["not"], name, not match["directive"], has_children, [])
    if latest:
        yield latest


def _tap_error(details: list[str]) -> str:
    """Return the ``error`` of a YAML block, on one line or as an indented block."""
    for index, line in enumerate(details):
        match = re.match(r"( *)error: (.*)$", line)
        if not match:
            continue
        if match[2].strip() not in ("|-", "|", ">-", ">"):
            return match[2].strip().strip("'\"")
        inner = " " * (len(match[1]) + 2)
        block: list[str] = []
        for follower in details[index + 1 :]:
            if follower.strip() and not follower.startswith(inner):
                break
            block.append(follower.removeprefix(inner))
        return "\n".join(block)
    return ""
