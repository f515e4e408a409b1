"""The file in which a person's trust is kept: beside their settings, so never in a folder it speaks of."""

import json
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from codecompanion.contracts.errors import OrchestraError

log = logging.getLogger(__name__)

TRUST_FILE: Final = "trust.json"
_FOLDERS, _COMMANDS = "folders", "commands"
_BIGGEST: Final = 10_000_000


class NotKept(OrchestraError):
    """The trust cannot be written down; it holds for this session only."""


def ledger_beside(settings_file: Path | None) -> "TrustLedger":
    """Return the ledger beside the user's settings file; without a home it keeps nothing."""
    return TrustLedger(settings_file.with_name(TRUST_FILE) if settings_file is not None else None)


class TrustLedger:
    """Trusted folders by their real path, and allowed commands by the hash of their content.

    Read anew at each question, so that several servers and the command line agree. A file that cannot be read
    or understood is as good as an empty one: in doubt nothing is trusted. Blocks for the disk.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def folders(self) -> list[str]:
        """Return the trusted folders, sorted."""
        return sorted(self._read()[_FOLDERS])

    def trusts(self, folder: str) -> bool:
        """Whether exactly this folder is trusted, whatever name or link leads to it."""
        return os.path.realpath(folder) in self._read()[_FOLDERS]

    def trust(self, folder: str) -> None:
        """Trust a folder from now on; raises ``NotKept``."""
        self._add(_FOLDERS, os.path.realpath(folder), "")

    def forget(self, folder: str) -> bool:
        """Trust a folder and its commands no longer; return whether it was trusted. Raises ``NotKept``."""
        real, held = os.path.realpath(folder), self._read()
        known = held[_FOLDERS].pop(real, None) is not None
        held[_COMMANDS] = {content: where for content, where in held[_COMMANDS].items() if where != real}
        if known:
            self._write(held)
        return known

    def allows(self, content: str) -> bool:
        """Whether the command of this content was allowed for good."""
        return content in self._read()[_COMMANDS]

    def allow(self, content: str, folder: str) -> None:
        """Allow a command of a folder for good; raises ``NotKept``."""
        self._add(_COMMANDS, content, os.path.realpath(folder))

    def _add(self, kind: str, name: str, value: str) -> None:
        held = self._read()
        held[kind][name] = value
        self._write(held)

    def _read(self) -> dict[str, dict[str, str]]:
        held: Any = None
        if self.path is not None:
            with suppress(FileNotFoundError):
                held = self._parsed(self.path)
        return {kind: _texts(held, kind) for kind in (_FOLDERS, _COMMANDS)}

    def _parsed(self, path: Path) -> Any:
        try:
            with path.open("rb") as file:
                return json.loads(file.read(_BIGGEST))
        except FileNotFoundError:
            raise
        except (OSError, ValueError, RecursionError) as trouble:
            log.warning("%s cannot be read, so nothing is trusted yet: %s", path, trouble)
            return None

    def _write(self, held: Mapping[str, Any]) -> None:
        if self.path is None:
            raise NotKept("there is no home folder to keep this in; it holds until Orchestra ends")
        temporary = self.path.with_name(f"{self.path.name}.{os.urandom(4).hex()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
                json.dump(held, file, indent=1, sort_keys=True)
            temporary.replace(self.path)
        except OSError as trouble:
            with suppress(OSError):
                temporary.unlink()
            raise NotKept(
                f"{str(self.path)!r} cannot be written ({trouble.strerror}), so this holds until Orchestra ends"
            ) from trouble


def _texts(held: Any, kind: str) -> dict[str, str]:
    found = held.get(kind) if isinstance(held, Mapping) else None
    if not isinstance(found, Mapping):
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)}
