"""A look, without pydantic, at whether there is any setting to read at all."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from codecompanion.server.settings.folders import keys_file
from codecompanion.server.settings.names import KEY_VARIABLES, PREFIX, URL_VARIABLES

_FOREIGN = frozenset({*KEY_VARIABLES.values(), *URL_VARIABLES.values()})


def anything_set(
    environ: Mapping[str, str], user_file: Path | None, *, keyring_installed: bool | None = None
) -> bool:
    """Whether `load_settings` could find anything outside the editor; False means all defaults.

    A keyring, where its package is installed, may hold keys: only asking it would tell, so that counts as set.
    """
    if any(value and (name.startswith(PREFIX) or name in _FOREIGN) for name, value in environ.items()):
        return True
    keys = keys_file(user_file)
    if any(path is not None and path.exists() for path in (user_file, keys)):
        return True
    return find_spec("keyring") is not None if keyring_installed is None else keyring_installed
