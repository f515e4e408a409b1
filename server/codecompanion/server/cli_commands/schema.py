"""`orchestra schema`: the JSON Schemas of what the server takes and sends, and of an editor's settings."""

import json
import sys
from typing import Any

from codecompanion.server.schemas import protocol_schemas
from codecompanion.server.settings.reference import editor_schema


def schemas() -> dict[str, Any]:
    """Return the schemas by what they are for; written from the contracts, so never behind them."""
    return {**protocol_schemas(), "settings": editor_schema()}


def schema() -> int:
    """Print the schemas as one JSON object and return the exit code."""
    sys.stdout.write(f"{json.dumps(schemas(), indent=2, ensure_ascii=False)}\n")
    return 0
