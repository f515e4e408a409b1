"""Settings are loaded here from what a test gives, never from the machine the tests run on."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from codecompanion.server.settings.load import load_settings
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.problems import SettingsError

Load = Callable[..., Settings]


@pytest.fixture
def user_file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "orchestra.toml"


@pytest.fixture
def load(user_file: Path) -> Load:
    """Load from an editor mapping, variables, the text of `orchestra.toml`, of `keys.toml`, and a keyring."""

    def load_(
        editor: Any = None,
        environ: Mapping[str, str] | None = None,
        toml: str | None = None,
        keys: str | None = None,
        keyring: Mapping[str, str] | None = None,
    ) -> Settings:
        user_file.parent.mkdir(exist_ok=True)
        if toml is not None:
            user_file.write_text(toml, "utf-8")
        if keys is not None:
            keys_file = user_file.with_name("keys.toml")
            keys_file.write_text(keys, "utf-8")
            keys_file.chmod(0o600)
        return load_settings(editor, environ or {}, user_file, keyring=(keyring or {}).get)

    return load_


@pytest.fixture
def problems(load: Load) -> Callable[..., list[str]]:
    """Load what must be refused, and return the sentences."""

    def problems_(*args: Any, **kwargs: Any) -> list[str]:
        with pytest.raises(SettingsError) as refused:
            load(*args, **kwargs)
        assert str(refused.value).splitlines() == refused.value.problems
        return refused.value.problems

    return problems_
