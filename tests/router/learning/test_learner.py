"""One folder's learner: it decides, keeps why, learns, and comes to the same from the same log."""

import asyncio
from pathlib import Path

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.messages import Priority, Role
from codecompanion.contracts.model_calls import Brief, ModelRequest
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import PlanTask
from codecompanion.contracts.records import BanditObservation
from codecompanion.memory.database import Database
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.records.project_records import SqliteProjectRecords
from codecompanion.router.choice import Eligible
from codecompanion.router.config import OFFLINE, ModelRef
from codecompanion.router.learning.learned import read_learned, report_of, written
from codecompanion.router.learning.learner import Learner, LearningTerms, reset_mark
from codecompanion.router.learning.page import page_of

GPT, CLAUDE = ModelRef("openai", "gpt-6.1-sol"), ModelRef("anthropic", "claude-sonnet-5-5")
BOTH = Eligible((GPT, CLAUDE), ((ModelRef("gemini", "g"), "is not set up"),))
KIND = "CodeGenerator/code generation"


def request(task="t1", run="r1", role=Role.CODE_GENERATOR, priority=Priority.NORMAL, text="write it"):
    order = RunOrder(kind="change", request=text, workspace="/w")
    plan_task = PlanTask(id=task, title="t", role=role, priority=priority)
    brief = Brief(order=order, purpose="work", task=plan_task)
    return ModelRequest(role=role, system="s", messages=(), brief=brief, call_id=f"{run}/{task}")


def observed(ref, reward, **more):
    fields = {"at": 1.0, "run_id": "old", "task_id": "t", "role": "CodeGenerator", "kind": KIND}
    return BanditObservation(provider=ref.provider, model=ref.model, reward=reward, **{**fields, **more})


@pytest.fixture
async def folder(tmp_path: Path):
    database = Database.open(tmp_path, lambda: 50.0)
    store = SqliteEventStore(database, lambda: 50.0)
    records = SqliteProjectRecords(database, lambda: 50.0, lambda event: event.event, lambda said: None)
    yield store, records
    await store.close()


async def learner_of(folder, **terms):
    store, records = folder
    learner = Learner(records, store, lambda: LearningTerms(**terms), lambda: 50.0)
    await learner.open()
    return learner


async def test_a_newcomer_gets_the_roles_own_models(folder):
    learner = await learner_of(folder)
    assert learner.decide(request(), BOTH) == GPT
    assert learner.decide(request("t2", role=Role.DEBUGGER), Eligible((CLAUDE, GPT))) == CLAUDE


async def test_a_decision_is_kept_with_its_reasons_before_the_call(folder):
    learner = await learner_of(folder)
    learner.decide(request(), BOTH)
    await learner.journal()
    (kept,) = await folder[1].router_decisions("r1")
    assert (kept.decision, kept.kind, kept.size, kept.how) == ("r1/t1#1", KIND, "small", "learned")
    assert [one.model for one in kept.considered] == [str(GPT), str(CLAUDE)]
    assert sum(one.propensity for one in kept.considered) == pytest.approx(1.0)
    assert kept.excluded[0].reason == "is not set up"


async def test_a_conversation_keeps_its_model_while_that_may_be_asked(folder):
    learner = await learner_of(folder)
    first = learner.decide(request(), BOTH)
    assert {learner.decide(request(), BOTH) for _ in range(5)} == {first}
    assert learner.decide(request(), Eligible((CLAUDE,))) == CLAUDE
    await learner.journal()
    assert [one.decision for one in await folder[1].router_decisions()] == ["r1/t1#1", "r1/t1#2"]


async def test_what_was_learned_moves_the_choice_and_survives_a_restart(folder):
    for _ in range(80):
        await folder[1].note_reward(observed(GPT, 0.1))
        await folder[1].note_reward(observed(CLAUDE, 0.9))
    for _ in range(2):
        learner = await learner_of(folder, explore=0.0)
        assert learner.decide(request(), BOTH) == CLAUDE


async def test_the_same_log_decides_the_same_again(folder):
    for number in range(30):
        await folder[1].note_reward(observed(GPT if number % 2 else CLAUDE, number % 3 / 2))

    async def decisions():
        learner = await learner_of(folder, explore=0.5)
        return [learner.decide(request(f"t{n}"), BOTH) for n in range(20)]

    assert await decisions() == await decisions()


async def test_a_pinned_role_and_a_person_who_does_not_want_it_are_obeyed(folder):
    for _ in range(80):
        await folder[1].note_reward(observed(GPT, 0.0))
        await folder[1].note_reward(observed(CLAUDE, 1.0))
    learner = await learner_of(folder)
    assert learner.decide(request(), BOTH._replace(pinned=True)) == GPT
    assert (await learner_of(folder, enabled=False)).decide(request("t2"), BOTH) == GPT


async def test_templates_are_no_model_and_nothing_is_kept_of_them(folder):
    learner = await learner_of(folder)
    assert learner.decide(request(), Eligible((OFFLINE,), pinned=True)) == OFFLINE
    await learner.journal()
    assert await folder[1].router_decisions() == []


async def test_an_urgent_task_is_not_used_to_try_something_out(folder):
    learner = await learner_of(folder, explore=0.5)
    for number in range(40):
        learner.decide(request(f"t{number}", priority=Priority.URGENT), BOTH)
    await learner.journal()
    kept = await folder[1].router_decisions()
    assert not any(one.explored for one in kept)
    assert "nothing is tried out on an urgent task" in kept[0].reason


async def test_a_second_repair_goes_to_another_model(folder):
    learner = await learner_of(folder)
    both = Eligible((CLAUDE, GPT))
    first = learner.decide(request("mend-1", role=Role.DEBUGGER), both)
    second = learner.decide(request("mend-2", role=Role.DEBUGGER), both)
    assert {first, second} == {CLAUDE, GPT}
    assert learner.decide(request("mend-3", role=Role.DEBUGGER), both) in both.models


async def test_an_ended_run_is_learned_from_once_even_by_two_at_a_time(folder):
    store, records = folder
    learner = await learner_of(folder)
    learner.decide(request(), BOTH)
    await learner.journal()
    await learner.settle()
    assert await records.bandit_data() == []
    started = e.RunStarted(order=request().brief.order)
    call = e.ModelCallStarted(task_id="t1", role=Role.CODE_GENERATOR, request_sha256="a")
    answer = e.ModelAnswered(
        task_id="t1",
        role=Role.CODE_GENERATOR,
        request_sha256="a",
        provider=GPT.provider,
        model=GPT.model,
        text="x",
        usage={"cost": 0.5},
    )
    failed = e.TaskFailed(task_id="t1", reason="no usable answer")
    await store.append("r1", 0, [started, call, answer, failed, e.RunFinished(outcome="failed", summary="")])
    await asyncio.gather(learner.settle(), learner.settle())
    await learner.settle()
    await (await learner_of(folder)).settle()
    (kept,) = await records.bandit_data()
    assert (kept.decision, kept.reward, kept.cost) == ("r1/t1#1", 0.0, 0.5)


async def test_odd_rows_of_the_log_stop_nothing(folder, caplog):
    store, records = folder
    await records.note_reward(observed(GPT, 0.5))
    await store.close()
    other = Database.open(store_folder(records), lambda: 50.0)
    other.writer.execute("UPDATE bandit_data SET reward = -3.0")
    again = SqliteProjectRecords(other, lambda: 50.0, lambda event: event.event, lambda said: None)
    learner = await learner_of((store, again))
    assert "the router begins anew" in caplog.text
    assert learner.decide(request(), BOTH) == GPT
    other.close()


def store_folder(records):
    return records._database.path.parent


def test_a_reset_hides_what_was_before_it_and_files_carry_the_rest(tmp_path):
    kept = [observed(GPT, 0.2), reset_mark(5.0), observed(CLAUDE, 0.8, cost=0.25)]
    report = report_of([], kept)
    assert [(one.model, one.tasks, one.spent) for one in report.standings] == [(str(CLAUDE), 1, 0.25)]
    file = tmp_path / "learned.json"
    file.write_text(written(kept))
    assert read_learned(file) == (kept[2],)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"format": 99, "observations": []}', "is of format 99, and this release reads up to 1"),
        ('{"format": 1, "observations": [{"reward": NaN}]}', "is not what `orchestra router export` writes"),
        ("[1", "it is no JSON"),
    ],
)
def test_a_file_that_cannot_be_taken_in_is_refused(tmp_path, text, said):
    from codecompanion.contracts.errors import BadRequest

    file = tmp_path / "learned.json"
    file.write_text(text)
    with pytest.raises(BadRequest, match=said):
        read_learned(file)


def test_the_page_holds_no_script_and_fetches_nothing():
    kept = [observed(ModelRef("local", "<b>&m"), n % 2, at=n * 40_000.0, cost=0.01) for n in range(6)]
    page = page_of(report_of([], kept))
    assert "default-src 'none'" in page
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")
    assert "local/&lt;b&gt;&amp;m" in page and "<b>&m" not in page
    assert page.count("<polyline") >= 1 and page.count("<circle") == 1 and page.count("<rect") >= 3


def test_a_page_of_nothing_is_a_page():
    assert "0 outcomes" in page_of(report_of([], []))
