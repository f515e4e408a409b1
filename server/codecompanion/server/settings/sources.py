"""The places settings come from; each checks what it holds in its own words and keeps what is good."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

from codecompanion.server.settings.catalogue import Setting, by_name, by_variable
from codecompanion.server.settings.files import UnusableFile, read_own_file
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.names import CLIENT_OWN, PREFIX, SECTION
from codecompanion.server.settings.problems import bounded, did_you_mean
from codecompanion.server.settings.redaction import one_line

EDITOR_ORIGIN = "the editor settings"
"""Where a setting stood that an opened folder may have brought along."""

_WHERE_KEYS_GO = "put it into the environment variable {variable}, the keyring or keys.toml"


class Source(PydanticBaseSettingsSource):
    """One place settings come from.

    ``problems`` has a sentence for everything here that cannot be taken; ``origins`` says for each setting
    taken, by its dotted name, where it stands, in words. Called, it gives the checked values by field.
    """

    strict = True

    def __init__(self) -> None:
        super().__init__(Settings)
        self.problems: list[str] = []
        self.origins: dict[str, str] = {}
        self._values: dict[str, Any] = {}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return self._values

    def take(self, setting: Setting, value: object, subject: str, origin: str) -> None:
        """Check a value and keep it; nothing, an empty text and an empty list mean "not set"."""
        if value is None or value in ("", []):
            return
        try:
            checked = setting.check(value, strict=self.strict)
        except ValueError as fault:
            verdict = "cannot be used" if setting.secret else f"is {one_line(repr(value), 80)}"
            self.problems.append(f"{subject} {verdict}; {fault}")
            return
        level = self._values
        for group in setting.path[:-1]:
            level = level.setdefault(group, {})
        level[setting.path[-1]] = checked
        self.origins[setting.name] = origin


class EditorSource(Source):
    """What the editor answers to ``workspace/configuration`` for our section, nested or dotted."""

    def __init__(self, given: object) -> None:
        super().__init__()
        # an empty Lua table arrives as an empty list
        if given is None or given == []:
            return
        if not isinstance(given, Mapping):
            kind = type(given).__name__
            self.problems.append(
                f"the editor settings under {SECTION!r} are of type {kind}; give a group of names"
            )
            return
        for name, value in _leaves(given):
            self._take_named(name.removeprefix(f"{SECTION}."), value)
        self.problems = bounded(self.problems)

    def _take_named(self, name: str, value: object) -> None:
        if name.startswith(CLIENT_OWN):
            return
        full = f"{SECTION}.{one_line(name, 80)}"
        setting = by_name().get(name)
        if setting is None:
            known = [f"{SECTION}.{setting.name}" for setting in by_name().values() if not setting.given.machine]
            self.problems.append(f"{_unknown(full)} in the editor settings{did_you_mean(full, known)}")
        elif not setting.given.machine:
            self.take(setting, value, f"setting {full!r} in the editor settings", EDITOR_ORIGIN)
        elif value not in (None, "", []):
            self.problems.append(
                f"setting {full!r} is not taken from the editor, where an opened folder could set it; "
                f"{_mend_for_machine(setting)}"
            )


class EnvironmentSource(Source):
    """The environment's variables: text, so converted leniently; all ``ORCHESTRA_…`` ones must be known."""

    strict = False

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__()
        known = by_variable()
        for variable, value in sorted(environ.items()):
            if variable in known:
                where = f"the environment variable {variable}"
                self.take(known[variable], value, where, where)
            elif variable.startswith(PREFIX) and variable not in known:
                ours = [name for name in known if name.startswith(PREFIX)]
                shown = one_line(variable, 80)
                self.problems.append(f"unknown environment variable {shown!r}{did_you_mean(shown, ours)}")
        self.problems = bounded(self.problems)


class UserFileSource(Source):
    """The user's `orchestra.toml`, with the names the editor uses and without the section's name."""

    def __init__(self, path: Path | None) -> None:
        super().__init__()
        if path is None:
            return
        try:
            table = read_toml(path)
        except UnusableFile as fault:
            self.problems.append(str(fault))
            return
        for name, value in _leaves(table):
            self._take_named(path, name, value)
        self.problems = bounded(self.problems)

    def _take_named(self, path: Path, name: str, value: object) -> None:
        setting = by_name().get(name)
        shown = one_line(name, 80)
        if setting is None:
            known = [known.name for known in by_name().values() if not known.secret]
            self.problems.append(f"{_unknown(shown)} in the file {path}{did_you_mean(shown, known)}")
        elif setting.secret:
            mend = _WHERE_KEYS_GO.format(variable=setting.variable)
            self.problems.append(f"setting {shown!r} in the file {path} is a key; {mend}")
        else:
            self.take(setting, value, f"setting {shown!r} in the file {path}", f"the file {path}")


def read_toml(path: Path, *, private: bool = False) -> dict[str, Any]:
    """Return a file's table, empty when there is no file; raises ``UnusableFile`` without quoting the text."""
    text = read_own_file(path, private=private)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        place = one_line(str(fault).rpartition("(")[2].rstrip(")"), 60)
    raise UnusableFile(f'the file {path} is not TOML ({place}); write one name = "value" a line')


def _leaves(table: Mapping[Any, Any], group: str = "") -> Iterator[tuple[str, object]]:
    """Yield dotted names and values: no setting is a group itself."""
    for key, value in table.items():
        name = f"{group}{key}"
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{name}.")
        else:
            yield name, value


def _unknown(name: str) -> str:
    return f"unknown setting {name!r}"


def _mend_for_machine(setting: Setting) -> str:
    if setting.secret:
        return _WHERE_KEYS_GO.format(variable=setting.variable)
    return f"set it in the user's orchestra.toml or as {setting.variable}"
