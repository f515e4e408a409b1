"""How hard a request is, judged from its words and the workspace before any model is asked."""

import re

from codecompanion.contracts.messages import Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Complexity, Plan, PlanTask

_PARTS = re.compile(r"\b(?:and|plus|also|with|then|including)\b|[,;\n]")
_WIDE = re.compile(
    r"\b(?:app|application|service|api|website|site|pipeline|system|platform|project|dashboard|page|tests?|"
    r"database|frontend|backend|refactor|migrate|rewrite|everywhere|all files)\b",
    re.IGNORECASE,
)
_LEVELS = ((3, "small"), (8, "medium"))


def assess(order: RunOrder, file_count: int) -> Complexity:
    """Return the level of ``order`` with the reasons; ``file_count`` is the workspace's number of files."""
    parts = len(_PARTS.findall(order.request))
    wide = len({found.lower() for found in _WIDE.findall(order.request)})
    reasons = [f"the request names about {parts + 1} things" if parts else "the request names one thing"]
    points = parts + 2 * wide + len(order.request) // 600
    if wide:
        reasons.append(f"{wide} of its words speak of whole parts of a system")
    if order.kind == "project":
        points += 4
        reasons.append("it asks for a project, not a change")
    elif order.place is not None:
        points -= 3
        reasons.append(f"it points at {order.place.path}")
    if order.kind != "project" and file_count > 500:
        points += 1
        reasons.append(f"the workspace has {file_count} files")
    level = next((name for bound, name in _LEVELS if points <= bound), "large")
    return Complexity.model_validate({"level": level, "reasons": tuple(reasons)})


_ONE_AGENT: dict[str, tuple[Role, str]] = {
    "change": (Role.CODE_GENERATOR, "Make the change"),
    "tests": (Role.TEST_WRITER, "Write the tests"),
    "fix": (Role.DEBUGGER, "Find and mend the fault"),
    "design": (Role.UI_DESIGNER, "Design the page"),
}


def plan_without_manager(order: RunOrder, complexity: Complexity) -> Plan | None:
    """Return a one-agent plan for a request that needs no planning, else None.

    A change at a place, a set of tests, a repair or a page is one agent's work. A change that points
    nowhere and is not small is worth the ProjectManager's look.
    """
    if order.kind not in _ONE_AGENT:
        return None
    if order.kind == "change" and order.place is None and complexity.level != "small":
        return None
    role, title = _ONE_AGENT[order.kind]
    where = f" in {order.place.path}" if order.place else ""
    task = PlanTask(
        id=f"{order.kind}-1",
        title=f"{title}{where}"[:200],
        role=role,
        files=(order.place.path,) if order.place and order.kind in ("change", "fix") else (),
        acceptance=(order.request.strip()[:2000],) if order.request.strip() else (),
    )
    return Plan(summary=f"{title}{where}: one agent is enough.", complexity=complexity, tasks=(task,))


def plan_simulation(order: RunOrder, complexity: Complexity) -> Plan:
    """Return a rehearsal's plan: pretended tasks in pairs, each pair after the one before."""
    count = order.simulation.tasks if order.simulation else 4
    roles = (Role.CODE_GENERATOR, Role.UI_DESIGNER, Role.TEST_WRITER, Role.DEBUGGER)
    tasks = tuple(
        PlanTask(
            id=f"simulated-{i + 1}",
            title=f"Simulated task {i + 1}",
            role=roles[i % len(roles)],
            depends_on=(f"simulated-{i - 1}",) if i >= 2 else (),
        )
        for i in range(count)
    )
    return Plan(summary=f"A rehearsal of {count} simulated tasks.", complexity=complexity, tasks=tasks)
