"""Whether a person has said of a folder that they trust it, on the command line: asks nobody, reads no key."""

from collections.abc import Mapping
from pathlib import Path

from codecompanion.server.settings.folders import user_file
from codecompanion.server.settings.load import load_settings
from codecompanion.server.trust.folders import lies_beneath
from codecompanion.server.trust.ledger import ledger_beside


def is_trusted(folder: Path, environ: Mapping[str, str]) -> bool:
    """Whether the folder was trusted before, or the person's settings trust it; raises ``SettingsError``."""
    place = user_file(environ)
    settings = load_settings(None, environ, place, keys=False)
    return ledger_beside(place).trusts(str(folder)) or lies_beneath(str(folder), settings.trusted_folders or ())
