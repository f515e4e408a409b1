"""From all sources to one `Settings`, or to every reason why not."""

from collections.abc import Mapping
from pathlib import Path

from codecompanion.server.logs import redactor
from codecompanion.server.settings.folders import keys_file
from codecompanion.server.settings.keys import KeyReader, KeyringSource, KeysFileSource, read_keyring
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.names import KEY_VARIABLES
from codecompanion.server.settings.problems import SettingsError
from codecompanion.server.settings.redaction import Redactor
from codecompanion.server.settings.sources import EditorSource, EnvironmentSource, Source, UserFileSource


def load_settings(
    editor: object,
    environ: Mapping[str, str],
    user_file: Path | None,
    *,
    keyring: KeyReader = read_keyring,
    redact: Redactor = redactor,
    keys: bool = True,
) -> Settings:
    """Return the settings, each from its strongest source; raises ``SettingsError`` with all problems at once.

    Strongest first: the editor, the environment, the user's file; for keys: the keyring, the environment, the
    file `keys.toml` beside ``user_file``. ``editor`` is the editor's answer as it came. A wrong value is a
    problem even where a stronger source hides it. Every key found is made known to ``redact`` first of all.
    Without ``keys`` no place of keys is looked at. Reads files and may wait for a keyring: not for an event
    loop's thread.
    """
    sources = (
        KeyringSource(keyring if keys else _no_key),
        EditorSource(editor),
        EnvironmentSource(environ if keys else _without_keys(environ)),
        UserFileSource(user_file),
        KeysFileSource(keys_file(user_file) if keys else None),
    )
    # built even when there are problems: the good keys are what must not show in the sentences about the rest
    settings = Settings.from_sources(sources, _origins(sources))
    problems = [problem for source in sources for problem in source.problems] or _contradictions(settings)
    redact.learn(settings.secrets())
    if problems:
        raise SettingsError([redact(problem) for problem in problems])
    return settings


def _no_key(provider: str) -> None:
    """Read no keyring."""


def _without_keys(environ: Mapping[str, str]) -> dict[str, str]:
    held = frozenset(KEY_VARIABLES.values())
    return {name: value for name, value in environ.items() if name not in held}


def _origins(sources: tuple[Source, ...]) -> dict[str, str]:
    origins: dict[str, str] = {}
    for source in reversed(sources):
        origins |= source.origins
    return origins


def _contradictions(settings: Settings) -> list[str]:
    if settings.local_base_url is None and (settings.local_model or settings.local_api_key):
        given = "localModel" if settings.local_model else "localApiKey"
        return [
            f"{settings.origin(given)} sets up a server of your own, but not where it is; "
            "set ORCHESTRA_LOCAL_BASE_URL too"
        ]
    return []


class LastGood:
    """The settings in force: those of the last update that had no problem, the defaults before the first."""

    def __init__(
        self, environ: Mapping[str, str], user_file: Path | None, *, keyring: KeyReader = read_keyring
    ) -> None:
        self._environ = environ
        self._user_file = user_file
        self._keyring = keyring
        self._settings = Settings()

    @property
    def settings(self) -> Settings:
        """The settings in force now."""
        return self._settings

    def update(self, editor: object, *, keys: bool = True) -> list[str]:
        """Read every source anew; returns the problems, and takes the new settings over only without any.

        Without ``keys`` no place of keys is looked at. Reads files and may wait for a keyring: not for an event
        loop's thread.
        """
        try:
            self._settings = load_settings(
                editor, self._environ, self._user_file, keyring=self._keyring, keys=keys
            )
        except SettingsError as refused:
            return refused.problems
        return []
