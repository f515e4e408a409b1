"""The templates as the offline provider uses them: a plan for an order, and the files of each task."""

from typing import TYPE_CHECKING

# the reader and the renderer are imported by the methods: the server starts without them
if TYPE_CHECKING:
    from codecompanion.contracts.ids import TaskId
    from codecompanion.contracts.orders import RunOrder
    from codecompanion.contracts.plan import Plan


class Templates:
    """Builds from an order alone: no disk, no clock, no chance, so the same order gives the same answer."""

    def plan(self, order: "RunOrder") -> "Plan":
        """Return a plan shaped by the request; raises ``CannotBuild``, or ``BadRequest`` for a bad name."""
        from codecompanion.contracts.plan import Plan  # noqa: PLC0415
        from codecompanion.orchestra.templates.making import projects  # noqa: PLC0415

        blueprint = projects.read_order(order)
        return Plan(
            summary=projects.project_summary(blueprint),
            complexity=projects.project_complexity(blueprint),
            tasks=tuple(share.task() for share in projects.project_shares(blueprint)),
            left_out=blueprint.left_out,
        )

    def files(self, order: "RunOrder", task_id: "TaskId") -> list[tuple[str, str]]:
        """Return the relative path and text of one task's files, in the plan's order.

        Raises ``CannotBuild``, or ``BadRequest`` for a template or a task that is not known.
        """
        from codecompanion.orchestra.templates.blueprint import UnknownTask  # noqa: PLC0415
        from codecompanion.orchestra.templates.making import projects  # noqa: PLC0415

        shares = {share.id: share for share in projects.project_shares(projects.read_order(order))}
        if task_id not in shares:
            raise UnknownTask(task_id, tuple(shares))
        return [(source.path, source.text()) for source in shares[task_id].sources]
