"""The page on existing code says what the code does: its bounds, and the releases it was tried on."""

import re
from pathlib import Path

import pytest

from codecompanion.orchestra.agents.desk import AgentLimits
from codecompanion.orchestra.tools import looks
from codecompanion.orchestra.tools.toolbox import DEFAULT_LIMITS
from codecompanion.orchestra.verification.project_tests import LONGEST_RUN_S
from codecompanion.orchestra.workspace import generated, shadow, view
from codecompanion.orchestra.workspace.texts import BIGGEST_TEXT

PAGE = Path(__file__).parents[3] / "docs" / "existing-code.md"
BOUNDS = {
    "files listed for agents": (view.MOST_FILES, view.LONGEST_LISTING_S),
    "a file that is read": (BIGGEST_TEXT,),
    "one tool result": (DEFAULT_LIMITS.bytes_per_result,),
    "all tool results of a task": (DEFAULT_LIMITS.bytes_in_total, DEFAULT_LIMITS.seconds_in_total),
    "a search": (looks._MOST_HITS, looks._MOST_CHARACTERS_SEARCHED, DEFAULT_LIMITS.seconds_per_search),
    "model calls of a task": (AgentLimits().rounds, AgentLimits().edit_repairs),
    "a workspace whose tests can be run (they run in a copy)": (shadow.MOST_FILES, shadow.MOST_BYTES),
    "files that Git ignores, copied for the tests": (
        generated.MOST_GENERATED_FILES,
        generated.MOST_GENERATED_BYTES,
        generated.BIGGEST_GENERATED_FILE,
    ),
    "one run of the tests": (LONGEST_RUN_S,),
}


@pytest.mark.parametrize("what", BOUNDS)
def test_each_bound_is_the_one_in_force(what: str) -> None:
    row = re.search(rf"^\| {re.escape(what)} \| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    assert row
    numbers = [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\d|\d", row[1])]
    assert numbers == list(BOUNDS[what])


def test_each_release_is_named(packages) -> None:
    rows = re.findall(r"^\| (\S+ \d[\d.]+) \|", PAGE.read_text(), re.MULTILINE)
    assert rows == [f"{package.name} {package.version}" for package in packages]
