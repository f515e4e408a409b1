"""The settings as documentation, read off the catalogue: a table for people, a JSON Schema for editors."""

import sys
from pathlib import Path
from typing import Any

from codecompanion.server.settings.catalogue import Setting, all_settings

TABLE_BEGINS = "<!-- settings: made by python -P -m codecompanion.server.settings.reference FILE -->"
TABLE_ENDS = "<!-- end of settings -->"


def table() -> str:
    """Return the Markdown table of all settings."""
    rows = [
        "| setting | environment variable | what it does | give | default | editor |",
        "|---|---|---|---|---|---|",
        *(_row(setting) for setting in all_settings()),
    ]
    return "\n".join(rows)


def with_fresh_table(document: str) -> str:
    """Return the document with the table between its markers made anew; ``ValueError`` without markers."""
    before, begins, rest = document.partition(TABLE_BEGINS)
    _, ends, after = rest.partition(TABLE_ENDS)
    if not begins or not ends:
        raise ValueError(f"the document lacks {TABLE_BEGINS!r} or {TABLE_ENDS!r}")
    return f"{before}{begins}\n\n{table()}\n\n{ends}{after}"


def editor_schema() -> dict[str, Any]:
    """Return the JSON Schema of the `orchestra` section, for the settings an editor may give."""
    properties = {
        f"orchestra.{setting.name}": {
            **setting.adapter.json_schema(),
            "description": setting.description,
        }
        for setting in all_settings()
        if not setting.given.machine
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _row(setting: Setting) -> str:
    provider = setting.path[0].removesuffix("_api_key")
    name = f"`{provider}` in `keys.toml`" if setting.secret else f"`{setting.name}`"
    cells = (
        name,
        f"`{setting.variable}`",
        setting.description,
        setting.given.expects,
        _default(setting.default),
        "no" if setting.given.machine else "yes",
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _default(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(with_fresh_table(page.read_text("utf-8")), "utf-8")
