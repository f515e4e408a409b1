"""A run's events come into the log with who did them and what led to them."""

from collections.abc import Callable

from codecompanion.contracts.messages import Role
from codecompanion.orchestra.runs.contexts import Contexts
from codecompanion.router.scripted_client import Asked, Reply

CODE = "FILE: a.py\n```python\nVALUE = 1\n```\n"
TASKS = (("code", "CodeGenerator", ["a.py"], []), ("more", "TestWriter", ["test_a.py"], ["code"]))


async def test_every_event_of_a_run_has_its_context(bench, plan_text: Callable[..., str]) -> None:
    def reply(asked: Asked) -> Reply:
        planning = asked.request.role is Role.PROJECT_MANAGER
        return Reply(text=plan_text(*TASKS) if planning else CODE)

    async with bench(reply) as b:
        status = await b.run("a value")
        stored = await b.store.read(status.run_id)
        assert [one.context for one in stored] == Contexts(status.run_id).of([one.body for one in stored])
        assert {one.context.correlation_id for one in stored} == {status.run_id}
        assert {one.context.actor for one in stored} >= {"user", "orchestra", "ProjectManager", "CodeGenerator"}
        earlier = {one.id: one.version for one in stored}
        causes = [(one.version, one.context.causation_id) for one in stored if one.context.causation_id]
        assert len(causes) > len(stored) / 2
        assert all(earlier[cause] < version for version, cause in causes)
