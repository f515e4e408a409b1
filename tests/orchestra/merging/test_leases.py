"""Leases order agents that want the same lines, let the others go on, and never leave anybody waiting."""

import asyncio

import pytest

from codecompanion.orchestra.merging.alignment import line_changes
from codecompanion.orchestra.merging.leases import Leases
from codecompanion.orchestra.merging.three_way import merge

TEXT = "".join(f"line {n}\n" for n in range(20))


def take(leases: Leases, holder: str, wanted: str, text: str = TEXT, path: str = "a.py") -> frozenset[str]:
    return leases.take(holder, path, text, line_changes(text, wanted))


async def test_different_lines_and_files_are_taken_together() -> None:
    leases = Leases()
    assert not take(leases, "A", TEXT.replace("line 3\n", "three\n"))
    assert not take(leases, "B", TEXT.replace("line 4\n", "four\n"))
    assert not take(leases, "B", TEXT.replace("line 3\n", "3\n"), path="b.py")
    assert set(leases.held("a.py")) == {"A", "B"}


async def test_the_same_lines_are_taken_once_and_their_holder_may_take_them_again() -> None:
    leases = Leases()
    assert not take(leases, "A", TEXT.replace("line 3\n", "three\n"))
    assert take(leases, "B", TEXT.replace("line 2\nline 3\n", "\n")) == {"A"}
    assert not take(leases, "A", TEXT.replace("line 3\n", "drei\n"))


async def test_who_waits_goes_on_when_the_other_task_ends() -> None:
    leases = Leases()
    take(leases, "A", TEXT.replace("line 3\n", "three\n"))
    others = take(leases, "B", TEXT.replace("line 3\n", "3\n"))
    waiting = asyncio.create_task(leases.wait_for("B", others))
    await asyncio.sleep(0)
    assert not waiting.done()
    leases.release("A")
    assert await waiting
    assert not take(leases, "B", TEXT.replace("line 3\n", "3\n"))
    assert list(leases.held("a.py")) == ["B"]


async def test_leases_follow_their_lines_when_others_are_typed_above() -> None:
    leases = Leases()
    take(leases, "A", TEXT.replace("line 9\n", "nine\n"))
    typed = "typed\n" * 5 + TEXT
    assert take(leases, "B", typed.replace("line 9\n", "9\n"), typed) == {"A"}
    assert not take(leases, "B", typed.replace("line 4\n", "4\n"), typed)


@pytest.mark.parametrize("new", ["", "nine\n", "nine\nand\nmore\n"])
async def test_a_lease_covers_what_its_own_edit_wrote(new: str) -> None:
    leases = Leases()
    after = TEXT.replace("line 9\n", new)
    take(leases, "A", after)
    leases.landed("A", "a.py", TEXT, after)
    ((start, end),) = leases.held("a.py")["A"]
    assert after[start:end] == new


async def test_nobody_waits_in_a_circle() -> None:
    leases = Leases()
    take(leases, "A", TEXT.replace("line 1\n", "one\n"))
    take(leases, "B", TEXT.replace("line 5\n", "five\n"))
    take(leases, "C", TEXT.replace("line 9\n", "nine\n"))
    waits = [
        asyncio.create_task(leases.wait_for(one, frozenset({other}))) for one, other in (("A", "B"), ("B", "C"))
    ]
    await asyncio.sleep(0)
    assert not await leases.wait_for("C", frozenset({"A"}))
    for holder in ("C", "B"):
        leases.release(holder)
    assert await asyncio.gather(*waits) == [True, True]


async def test_nobody_waits_for_ever() -> None:
    leases = Leases(longest_wait=0.01)
    take(leases, "A", TEXT.replace("line 3\n", "three\n"))
    assert not await leases.wait_for("B", frozenset({"A"}))


async def test_it_is_known_whether_agents_or_the_user_changed_the_lines() -> None:
    leases = Leases()
    by_agent = TEXT.replace("line 3\n", "three\n")
    take(leases, "A", by_agent)
    leases.landed("A", "a.py", TEXT, by_agent)
    wanted = TEXT.replace("line 3\n", "3\n").replace("line 12\n", "12\n")
    assert leases.between_agents("B", "a.py", merge(TEXT, by_agent, wanted).conflicts)
    by_both = by_agent.replace("line 12\n", "twelve, as typed\n")
    assert not leases.between_agents("B", "a.py", merge(TEXT, by_both, wanted).conflicts)
    assert not leases.between_agents("A", "a.py", merge(TEXT, by_agent, wanted).conflicts)
