"""What every agent is: a role, its prompt, its memory, and one way of talking to a model."""

from abc import ABC
from typing import Any, ClassVar, Literal

from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import Brief
from codecompanion.contracts.plan import PlanTask
from codecompanion.orchestra.agents.conversation import Conversation
from codecompanion.orchestra.agents.desk import Desk
from codecompanion.orchestra.agents.history import remembered
from codecompanion.orchestra.agents.prompt_files import prompt_text
from codecompanion.orchestra.merging.known_texts import KnownTexts
from codecompanion.orchestra.tools.toolbox import Toolbox


class Agent(ABC):
    """One agent of one run; it remembers, within bounds, what it did in it."""

    role: ClassVar[Role]
    prompt: ClassVar[tuple[str, ...]]
    """The Markdown files under ``prompts/`` that make the system text, in order."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def hides(self, path: str) -> bool:
        """Whether this agent must not read ``path``."""
        return False

    def toolbox(self, known: KnownTexts | None = None) -> Toolbox:
        """Return fresh tools, with a reading map of their own; what they read is noted in ``known``."""
        tests = self.desk.tests if self.may_run_tests() else None
        shown = (known or KnownTexts()).saw
        return Toolbox(self.desk.view, tests, hidden=self.hides, shown=shown)

    def may_run_tests(self) -> bool:
        """Whether running the tests is one of its tools."""
        return True

    def converse(
        self,
        task_id: TaskId,
        *,
        purpose: Literal["plan", "work", "mend"],
        task: PlanTask | None = None,
        toolbox: Toolbox | None = None,
        empty: bool = True,
        existing: tuple[str, ...] = (),
        answer_schema: dict[str, Any] | None = None,
    ) -> Conversation:
        """Begin the conversation of one task, with this agent's prompt and memory."""
        return Conversation(
            self.desk,
            role=self.role,
            task_id=task_id,
            system=system_text(self.prompt),
            history=remembered(self.desk.turns.of(self.role), self.desk.limits.history_chars),
            toolbox=toolbox,
            brief=Brief(
                order=self.desk.order,
                purpose=purpose,
                task=task,
                workspace_is_empty=empty,
                existing=existing,
            ),
            answer_schema=answer_schema,
        )


def system_text(names: tuple[str, ...]) -> str:
    """Return the prompt files' texts, joined."""
    return "\n\n".join(prompt_text(name) for name in names)
