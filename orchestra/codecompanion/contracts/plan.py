"""The ProjectManager's output contract: how hard the request is, and the tasks that do it."""

from typing import Literal, Self

from pydantic import Field, model_validator

from codecompanion.contracts.base import Contract
from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.messages import Priority, Role


class Complexity(Contract):
    """How hard a request is, with the reasons a person can check."""

    level: Literal["small", "medium", "large"]
    reasons: tuple[str, ...] = ()


class PlanTask(Contract):
    """One agent's share: what to do, after what, to which files, and how it will be judged."""

    id: TaskId = Field(min_length=1, max_length=60)
    title: str = Field(min_length=1, max_length=200)
    role: Role
    depends_on: tuple[TaskId, ...] = ()
    files: tuple[str, ...] = ()
    acceptance: tuple[str, ...] = ()
    priority: Priority = Priority.NORMAL


class Plan(Contract):
    """A plan whose task ids are unique and whose dependencies exist and have no circle."""

    summary: str = Field(min_length=1)
    complexity: Complexity
    tasks: tuple[PlanTask, ...] = Field(min_length=1, max_length=60)
    left_out: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_a_dag(self) -> Self:
        known = [task.id for task in self.tasks]
        if len(set(known)) != len(known):
            raise ValueError("two tasks share an id; give each task its own")
        for task in self.tasks:
            for wanted in task.depends_on:
                if wanted not in known:
                    raise ValueError(f"task {task.id!r} depends on {wanted!r}, which is not in the plan")
        done: set[TaskId] = set()
        waiting = list(self.tasks)
        while waiting:
            ready = [task for task in waiting if done.issuperset(task.depends_on)]
            if not ready:
                raise ValueError(f"tasks wait for each other in a circle: {[t.id for t in waiting]}")
            done.update(task.id for task in ready)
            waiting = [task for task in waiting if task.id not in done]
        return self
