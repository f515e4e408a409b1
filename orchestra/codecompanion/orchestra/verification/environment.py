"""The environment variables a test run gets: the few that programs need, and never a secret."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

_KEPT: Final = frozenset(
    {"PATH", "LANG", "LANGUAGE", "TZ", "USER", "LOGNAME", "SHELL", "JAVA_HOME", "GOROOT", "NVM_DIR"}
    | {"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "NUMBER_OF_PROCESSORS", "PROGRAMFILES"}
)
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|COOKIE", re.IGNORECASE)
_FIXED: Final = {
    "CI": "true",
    "NO_COLOR": "1",
    "TERM": "dumb",
    "COLUMNS": "120",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
    "PYTHONIOENCODING": "utf-8",
}


def names_a_secret(name: str) -> bool:
    """Whether a variable of this name is taken to hold a secret."""
    return bool(_SECRET.search(name))


def without_secrets(source: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the user's variables but for secrets: for programs that run none of the project's code."""
    return {name: value for name, value in source.items() if not names_a_secret(name)}


def clean_environment(
    home: Path,
    temporary: str,
    extra: Mapping[str, str],
    *,
    source: Mapping[str, str] = os.environ,
    also_keep: Iterable[str] = (),
) -> dict[str, str]:
    """Return the variables for a test process.

    Of ``source`` only what programs need to start is kept, and the names in ``also_keep`` unless they name a
    secret. ``home`` and ``temporary`` replace the user's own folders; ``extra`` is added last.
    """
    kept = _KEPT | set(also_keep)
    chosen = {
        name: value
        for name, value in source.items()
        if (name.upper() in kept or name.upper().startswith("LC_")) and not names_a_secret(name)
    }
    folders = {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "TMPDIR": temporary,
        "TEMP": temporary,
        "TMP": temporary,
    }
    return {"LANG": "C.UTF-8"} | chosen | _FIXED | folders | dict(extra)
