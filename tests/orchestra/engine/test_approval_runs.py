"""A person looks at the plan before it is carried out, changes it, and tells the agents more."""

import asyncio

import pytest

from codecompanion.orchestra.plan_document import UnclearPlan
from codecompanion.orchestra.runs.decide import NotNow


async def test_nothing_begins_before_the_plan_is_approved(bench, two_files) -> None:
    async with bench(two_files.script()) as b:
        run_id = await b.engine.start(b.order("two files", mode="approve"))
        status = await b.until(run_id, lambda s: s.phase == "waiting")
        assert (status.text, status.next_task) == ("the plan waits for your approval", "a")
        await asyncio.sleep(0.1)
        assert len(b.gateway.requests) == 1
        await b.engine.approve(run_id)
        await b.engine.approve(run_id)
        assert (await b.engine.wait(run_id)).phase == "done"
        assert len(await b.events(run_id, "plan_approved")) == 1


async def test_what_the_person_changes_and_adds_reaches_the_agents(bench, two_files) -> None:
    async with bench(two_files.script()) as b:
        run_id = await b.engine.start(b.order("two files", mode="approve"))
        await b.until(run_id, lambda s: s.phase == "waiting")
        text = await b.engine.plan_text(run_id)
        text = text.replace("- file: b.py", "- file: c.py\n- tell the agent: no global names")
        await b.engine.edit_plan_text(run_id, text)
        await b.engine.instruct(run_id, "a", "keep it short")
        await b.engine.approve(run_id)
        status = await b.engine.wait(run_id)
        assert status.phase == "done"
        assert set(status.files) == {"a.py", "c.py", "test_it.py"}
        briefs = {asked.request.brief.task.id: asked.text for asked in b.gateway.requests[1:]}
        assert "The person adds, for you:\n- keep it short" in briefs["a"]
        assert "The person adds, for you:\n- no global names" in briefs["b"]
        assert "The person adds" not in briefs["tests"]


async def test_words_for_an_agent_are_replaced_by_the_document_and_kept_by_an_edit(bench, two_files) -> None:
    async with bench(two_files.script()) as b:
        run_id = await b.engine.start(b.order("two files", mode="approve"))
        await b.until(run_id, lambda s: s.phase == "waiting")
        await b.engine.instruct(run_id, "b", "first words")
        text = await b.engine.plan_text(run_id)
        assert "- tell the agent: first words" in text
        await b.engine.edit_plan_text(run_id, text)
        assert not await b.events(run_id, "plan_edited"), "the same text changes nothing"
        await b.engine.edit_plan_text(run_id, text.replace("first words", "other words"))
        assert "other words" in (now := await b.engine.plan_text(run_id))
        assert "first words" not in now


async def test_a_plan_that_cannot_be_read_or_done_is_refused_by_its_line(bench, two_files) -> None:
    async with bench(two_files.script()) as b:
        run_id = await b.engine.start(b.order("two files", mode="approve"))
        await b.until(run_id, lambda s: s.phase == "waiting")
        text = await b.engine.plan_text(run_id)
        bad = text.replace("- agent: TestWriter", "- agent: ProjectManager")
        with pytest.raises(UnclearPlan, match="give task 'tests' to one of the other agents") as refused:
            await b.engine.edit_plan_text(run_id, bad)
        assert bad.splitlines()[refused.value.line].startswith("## tests:")
        with pytest.raises(UnclearPlan, match="unknown agent 'Nobody'"):
            await b.engine.edit_plan_text(run_id, text.replace("- agent: TestWriter", "- agent: Nobody"))
        assert await b.engine.plan_text(run_id) == text


async def test_between_steps_the_rest_of_the_plan_may_change_and_what_has_begun_may_not(
    bench, two_files
) -> None:
    async with bench(two_files.script()) as b:
        run_id = await b.engine.start(b.order("two files", mode="stepwise"))
        await b.until(run_id, lambda s: s.phase == "waiting" and s.next_task == "a")
        await b.engine.next(run_id, "say it simply")
        await b.until(run_id, lambda s: s.phase == "waiting" and s.next_task == "b")
        assert "- say it simply" in b.gateway.requests[1].text
        text = await b.engine.plan_text(run_id)
        with pytest.raises(UnclearPlan, match="task 'a' has begun and stays as it is"):
            await b.engine.edit_plan_text(run_id, text.replace("- file: a.py", "- file: z.py"))
        # the task that is next goes, another one comes before the tests
        start, end = text.index("## b: b"), text.index("## tests: tests")
        new = "## d: another file\n\n- agent: CodeGenerator\n- file: d.py\n\n"
        await b.engine.edit_plan_text(run_id, text[:start] + new + text[end:].replace("after: b", "after: d"))
        assert (await b.until(run_id, lambda s: s.phase == "waiting")).next_task == "d"
        await b.engine.next(run_id)
        await b.until(run_id, lambda s: s.phase == "waiting" and s.next_task == "tests")
        await b.engine.next(run_id)
        status = await b.engine.wait(run_id)
        assert (status.phase, status.files) == ("done", ("a.py", "d.py", "test_it.py"))


async def test_what_has_ended_is_neither_edited_nor_instructed(bench, two_files) -> None:
    async with bench(two_files.script()) as b:
        run_id = await b.engine.start(b.order("two files"))
        await b.engine.wait(run_id)
        with pytest.raises(NotNow, match="has ended"):
            await b.engine.instruct(run_id, "a", "too late")
        with pytest.raises(NotNow, match="has ended"):
            await b.engine.approve(run_id)


async def test_a_run_that_was_interrupted_at_its_plan_still_asks(bench, two_files) -> None:
    plan = two_files.script()
    async with bench(plan) as b:
        run_id = await b.engine.start(b.order("two files", mode="approve"))
        await b.until(run_id, lambda s: s.phase == "waiting")
        store = b.store
    async with bench(plan, store) as b:
        assert [(s.run_id, s.interrupted) for s in await b.engine.interrupted()] == [(run_id, True)]
        await b.engine.instruct(run_id, "a", "said before it was resumed")
        await b.engine.resume(run_id)
        await asyncio.sleep(0.1)
        assert b.engine.status(run_id).phase == "waiting"
        assert not b.gateway.requests, "the plan is not asked for again"
        await b.engine.approve(run_id)
        assert (await b.engine.wait(run_id)).phase == "done"
        assert "said before it was resumed" in b.gateway.requests[0].text
