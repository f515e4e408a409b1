"""What is configured, for the log at start-up and for `health`: names and places, never a key."""

from codecompanion.server.settings.catalogue import Setting, all_settings
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.names import KEY_VARIABLES
from codecompanion.server.settings.redaction import Redactor, one_line


def describe(settings: Settings) -> list[str]:
    """Return one line for each provider and for each other setting that is not at its default."""
    redact = Redactor(settings.secrets())
    lines = [_provider_line(settings, provider) for provider in KEY_VARIABLES]
    others = [s for s in all_settings() if not s.secret and settings.origin(s.name)]
    lines += [f"{s.name} = {_shown(settings, s)} ({settings.origin(s.name)})" for s in others]
    if not others:
        lines.append("all other settings are at their defaults")
    return [redact(line) for line in lines]


def _provider_line(settings: Settings, provider: str) -> str:
    key_from = settings.origin(f"{provider}ApiKey")
    if key_from:
        return f"{provider}: key from {key_from}"
    if provider == "local":
        return "local: server set up" if settings.local_base_url else "local: no server set up"
    return f"{provider}: no key"


def _shown(settings: Settings, setting: Setting) -> str:
    value: object = settings
    for part in setting.path:
        value = getattr(value, part)
    return one_line(" ".join(value) if isinstance(value, tuple) else str(value), 120)
