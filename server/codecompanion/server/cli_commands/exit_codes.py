"""How the command line ends, and what it says then."""

from codecompanion.contracts.errors import BadRequest, NotAgreed, OrchestraError, WorkspaceError
from codecompanion.server.settings.problems import SettingsError

DONE = 0
FAILED = 1
"""The work is not done, its tests fail or none ran."""
BAD_USAGE = 2
"""Nothing was started: the request, the folder or a setting cannot be used."""
NOT_AGREED = 3
"""Nothing was started: nobody agreed to what the run may cost."""
INTERRUPTED = 130
"""Ctrl-C, as shells count it: 128 and the signal's number."""


def code_for(fault: Exception) -> int:
    """Return the exit code of a command that ``fault`` ended."""
    if isinstance(fault, NotAgreed):
        return NOT_AGREED
    return BAD_USAGE if isinstance(fault, (SettingsError, BadRequest, WorkspaceError)) else FAILED


def sentence_for(fault: Exception) -> str:
    """Return what a person is told of it: our own faults are sentences already."""
    if isinstance(fault, OrchestraError):
        return str(fault)
    return f"a fault in Orchestra itself ended this: {type(fault).__name__}: {fault}"
