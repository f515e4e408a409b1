"""Where keys come from besides the environment: the system's keyring, and a file only its owner can read."""

import logging
from collections.abc import Callable
from pathlib import Path

from codecompanion.server.settings.catalogue import by_variable
from codecompanion.server.settings.files import UnusableFile
from codecompanion.server.settings.names import KEY_VARIABLES, KEYRING_SERVICE
from codecompanion.server.settings.problems import did_you_mean
from codecompanion.server.settings.redaction import one_line
from codecompanion.server.settings.sources import Source, read_toml

KeyReader = Callable[[str], str | None]
"""Given a provider, returns its key or None."""

_log = logging.getLogger(__name__)


def read_keyring(provider: str) -> str | None:
    """Return a provider's key from the system's keyring; None without the package, a keyring or the key.

    May wait for the person to unlock the keyring: not for an event loop's thread.
    """
    try:
        import keyring  # noqa: PLC0415 - an optional package, and slow to import
        from keyring.errors import NoKeyringError  # noqa: PLC0415
    except ImportError:
        return None
    try:
        return keyring.get_password(KEYRING_SERVICE, provider)
    except NoKeyringError:
        return None
    except Exception as fault:  # noqa: BLE001 - back ends are plug-ins of others and raise what they like
        # the name only: what a back end puts into its message is not ours to trust
        _log.warning("the keyring could not be read (%s); no key is taken from it", type(fault).__name__)
        return None


class KeyringSource(Source):
    """The system's keyring; the strongest source of keys."""

    def __init__(self, read: KeyReader) -> None:
        super().__init__()
        for provider, variable in KEY_VARIABLES.items():
            self.take(
                by_variable()[variable], read(provider), f"the key {provider!r} in the keyring", "the keyring"
            )


class KeysFileSource(Source):
    """`keys.toml`, one ``provider = "key"`` a line, refused when others may read it."""

    def __init__(self, path: Path | None) -> None:
        super().__init__()
        if path is None:
            return
        try:
            table = read_toml(path, private=True)
        except UnusableFile as fault:
            self.problems.append(str(fault))
            return
        for provider, value in table.items():
            self._take_provider(path, provider, value)

    def _take_provider(self, path: Path, provider: str, value: object) -> None:
        shown = one_line(provider, 40)
        if provider in KEY_VARIABLES:
            setting = by_variable()[KEY_VARIABLES[provider]]
            self.take(setting, value, f"the key {shown!r} in the file {path}", f"the file {path}")
        else:
            self.problems.append(
                f"unknown provider {shown!r} in the file {path}{did_you_mean(shown, KEY_VARIABLES)}"
            )
