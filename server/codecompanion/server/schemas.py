"""The JSON Schemas of everything of ours on the wire, and the part of docs/protocol.md that is made of them.

`python -P -m codecompanion.server.schemas docs/protocol.md` writes that part anew.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codecompanion.contracts.base import Contract
from codecompanion.contracts.database_reports import (
    BackupFile,
    DatabaseCheck,
    DatabaseRebuild,
    DatabaseStatus,
    DatabaseVacuum,
    LogExport,
)
from codecompanion.contracts.events import Recorded
from codecompanion.contracts.model_calls import ProviderState
from codecompanion.contracts.status import RunStatus
from codecompanion.server.commands import COMMANDS, PREFIX, module_of
from codecompanion.server.commands.arguments import KINDS, wire_name
from codecompanion.server.events import EVENT, STATUS
from codecompanion.server.provenance.answers import Blame
from codecompanion.server.review.answers import Decided, Review
from codecompanion.server.runs.answers import (
    LogChecks,
    RunComparison,
    RunExported,
    RunKept,
    RunList,
    RunMoment,
    RunNamed,
    RunsCleaned,
    RunStory,
    RunTakenIn,
)
from codecompanion.server.runs.choices import Why
from codecompanion.server.statements import RunStatement
from codecompanion.server.undo.undoing import UndoReport


class Started(Contract):
    """A run has begun: its id, its folder, and the token of its progress."""

    run_id: str
    workspace: str
    progress_token: str


class Steered(Contract):
    """What was done, in words, to which run; and which other runs are active."""

    run_id: str
    text: str
    other_runs: tuple[str, ...]


class Resumed(Steered):
    """What was done; of a run that an earlier session left open also its folder and its progress."""

    workspace: str = ""
    progress_token: str = ""


class PlanShown(Contract):
    """A run's plan as a document: where it is, its text, and whether the editor showed it."""

    run_id: str
    uri: str
    file: str
    text: str
    shown: bool


class StoppedAll(Contract):
    """The runs that were active or interrupted, and are stopped now."""

    run_ids: tuple[str, ...]


class Runs(Contract):
    """The runs of this session, and those an earlier one left open, oldest first."""

    runs: tuple[RunStatus, ...]


class Providers(Contract):
    """Every provider; never a key."""

    providers: tuple[ProviderState, ...]


class WorkspaceHealth(Contract):
    """A folder whose engine is loaded: its log, and how well its test runs are confined."""

    workspace: str
    database: str
    notices: tuple[str, ...]
    runs: int
    sandbox: str
    sandbox_meaning: str


class Trusted(Contract):
    """Whether a folder is trusted now; nothing is started in one that is not."""

    workspace: str
    trusted: bool


class Health(Contract):
    """Whether everything is in order; ``loop_lag_ms`` is the worst delay of the event loop just now."""

    version: str
    python: str
    client: str
    uptime_seconds: float
    loop_lag_ms: float
    event_bus: str
    workspaces: tuple[WorkspaceHealth, ...]
    settings_problems: tuple[str, ...]
    active_runs: tuple[str, ...]


class ForkStarted(Contract):
    """A fork goes on from event ``version`` of ``origin``; ``folder`` is where its files are."""

    run_id: str
    workspace: str
    progress_token: str
    origin: str
    version: int
    folder: str
    changes: tuple[str, ...]


RESULTS: dict[str, type[Contract]] = {
    "startProject": Started,
    "changeCode": Started,
    "writeTests": Started,
    "fix": Started,
    "designUI": Started,
    "runRequest": Started,
    "simulateTask": Started,
    "plan": PlanShown,
    "approvePlan": Steered,
    "editPlan": Steered,
    "instruct": Steered,
    "next": Steered,
    "pause": Steered,
    "resume": Resumed,
    "stop": Steered,
    "stopAll": StoppedAll,
    "status": Runs,
    "blame": Blame,
    "undoRun": UndoReport,
    "statement": RunStatement,
    "routerWhy": Why,
    "review": Review,
    "accept": Decided,
    "reject": Decided,
    "health": Health,
    "keys": Providers,
    "trust": Trusted,
    "dbStatus": DatabaseStatus,
    "dbCheck": DatabaseCheck,
    "dbBackup": BackupFile,
    "dbVacuum": DatabaseVacuum,
    "dbRebuild": DatabaseRebuild,
    "dbExport": LogExport,
    "runsList": RunList,
    "runsShow": RunStory,
    "runsReplay": RunMoment,
    "runsFork": ForkStarted,
    "runsDiff": RunComparison,
    "runsVerify": LogChecks,
    "runsExport": RunExported,
    "runsImport": RunTakenIn,
    "runsRename": RunNamed,
    "runsArchive": RunKept,
    "runsClean": RunsCleaned,
}


def notification_schemas() -> dict[str, dict[str, Any]]:
    """Return the schemas of our notifications' parameters by method."""
    return {
        EVENT: Recorded.model_json_schema(mode="serialization"),
        STATUS: RunStatus.model_json_schema(mode="serialization"),
    }


def argument_schema(command: str) -> dict[str, Any]:
    """Return the schema of a command's one argument."""
    takes = module_of(command).TAKES
    properties = {wire_name(name): {**KINDS[name][0].schema, "description": KINDS[name][1]} for name in takes}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def result_schema(command: str) -> dict[str, Any]:
    """Return the schema of a command's answer."""
    return RESULTS[command].model_json_schema(mode="serialization")


def protocol_schemas() -> dict[str, Any]:
    """Return all schemas: notifications by method, commands by name with ``arguments`` and ``result``."""
    commands = {
        PREFIX + command: {"arguments": argument_schema(command), "result": result_schema(command)}
        for command in COMMANDS
    }
    return {"notifications": notification_schemas(), "commands": commands}


# -- the documentation

_PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end of generated -->)", re.DOTALL)


def with_generated_parts(page: str) -> str:
    """Return the page with each marked part written anew; raises ``KeyError`` for an unknown part."""
    parts = {"commands": _commands, "results": _results, "notifications": _notifications}
    return _PART.sub(lambda found: f"{found[1]}\n{''.join(parts[found[2]]())}{found[3]}", page)


def write_protocol_docs(page: Path) -> None:
    """Bring the marked parts of the page up to date."""
    page.write_text(with_generated_parts(page.read_text("utf-8")), "utf-8")


def _commands() -> Iterator[str]:
    for command in COMMANDS:
        module = module_of(command)
        said = (module.__doc__ or "").splitlines()[0].partition(": ")[2]
        yield f"### `{PREFIX}{command}`\n\n{said[:1].upper()}{said[1:]}\n\n"
        if module.TAKES:
            yield "| argument | what it is |\n|---|---|\n"
            yield from map(_argument_row, module.TAKES)
            yield "\n"
        if module.BARE:
            yield f"A bare string is taken as `{wire_name(module.BARE)}`. "
        yield f"Answers with `{RESULTS[command].__name__}`.\n\n"


def _argument_row(name: str) -> str:
    kind, said = KINDS[name]
    return f"| `{wire_name(name)}` | {said} Expects {kind.expects}. |\n"


def _results() -> Iterator[str]:
    for model in dict.fromkeys(RESULTS.values()):
        schema = _json(model.model_json_schema(mode="serialization"))
        yield f"### `{model.__name__}`\n\n{model.__doc__}\n\n{schema}"


def _notifications() -> Iterator[str]:
    for method, schema in notification_schemas().items():
        yield f"### `{method}`\n\n{_json(schema)}"


def _json(schema: dict[str, Any]) -> str:
    return f"```json\n{json.dumps(schema, indent=1, ensure_ascii=False)}\n```\n\n"


if __name__ == "__main__":
    write_protocol_docs(Path(sys.argv[1]))
