"""Names, the archive, damaged runs set aside, and the clean-up that says what it removes."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts.session_events import SESSIONS, RunRemoved
from codecompanion.memory.whole_streams import Account
from codecompanion.server.runs import cleaning, keeping
from codecompanion.server.runs.cleaning import Policy, removals
from codecompanion.server.runs.entries import RunEntry
from codecompanion.server.runs.reader import RunReader

DAY = 86_400.0
NOW = 1_800_000_000.0


def entry(run_id: str, days_ago: float, state: str = "done", *, archived: bool = False) -> RunEntry:
    at = NOW - days_ago * DAY
    return RunEntry(run_id=run_id, title=run_id, state=state, archived=archived, started_at=at, updated_at=at)


def account(run_id: str, megabytes: float = 0.0) -> Account:
    return Account(run_id, 10, int(megabytes * 1_000_000), 0.0, 0.0)


def going(entries: list[RunEntry], sizes: dict[str, float], policy: Policy) -> list[str]:
    return [run.run_id for run in removals(entries, [account(*item) for item in sizes.items()], policy, NOW)]


def test_by_age_go_ended_runs_that_are_not_archived() -> None:
    runs = [
        entry("old", 91),
        entry("young", 89),
        entry("kept", 400, archived=True),
        entry("open", 400, "open"),
        entry("damaged", 400, "damaged"),
        entry("older", 200, "failed"),
    ]
    sizes = dict.fromkeys(("old", "young", "kept", "open", "damaged", "older"), 1.0)
    assert going(runs, sizes, Policy(90, 500)) == ["older", "old"]


def test_by_size_the_oldest_go_until_it_fits_and_archived_ones_last() -> None:
    runs = [
        entry("a", 40, archived=True),
        entry("b", 30),
        entry("c", 20),
        entry("d", 10),
        entry("e", 50, "open"),
    ]
    sizes = {"a": 100.0, "b": 100.0, "c": 100.0, "d": 100.0, "e": 100.0, "~documents": 9_000.0}
    assert going(runs, sizes, Policy(90, 500)) == []
    assert going(runs, sizes, Policy(90, 350)) == ["b", "c"]
    assert going(runs, sizes, Policy(90, 150)) == ["a", "b", "c", "d"]
    assert going(runs, sizes, Policy(90, 1)) == ["a", "b", "c", "d"]


def test_what_goes_by_age_makes_room() -> None:
    runs = [entry("old", 100), entry("a", 50), entry("b", 40)]
    assert going(runs, {"old": 300.0, "a": 100.0, "b": 100.0}, Policy(90, 250)) == ["old"]


def test_a_clean_up_says_what_it_removes_and_a_check_knows_of_it(folder: Any, small_run: Any) -> None:
    folder.add("run-old", small_run(), at=1_000_000_000.0)
    folder.add("run-new", small_run())
    fork = folder.data / "forks" / "run-old"
    fork.mkdir(parents=True)
    (fork / "calc.py").write_text("x")
    ran = folder.runs("clean", "--dry-run")
    assert "run-old  13      it ended more than 90 days ago" in ran.out
    assert "dry run" in ran.out
    assert len(folder.runs("list", "--json").json["runs"]) == 2
    ran = folder.runs("clean", "--json")
    assert ran.json == {
        "removed": True,
        "runs": [
            {
                "runId": "run-old",
                "title": "an adder",
                "events": 13,
                "reason": "it ended more than 90 days ago",
            }
        ],
    }
    assert [run["runId"] for run in folder.runs("list", "--all", "--json").json["runs"]] == ["run-new"]
    assert not fork.exists()
    removed = [one.body for one in folder.read(SESSIONS) if isinstance(one.body, RunRemoved)]
    assert [(one.run_id, one.events, len(one.last_link)) for one in removed] == [("run-old", 13, 64)]
    ran = folder.runs("verify")
    assert (ran.code, "run-old: removed by the clean-up" in ran.out) == (0, True)
    ran = folder.runs("show", "run-old")
    assert (ran.code, "was removed by the clean-up" in ran.err) == (2, True)
    assert folder.runs("clean").out == "There is nothing to remove.\n"


def test_a_run_that_vanished_beside_a_clean_up_is_still_lost(folder: Any, small_run: Any) -> None:
    folder.add("run-old", small_run(), at=1_000_000_000.0)
    folder.add("run-new", small_run())
    folder.runs("clean")
    folder.sql("DELETE FROM events WHERE run_id = 'run-new' AND version > 11")
    ran = folder.runs("verify")
    assert (ran.code, "2 events are gone from the log, and no clean-up accounts for them" in ran.out) == (
        1,
        True,
    )


def test_a_clean_up_that_was_cut_off_is_finished_by_the_next(folder: Any, small_run: Any) -> None:
    folder.add("run-old", small_run(), at=1_000_000_000.0)

    async def noted_and_killed() -> None:
        async with folder.store() as store:
            (gone,) = await cleaning.planned(store, Policy(90, 500), NOW)
            event = RunRemoved(run_id=gone.run_id, reason=gone.reason, events=gone.events, last_link="")
            await keeping.note(store, event)

    asyncio.run(noted_and_killed())
    assert folder.runs("list", "--json").json["runs"] == []
    assert folder.runs("clean").code == 0
    ran = folder.runs("verify", "--json")
    assert (ran.code, ran.json["removed"]) == (0, ["run-old"])


def test_the_settings_say_how_much_is_kept(
    folder: Any, small_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.add("run-old", small_run(), at=1_000_000_000.0)
    monkeypatch.setenv("ORCHESTRA_KEEP_DAYS", "3650")
    monkeypatch.setattr(cleaning, "_DAY", 10 * DAY)
    assert folder.runs("clean", "--dry-run").out == "There is nothing to remove.\n"
    monkeypatch.setenv("ORCHESTRA_KEEP_DAYS", "0")
    assert folder.runs("clean").code == 2


def test_a_run_is_renamed_archived_and_taken_back(folder: Any, small_run: Any) -> None:
    folder.add("run-aaa", small_run())
    assert folder.runs("rename", "run-aaa", "  the\tadder ").out == "Run run-aaa is named 'the adder' now.\n"
    assert folder.runs("list", "--json").json["runs"][0]["title"] == "the adder"
    for bad in ("", "  ", "x" * 201, "a\x1b[2J"):
        assert folder.runs("rename", "run-aaa", bad).code == 2, bad
    folder.runs("archive", "run-aaa")
    folder.runs("archive", "run-aaa")
    assert folder.runs("list", "--json").json["runs"] == []
    assert folder.runs("archive", "run-aaa", "--undo").code == 0
    assert folder.runs("list", "--json").json["runs"][0]["archived"] is False
    names = [one.body.event for one in folder.read(SESSIONS)]
    assert names.count("run_archived") == 2


def test_damaged_runs_are_set_aside_once_and_stay_as_they_are(folder: Any, small_run: Any) -> None:
    folder.add("run-bad", small_run())
    folder.add("run-good", small_run())
    folder.sql("DELETE FROM events WHERE run_id = 'run-bad' AND version = 4")

    async def look() -> tuple[list[str], list[tuple[str, str]]]:
        async with folder.store() as store:
            aside = [one.run_id for one in await keeping.set_damaged_aside(store)]
            entries = [(one.run_id, one.state) for one in await RunReader(store).entries()]
            return aside, entries

    expected = [("run-bad", "damaged"), ("run-good", "done")]
    assert asyncio.run(look()) == (["run-bad"], expected)
    assert asyncio.run(look()) == ([], expected)
    ran = folder.runs("resume", "run-bad")
    assert (ran.code, "cannot be gone on with" in ran.err) == (1, True)
    assert folder.runs("clean", "--dry-run").code == 0


async def test_notes_of_many_writers_are_all_kept(folder: Any) -> None:
    async with folder.store() as store:
        await asyncio.gather(*(keeping.rename(store, f"run-{nth}", f"name {nth}") for nth in range(4)))
        assert len((await RunReader(store).notes()).titles) == 4


def test_a_forks_folder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    from codecompanion.contracts.errors import WorkspaceError
    from codecompanion.server.runs.fork_folder import remove_fork_folder

    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("x")
    link = tmp_path / "fork"
    link.symlink_to(precious)
    with pytest.raises(WorkspaceError):
        remove_fork_folder(link)
    assert (precious / "file").exists()
