"""The ProjectManager: from a request and the real workspace to a plan."""

import asyncio
from typing import ClassVar

from codecompanion.contracts.errors import BadAnswer
from codecompanion.contracts.messages import Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Plan
from codecompanion.orchestra.agents import briefs
from codecompanion.orchestra.agents.base import Agent
from codecompanion.orchestra.agents.briefs import PlanJob
from codecompanion.orchestra.agents.digest import digest
from codecompanion.orchestra.agents.plan_checks import plan_complaints
from codecompanion.orchestra.complexity import assess
from codecompanion.orchestra.edits.tolerant_json import parse_answer
from codecompanion.orchestra.runs.state import PLANNING


class ProjectManager(Agent):
    """Plans; takes a ``RunOrder`` and returns a ``Plan`` that can be carried out."""

    role = Role.PROJECT_MANAGER
    prompt: ClassVar[tuple[str, ...]] = ("common", "project_manager")

    async def plan(self) -> Plan:
        """Return the plan; raises ``BadAnswer`` when the model gives none after the repair turns."""
        order = self.desk.order
        paths = await asyncio.to_thread(self.desk.view.files)
        job = PlanJob(order, await asyncio.to_thread(digest, self.desk.view), assess(order, len(paths)))
        toolbox = self.toolbox() if paths else None
        conversation = self.converse(
            PLANNING, purpose="plan", toolbox=toolbox, empty=not paths, answer_schema=Plan.model_json_schema()
        )
        text, repairs = briefs.for_planning(job), self.desk.limits.answer_repairs
        while True:
            try:
                plan = self._read(await conversation.ask(text), order)
            except BadAnswer as error:
                if repairs == 0:
                    raise BadAnswer(f"ProjectManager gave no usable plan: {error}") from error
                repairs -= 1
                text = f"That is not a usable plan: {error}\nSend the whole plan again."
                continue
            if toolbox:
                await self.desk.keep(PLANNING, "reading map", "ProjectManager", toolbox.reading_map())
            return plan

    def _read(self, answer: str, order: RunOrder) -> Plan:
        plan = parse_answer(answer, Plan)
        if complaints := plan_complaints(plan, order):
            raise BadAnswer("; ".join(complaints))
        return plan
