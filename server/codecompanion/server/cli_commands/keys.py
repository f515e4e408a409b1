"""`orchestra keys`: which providers are configured, from where, and on request whether they take the key."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from codecompanion.contracts.model_calls import ProviderState
from codecompanion.server.cli_commands.exit_codes import DONE, FAILED
from codecompanion.server.cli_commands.printing import say
from codecompanion.server.logs import configure_logging
from codecompanion.server.settings.folders import user_file
from codecompanion.server.settings.load import load_settings
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.names import KEY_VARIABLES
from codecompanion.server.settings.redaction import one_line

AskProviders = Callable[[Settings], Awaitable[Sequence[ProviderState]]]
"""Asks every configured provider, cheaply, whether its key is good."""


@dataclass(frozen=True, kw_only=True)
class KeyLine:
    """What is shown of one provider; ``origin`` says where its key stands, or which variable would hold it."""

    provider: str
    configured: bool
    origin: str
    checked: Literal["not checked", "accepted", "refused", "unreachable"] = "not checked"
    note: str = ""


def keys(
    *,
    check: bool,
    as_json: bool,
    environ: Mapping[str, str] = os.environ,
    ask: AskProviders | None = None,
) -> int:
    """Print one line for each provider, never a key, and return the exit code.

    With ``check`` the code is 0 only when every configured provider accepts its key.
    """
    configure_logging("warning")
    settings = load_settings(None, environ, user_file(environ))
    answers = asyncio.run(_answers(settings, ask or _ask_providers)) if check else {}
    lines = [_line(settings, provider, answers.get(provider)) for provider in KEY_VARIABLES]
    text = json.dumps([asdict(line) for line in lines], indent=2) if as_json else _table(lines)
    say([text])
    good = all(line.checked == "accepted" for line in lines if line.configured)
    return DONE if good or not check else FAILED


async def _answers(settings: Settings, ask: AskProviders) -> dict[str, ProviderState]:
    return {state.provider: state for state in await ask(settings)}


async def _ask_providers(settings: Settings) -> Sequence[ProviderState]:
    from codecompanion.server.bootstrap import open_gateway  # noqa: PLC0415 - the SDKs hang on it

    gateway = open_gateway(settings)
    try:
        return await gateway.check()
    finally:
        await gateway.close()


def _line(settings: Settings, provider: str, answer: ProviderState | None) -> KeyLine:
    key_from = settings.origin(f"{provider}ApiKey")
    address_from = settings.origin("localBaseUrl") if provider == "local" else None
    configured = bool(address_from if provider == "local" else key_from)
    where = address_from if provider == "local" else key_from
    missing = "ORCHESTRA_LOCAL_BASE_URL" if provider == "local" else KEY_VARIABLES[provider]
    return KeyLine(
        provider=provider,
        configured=configured,
        origin=where or f"set {missing}",
        checked=answer.checked if answer else "not checked",
        note=one_line(answer.note, 300) if answer else "",
    )


def _table(lines: Sequence[KeyLine]) -> str:
    head = ("provider", "configured", "where", "check")
    rows = [
        (
            line.provider,
            "yes" if line.configured else "no",
            line.origin,
            _verdict(line) if line.configured else "",
        )
        for line in lines
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    )


def _verdict(line: KeyLine) -> str:
    return f"{line.checked}: {line.note}" if line.note else line.checked
