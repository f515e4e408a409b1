"""What is claimed is open until a document shows it; what shows a later edit shows the earlier ones."""

import asyncio

from codecompanion.contracts.edits import WholeFile
from codecompanion.server.edits.bases import Bases
from codecompanion.server.edits.claims import Claim, Claims, same_text
from codecompanion.server.edits.plan import PlannedEdit, plan_edit


def claim(edit_id: str, after: str, path: str = "a.py") -> Claim:
    plan = plan_edit(None, WholeFile(path=path, text=after), None)
    assert isinstance(plan, PlannedEdit)
    return Claim(edit_id, path, plan)


def test_a_later_edit_seen_settles_the_earlier_ones() -> None:
    claims = Claims()
    for one in (claim("1", "a\n"), claim("2", "b\n"), claim("3", "c\n")):
        claims.add(one)
    assert claims.look("a.py", "b\n")
    assert [seen.claim.edit_id for seen in claims.take_seen()] == ["1", "2"]
    assert claims.of_file("a.py") == ["3"]
    assert claims.expected("a.py") == "c\n"


def test_each_claim_is_handed_over_once_and_only_to_whom_it_belongs() -> None:
    claims = Claims()
    claims.add(claim("1", "a\n"))
    claims.add(claim("2", "b\n", "b.py"))
    claims.look("a.py", "a\n")
    assert claims.take_seen(["2"]) == []
    assert len(claims.take_seen(["1"])) == 1
    assert claims.take_seen(["1"]) == []
    assert [open_one.edit_id for open_one in claims.take_open()] == ["2"]
    assert claims.take_open() == []


async def test_waiting_ends_when_the_claim_is_seen() -> None:
    claims = Claims()
    claims.add(claim("1", "a\n"))
    waiting = asyncio.create_task(claims.wait_for(["1"], 5))
    await asyncio.sleep(0)
    claims.look("a.py", "not it\n")
    await asyncio.sleep(0)
    assert not waiting.done()
    claims.look("a.py", "a\n")
    assert await waiting


async def test_waiting_is_bounded() -> None:
    claims = Claims()
    claims.add(claim("1", "a\n"))
    assert not await claims.wait_for(None, 0.01)
    assert await claims.wait_for(["other"], 0.01)


def test_line_endings_and_the_last_line_break_are_the_editors_own() -> None:
    assert same_text("a\nb\n", "a\r\nb\r\n")
    assert same_text("a\nb", "a\nb\n")
    assert same_text("a\n", "\ufeffa\n")
    assert not same_text("a\nb\n", "a\n b\n")
    assert not same_text("a\n", "a\n" + "b" * 1000)


def test_a_base_is_what_the_first_run_started_from_until_an_edit_of_ours() -> None:
    bases = Bases()
    bases.opened("early.py", "x")
    assert bases.of("early.py") is None
    bases.begin_run({"a.py": "1"})
    bases.begin_run({"a.py": "2"})
    bases.opened("b.py", "3")
    bases.opened("b.py", "4")
    assert (bases.of("a.py"), bases.of("b.py")) == ("1", "3")
    bases.landed("a.py", "5")
    bases.end_run()
    assert bases.of("a.py") == "5"
    bases.end_run()
    assert bases.of("a.py") is None
