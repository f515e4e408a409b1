"""`orchestra schema`: the JSON Schemas of what the server sends, and of the settings an editor may give."""

import json
import sys
from typing import Any

from codecompanion.contracts.events import Recorded
from codecompanion.contracts.status import RunStatus
from codecompanion.server.settings.reference import editor_schema


def schemas() -> dict[str, Any]:
    """Return the schemas by what they are for; written from the contracts, so never behind them."""
    return {
        "orchestra/event": Recorded.model_json_schema(mode="serialization"),
        "orchestra/status": RunStatus.model_json_schema(mode="serialization"),
        "settings": editor_schema(),
    }


def schema() -> int:
    """Print the schemas as one JSON object and return the exit code."""
    sys.stdout.write(f"{json.dumps(schemas(), indent=2, ensure_ascii=False)}\n")
    return 0
