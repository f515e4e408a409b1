"""The settings as the editor gives them, over those of the environment and the user's files."""

import asyncio
import importlib
import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygls.exceptions import JsonRpcException

from codecompanion.server.settings.names import SECTION
from codecompanion.server.settings.precheck import anything_set
from codecompanion.server.wire.errors import ConnectionClosed

if TYPE_CHECKING:
    from codecompanion.server.settings.load import LastGood
    from codecompanion.server.settings.model import Settings
    from codecompanion.server.wire.server import OrchestraServer

log = logging.getLogger(__name__)

# a keyring only holds keys, and asking it may make the person unlock it: that waits for the first run
_set_in_plain_sight = partial(anything_set, keyring_installed=False)

_WARNING = 2
_ANSWER_WITHIN = 5.0


class EditorSettings:
    """The settings in force: read when something is set, or when a run first needs them.

    ``log_level``, where it is given, outweighs the settings'. A wrong value shows as one message and leaves the
    last good settings in force. ``changed`` is called after each reading without problems. No place of keys is
    looked at before ``allow_keys``.
    """

    def __init__(
        self,
        server: "OrchestraServer",
        environ: Mapping[str, str],
        user_file: Path | None,
        *,
        log_level: str | None = None,
        is_anything_set: Callable[[Mapping[str, str], Path | None], bool] = _set_in_plain_sight,
    ) -> None:
        self._server = server
        self._environ = environ
        self._user_file = user_file
        self._is_anything_set = is_anything_set
        self._log_level = log_level
        self._initial: Any = None
        self._editor: Any = None
        self._last_good: LastGood | None = None
        self._keys_allowed = False
        self._keys_read = False
        self._reading = asyncio.Lock()
        self._taking_in = asyncio.Lock()
        self.problems: list[str] = []
        self.changed: Callable[[Settings], None] = lambda _: None

    async def start(self) -> None:
        """Take what the editor has, and read everything if anything is set; at ``initialized``."""
        async with self._taking_in:
            await self._look()
        if self._server.client.dynamic_configuration:
            await self._ask_for_changes()

    async def _look(self) -> None:
        given = _own_part(self._server.initialize_params.get("initializationOptions"), bare=True)
        self._initial = _without_trust(given)
        self._editor = await self._pulled() or self._initial
        if self._editor or self._is_anything_set(self._environ, self._user_file):
            await self._read()

    async def update(self, pushed: Any) -> None:
        """Take in ``workspace/didChangeConfiguration``: what it carries, or better what the editor says now."""
        async with self._taking_in:
            self._editor = await self._pulled() or _own_part(pushed, bare=False) or self._initial
            await self._read()

    async def now(self) -> "Settings":
        """Return the settings in force, read now if they never were.

        What the editor is being asked for counts already: a command right behind a change waits for it.
        """
        await self._taken_in()
        if self._last_good is None or self._keys_read < self._keys_allowed:
            await self._read()
        assert self._last_good is not None
        return self._last_good.settings

    def allow_keys(self) -> None:
        """Let keys be read from the next need of the settings on: a folder is trusted."""
        self._keys_allowed = True

    async def trusted_folders(self) -> tuple[str, ...]:
        """Return the folders that the user's own settings trust; where nothing is set, nothing is read."""
        await self._taken_in()
        if self._last_good is None and self._is_anything_set(self._environ, self._user_file):
            await self._read()
        return self._last_good.settings.trusted_folders or () if self._last_good is not None else ()

    async def data_folder(self, workspace: str) -> Path:
        """Return where the runs of a folder are recorded; where nothing is set, nothing is read for that."""
        from codecompanion.memory.data_folder import data_folder  # noqa: PLC0415 - not at start-up

        await self._taken_in()
        if self._last_good is None:
            return data_folder(Path(workspace))
        return Path(workspace) / self._last_good.settings.data_folder

    async def _taken_in(self) -> None:
        """Wait for what the editor is being asked for."""
        async with self._taking_in:
            pass

    async def _pulled(self) -> Any:
        """Return what the editor says when asked, None when it cannot be asked or has nothing."""
        if not self._server.client.configuration:
            return None
        asked = {"items": [{"section": SECTION}]}
        try:
            answer = await self._server.request("workspace/configuration", asked, timeout=_ANSWER_WITHIN)
        except (JsonRpcException, TimeoutError, ConnectionClosed) as problem:
            log.warning("the editor did not give its settings: %s", problem)
            return None
        return answer[0] if isinstance(answer, list) and answer else None

    async def _read(self) -> None:
        async with self._reading:
            told, self.problems = self.problems, await asyncio.to_thread(self._read_all)
            if self.problems:
                if self.problems != told:
                    self._tell()
            elif self._last_good is not None:
                self.changed(self._last_good.settings)

    def _read_all(self) -> list[str]:
        load = importlib.import_module("codecompanion.server.settings.load")
        last_good = self._last_good or load.LastGood(self._environ, self._user_file)
        keys = self._keys_allowed
        problems: list[str] = last_good.update(self._editor, keys=keys)
        # not before it was updated: a run that starts meanwhile must not take the defaults for the settings
        self._last_good, self._keys_read = last_good, keys
        if not problems:
            self._set_up_the_log(last_good.settings)
        return problems

    def _set_up_the_log(self, settings: "Settings") -> None:
        from codecompanion.server.logs import redactor, set_log_level  # noqa: PLC0415 - in the thread, as the rest
        from codecompanion.server.settings.describe import describe  # noqa: PLC0415

        redactor.learn(settings.secrets())
        set_log_level(self._log_level or settings.log_level)
        for line in describe(settings):
            log.info("settings: %s", line)

    def _tell(self) -> None:
        said = "; ".join(self.problems)
        message = f"Orchestra settings: {said}. Until this is mended, the last good settings stay in force."
        self._server.notify("window/showMessage", {"type": _WARNING, "message": message})

    async def _ask_for_changes(self) -> None:
        registration = {
            "id": "orchestra-settings",
            "method": "workspace/didChangeConfiguration",
            "registerOptions": {"section": SECTION},
        }
        try:
            await self._server.request("client/registerCapability", {"registrations": [registration]})
        except (JsonRpcException, ConnectionClosed) as problem:
            log.info("the editor will not tell of changed settings: %s", problem)


def _without_trust(given: Any) -> Any:
    """Return settings without the editor's word for its folders, which is no setting; see ``EditorTrust``."""
    if not isinstance(given, Mapping) or "trusted" not in given:
        return given
    return {name: value for name, value in given.items() if name != "trusted"}


def _own_part(given: Any, *, bare: bool) -> Any:
    """Return our part of settings sent to us.

    Pushed settings may hold every server's, each under its section; ``bare`` ones are ours without a section.
    """
    if not isinstance(given, Mapping):
        return given if bare else None
    if SECTION in given:
        return given[SECTION]
    dotted = {name: value for name, value in given.items() if str(name).startswith(f"{SECTION}.")}
    return dotted or (given if bare else None)
