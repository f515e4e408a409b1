"""The commands, one module each: what it takes (``TAKES``, ``BARE``) and what it does (``run``)."""

import importlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from codecompanion.server.commands.arguments import Arguments
    from codecompanion.server.session import Session
    from codecompanion.server.wire.commands import CommandCall

PREFIX = "orchestra."

COMMANDS = {
    "startProject": "start_project",
    "changeCode": "change_code",
    "writeTests": "write_tests",
    "fix": "fix",
    "designUI": "design_ui",
    "runRequest": "run_request",
    "simulateTask": "simulate_task",
    "plan": "plan",
    "approvePlan": "approve_plan",
    "editPlan": "edit_plan",
    "instruct": "instruct",
    "next": "next",
    "pause": "pause",
    "resume": "resume",
    "stop": "stop",
    "stopAll": "stop_all",
    "status": "status",
    "blame": "blame",
    "undoRun": "undo_run",
    "statement": "statement",
    "routerWhy": "router_why",
    "review": "review",
    "accept": "accept",
    "reject": "reject",
    "health": "health",
    "keys": "keys",
    "trust": "trust",
    "dbStatus": "db_status",
    "dbCheck": "db_check",
    "dbBackup": "db_backup",
    "dbVacuum": "db_vacuum",
    "dbRebuild": "db_rebuild",
    "dbExport": "db_export",
    "runsList": "runs_list",
    "runsShow": "runs_show",
    "runsReplay": "runs_replay",
    "runsFork": "runs_fork",
    "runsDiff": "runs_diff",
    "runsVerify": "runs_verify",
    "runsExport": "runs_export",
    "runsImport": "runs_import",
    "runsRename": "runs_rename",
    "runsArchive": "runs_archive",
    "runsClean": "runs_clean",
}
"""Command → module of this package."""


class CommandModule(Protocol):
    """What each module of this package has."""

    TAKES: Sequence[str]
    BARE: str

    def run(self, session: "Session", arguments: "Arguments") -> Awaitable[dict[str, Any]]:
        """Do it, and return the answer as JSON."""
        ...


def module_of(command: str) -> CommandModule:
    """Return a command's module, imported now if it was not."""
    return cast(CommandModule, importlib.import_module(f"{__name__}.{COMMANDS[command]}"))


def handler_of(session: "Session", command: str) -> Callable[["CommandCall"], Awaitable[dict[str, Any]]]:
    """Return what the wire calls for a command."""

    async def handle(call: "CommandCall") -> dict[str, Any]:
        from codecompanion.server.commands.arguments import read_arguments  # noqa: PLC0415 - not at start-up

        module = module_of(command)
        arguments = read_arguments(PREFIX + command, call.arguments, module.TAKES, module.BARE)
        return await module.run(session, arguments)

    return handle
