"""Searching: plain text and regular expressions, with patterns that would never end."""

import asyncio
import re
import time

import pytest

from codecompanion.contracts.errors import BadAnswer
from codecompanion.orchestra.tools.regex_worker import excerpt
from codecompanion.orchestra.tools.search import Hit, literal_hits, regex_hits

TEXTS = [
    ("a.py", "import os\r\nx = os.path\r\ny = os.sep, os.name\n"),
    ("b.py", "nothing\rhere\rbut os."),
    ("c.py", ""),
]
HITS = [Hit("a.py", 2, "x = os.path"), Hit("a.py", 3, "y = os.sep, os.name"), Hit("b.py", 3, "but os.")]


def test_plain_text_is_found_once_a_line_with_its_number() -> None:
    assert literal_hits("os.", iter(TEXTS), 50) == HITS
    assert literal_hits("os.", iter(TEXTS), 2) == HITS[:2]
    assert literal_hits("OS.", iter(TEXTS), 50) == []


async def test_a_regular_expression_finds_the_same_lines() -> None:
    hits = await regex_hits(r"\bos\.", iter(TEXTS), 50, 20)
    assert (hits.found, hits.timed_out) == (HITS, False)


async def test_lines_are_what_anchors_see() -> None:
    hits = await regex_hits(r"^here$", iter(TEXTS), 50, 20)
    assert hits.found == [Hit("b.py", 2, "here")]


async def test_the_limit_ends_the_search_although_more_text_is_waiting() -> None:
    texts = [(f"{number}.py", "x\n" * 50_000) for number in range(20)]
    hits = await regex_hits("x", iter(texts), 3, 20)
    assert hits.found == [Hit("0.py", number, "x") for number in (1, 2, 3)]
    assert not hits.timed_out


async def test_a_pattern_that_never_ends_is_stopped_and_the_loop_goes_on() -> None:
    texts = [("good.py", "aaa!\n"), ("bad.py", "a" * 60 + "\n"), ("more.py", "aaa!\n")]
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    started = time.monotonic()
    hits = await regex_hits(r"(a+)+!", iter(texts), 50, 1.0)
    ticking.cancel()
    assert hits.timed_out
    assert hits.found == [Hit("good.py", 1, "aaa!")]
    assert time.monotonic() - started < 5
    assert ticks > 20


async def test_cancelling_ends_the_search() -> None:
    search = asyncio.create_task(regex_hits(r"(a+)+!", iter([("bad.py", "a" * 60)]), 50, 60))
    await asyncio.sleep(0.3)
    search.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(search, 5)


@pytest.mark.parametrize("pattern", ["(", "a{99999999999}", "(?<=a*)b"])
async def test_a_wrong_pattern_is_explained(pattern: str) -> None:
    with pytest.raises(
        BadAnswer, match=f"{re.escape(repr(pattern))} is no regular expression: .*is_regex false"
    ):
        await regex_hits(pattern, iter(TEXTS), 50, 20)


async def test_text_that_is_no_plain_utf8_is_searched_too() -> None:
    hits = await regex_hits("é.$", iter([("a.txt", "caf\u00e9\ud800\n\u2028é!")]), 50, 20)
    assert [hit.line for hit in hits.found] == [1, 2]


def test_very_long_lines_are_cut_round_the_match() -> None:
    line = "x" * 1000 + "needle" + "y" * 1000
    cut = excerpt(line, 1000)
    assert "needle" in cut
    assert len(cut) < 250
    assert cut[0] == cut[-1] == "…"
    assert excerpt("short", 2) == "short"
    (hit,) = literal_hits("needle", iter([("a", line)]), 5)
    assert hit.text == cut
