"""What waits is a fold of the log: its single changes, decisions about them, and a run's own view of it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.contracts import change_events as c
from codecompanion.contracts import events as e
from codecompanion.contracts.edits import (
    DeleteFile,
    EditOutcome,
    FileEdit,
    GroupedEdit,
    HeldPart,
    RenameFile,
    ReplaceBlock,
    WholeFile,
)
from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.messages import Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.review.pending_edits import Bench, PendingEdits, PendingView, bench_for
from codecompanion.orchestra.review.pending_files import PendingFile
from codecompanion.orchestra.review.review_items import PendingFiles
from codecompanion.orchestra.workspace.disk_edits import DiskEdits
from codecompanion.orchestra.workspace.view import Workspace

BASE = "a\nb\nc\nd\ne\nf\n"
TEXT = "a\nB\nc\nd\ne2\ne3\nf\n"
GREEN = TestReport(command=("pytest",), ran=True, passed=1, exit_code=0)
RED = TestReport(command=("pytest",), ran=True, failed=1, exit_code=1)


def pending(base: str | None = BASE, text: str | None = TEXT) -> PendingFile:
    return PendingFile("run-1", "a.txt", base, text, ("e1",))


def waiting(*events: e.Event) -> PendingFiles:
    found = PendingFiles("run-1")
    for event in events:
        found.take(event)
    return found


def proposed(edit: FileEdit, edit_id: str = "e1", *, state: Any = "pending", **more: Any) -> list[e.Event]:
    made = e.EditProposed(edit_id=edit_id, task_id="t", role=Role.CODE_GENERATOR, edit=edit, sha256="x")
    outcome = EditOutcome(edit_id=edit_id, path=edit.path, state=state, **more)
    return [made, e.EditSettled(outcome=outcome)]


def test_a_change_falls_into_its_places() -> None:
    first, second = pending().hunks
    assert (first.line, first.new_line, first.removed, first.added) == (2, 2, "b\n", "B\n")
    assert (second.line, second.new_line, second.removed, second.added) == (5, 5, "e\n", "e2\ne3\n")
    assert pending(None).hunks == pending(BASE, None).hunks == ()
    assert "+B" in pending().diff()


TEXTS = st.lists(st.sampled_from("abcde"), max_size=9).map(lambda lines: "".join(f"{x}\n" for x in lines))


@given(TEXTS, TEXTS, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_decisions_one_by_one_in_any_order_come_to_what_they_say(base: str, text: str, random: Any) -> None:
    file = pending(base, text)
    choices = {hunk.id: random.choice([True, False]) for hunk in file.hunks}
    assert len(choices) == len(file.hunks)
    left = list(choices)
    random.shuffle(left)
    expected = file.with_accepted([hunk.accepted for hunk in file.hunks if choices[hunk.id]]).base
    for name in left:
        hunk = next(hunk for hunk in file.hunks if hunk.id == name)
        file = file.with_accepted([hunk.accepted]) if choices[name] else file.with_rejected([hunk.rejected])
    assert file.changes_nothing
    assert file.base == expected


def test_edits_of_a_run_pile_up_and_decisions_take_them_away() -> None:
    events = [
        e.BaseKept(path="a.txt", text=BASE),
        *proposed(ReplaceBlock(path="a.txt", search="b\n", replace="B\n")),
        *proposed(ReplaceBlock(path="a.txt", search="B\n", replace="BB\n"), "e2"),
        e.BaseKept(path="new.txt", text=None),
        *proposed(WholeFile(path="new.txt", text="x\n"), "e3"),
    ]
    files = waiting(*events).files
    assert [(one.path, one.base, one.text) for one in files.values()] == [
        ("a.txt", BASE, BASE.replace("b", "BB")),
        ("new.txt", None, "x\n"),
    ]
    assert files["a.txt"].edits == ("e1", "e2")
    (hunk,) = files["a.txt"].hunks
    let_in = c.ChangesAccepted(accept_id="x", run_id="run-1", path="a.txt", changes=(hunk.accepted,))
    turned_down = c.ChangesRejected(run_id="run-1", path="a.txt", changes=(hunk.rejected,))
    other = c.ChangesRejected(run_id="run-2", path="a.txt", whole=True)
    assert list(waiting(*events, let_in).files) == list(waiting(*events, turned_down).files) == ["new.txt"]
    assert list(waiting(*events, other).files) == ["a.txt", "new.txt"]
    assert list(waiting(*events, c.ChangesRejected(run_id="run-1", path="new.txt", whole=True)).files) == [
        "a.txt"
    ]


def test_what_landed_after_all_does_not_wait_any_more() -> None:
    events = [e.BaseKept(path="a.txt", text=BASE), *proposed(WholeFile(path="a.txt", text=TEXT))]
    landed = e.EditSettled(outcome=EditOutcome(edit_id="e1", path="a.txt", state="confirmed"))
    assert waiting(*events).files
    assert not waiting(*events, landed).files


def test_a_place_where_the_persons_text_won_waits_until_it_is_decided() -> None:
    part = HeldPart(base="b\n", user="mine\n", wanted="theirs\n", line=2)
    events = proposed(WholeFile(path="a.txt", text=TEXT), state="confirmed", held=(part,))
    (kept,) = waiting(*events).review().kept_back
    assert (kept.id, kept.part) == ("e1#1", part)
    assert not waiting(*events, c.ChangesRejected(run_id="run-1", path="a.txt", part="e1#1")).kept_back


# -- a run at work


@pytest.fixture
def folder(tmp_path: Any) -> Any:
    (tmp_path / "a.txt").write_text(BASE)
    (tmp_path / "old.txt").write_text("old\n")
    return tmp_path


async def test_a_run_sees_its_own_edits_and_the_files_do_not_change(folder: Any) -> None:
    files = PendingFiles("run-1")
    view = PendingView(Workspace(folder), files)
    sink = PendingEdits(DiskEdits(folder), Workspace(folder), files, None)
    edits: dict[str, FileEdit] = {
        "e1": ReplaceBlock(path="a.txt", search="b\n", replace="B\n"),
        "e2": WholeFile(path="sub/new.txt", text="x\n"),
        "e3": DeleteFile(path="old.txt"),
        "e4": RenameFile(path="a.txt", to="b.txt"),
    }
    for name, edit in edits.items():
        assert (await sink.push(name, edit, "")).state == "pending"
    assert view.files() == ["b.txt", "sub/new.txt"]
    assert view.read("b.txt") == BASE.replace("b", "B")
    assert view.overlay() == {"b.txt": BASE.replace("b", "B"), "sub/new.txt": "x\n"}
    assert view.hidden() == {"a.txt", "old.txt"}
    assert [view.exists(path) for path in ("a.txt", "b.txt", "old.txt", "../x")] == [False, True, False, False]
    with pytest.raises(WorkspaceError, match="removed in this run"):
        view.read("old.txt")
    assert sorted(path.name for path in folder.iterdir()) == ["a.txt", "old.txt"]
    assert (folder / "a.txt").read_text() == BASE
    refused = await sink.push("e5", WholeFile(path=".git/hooks/pre-commit", text="x"), "")
    assert refused.state == "failed"
    group = [
        GroupedEdit(edit_id="e6", edit=WholeFile(path="more.txt", text="x\n")),
        GroupedEdit(edit_id="e7", edit=ReplaceBlock(path="b.txt", search="nowhere\n", replace="")),
    ]
    assert [one.state for one in await sink.push_all(group, "")] == ["failed", "failed"]
    assert "more.txt" not in files.files


async def test_verified_edits_land_only_on_green_tests_that_ran_on_them(folder: Any) -> None:
    reports: list[TestReport] = [GREEN]
    order = RunOrder(kind="change", request="x", workspace=str(folder), landing="verified")
    shared = Bench(Workspace(folder), DiskEdits(folder))
    bench = bench_for("run-1", order, shared, (), lambda: reports)
    await bench.sink.push("e1", ReplaceBlock(path="a.txt", search="b\n", replace="B\n"), "")
    await bench.sink.push("e2", ReplaceBlock(path="a.txt", search="e\n", replace="E\n"), "")
    assert await bench.sink.settle(["e1", "e2"]) == []
    reports.append(RED)
    assert await bench.sink.settle(["e1", "e2"]) == []
    (folder / "a.txt").write_text("mine\n" + BASE)
    reports.append(GREEN)
    outcomes = await bench.sink.settle(["e1", "e2"])
    assert [(one.edit_id, one.state) for one in outcomes] == [("e1", "confirmed"), ("e2", "confirmed")]
    assert (folder / "a.txt").read_text() == "mine\na\nB\nc\nd\nE\nf\n"
    assert bench.view.read("a.txt") == "mine\na\nB\nc\nd\nE\nf\n"


def test_a_run_that_lands_at_once_shares_the_bench_of_all(folder: Any) -> None:
    shared = Bench(Workspace(folder), DiskEdits(folder))
    order = RunOrder(kind="change", request="x", workspace=str(folder))
    assert bench_for("run-1", order, shared, (), list) is shared


def test_a_resumed_run_goes_on_with_what_was_not_turned_down(folder: Any) -> None:
    order = RunOrder(kind="change", request="x", workspace=str(folder), landing="review")
    shared = Bench(Workspace(folder), DiskEdits(folder))
    events = [
        e.BaseKept(path="a.txt", text=BASE),
        *proposed(ReplaceBlock(path="a.txt", search="b\n", replace="B\n")),
        *proposed(ReplaceBlock(path="a.txt", search="e\n", replace="E\n"), "e2"),
    ]
    hunk = waiting(*events).files["a.txt"].hunks[0]
    decision = c.ChangesRejected(run_id="run-1", path="a.txt", changes=(hunk.rejected,))
    history: list[tuple[e.Event, float]] = [(event, float(at)) for at, event in enumerate(events)]
    bench = bench_for("run-1", order, shared, [*history, (decision, 99.0)], list)
    assert bench.view.read("a.txt") == BASE.replace("e", "E")
    assert bench_for("run-1", order, shared, history, list).view.read("a.txt") == "a\nB\nc\nd\nE\nf\n"
