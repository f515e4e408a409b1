"""A real, small model of one's own does small jobs; what is demanded must hold whatever it answers.

Whether it solves a job is measured and printed, not demanded: docs/local-models.md has the figures.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.local_model

FIGURES = '''"""Figures about lists of numbers."""


def mean(numbers):
    """Return the mean."""
    return sum(numbers) / len(numbers)


def median(numbers):
    """Return the number in the middle; of an even count, the mean of the two in the middle."""
    ordered = sorted(numbers)
    return ordered[len(ordered) // 2]
'''
TESTS = """import unittest

from figures import mean, median


class Median(unittest.TestCase):
    def test_odd_count(self):
        self.assertEqual(median([3, 1, 2]), 2)

    def test_even_count(self):
        self.assertEqual(median([4, 1, 3, 2]), 2.5)


class Mean(unittest.TestCase):
    def test_mean(self):
        self.assertEqual(mean([1, 2, 6]), 3)


if __name__ == "__main__":
    unittest.main()
"""
GIVEN = {"figures.py": FIGURES, "test_figures.py": TESTS}
PLACE = {"path": "figures.py", "first_line": 9, "last_line": 12, "text": FIGURES[FIGURES.index("def median") :]}
JOBS: dict[str, dict[str, Any]] = {
    "change": {
        "kind": "change",
        "request": "For an even count of numbers, return the mean of the two in the middle.",
        "place": PLACE,
        "files": GIVEN,
    },
    "fix": {"kind": "fix", "request": "", "files": GIVEN},
    "project": {
        "kind": "project",
        "request": "A Python module roman.py with a function to_roman(number) that writes 1 to 3999 as a Roman "
        "numeral and raises ValueError for other numbers.",
        "files": {},
    },
}
Do = Callable[..., Any]


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
async def test_a_small_model_does_a_small_job_or_says_that_it_did_not(
    job: dict[str, Any], do: Do, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = await do(**job)
    with capsys.disabled():
        sys.stdout.write(f"\n{request.node.callspec.id}: {json.dumps(ended.measured(), ensure_ascii=False)}\n")

    assert ended.status.phase in ("done", "red", "failed", "stopped")
    assert ended.events("run_finished")[-1].summary == ended.status.summary != ""

    asked = ended.events("model_call_started")
    answers = ended.events("model_answered")
    unanswered = len(asked) - len(answers) - len(ended.events("model_call_failed"))
    assert asked
    assert unanswered == 0 or (ended.status.phase == "stopped" and unanswered > 0)
    assert all(one.provider == "local" for one in answers)
    assert all(one.usage.input_tokens > 0 and one.usage.output_tokens > 0 for one in answers)
    assert sum(one.usage.output_tokens for one in answers) == ended.status.output_tokens
    assert ended.status.cost == 0

    # what differs on the disk is what the log says was changed, and nothing else
    now, before = ended.files(), job["files"]
    assert {path for path in now | before if now.get(path) != before.get(path)} <= set(ended.status.files)
    for path, text in now.items():
        if Path(path).suffix == ".py":
            compile(text, path, "exec", dont_inherit=True)
