"""Printing answers on standard output, for people and for programs."""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from codecompanion.contracts.base import Contract
from codecompanion.server.logs import redactor
from codecompanion.server.settings.redaction import plain


def say(lines: Iterable[str]) -> None:
    """Print lines, without secrets and without what would steer a terminal."""
    for line in lines:
        sys.stdout.write(f"{plain(redactor(line))}\n")


def print_json(value: Contract | Mapping[str, Any]) -> None:
    """Print one JSON object on one line; ASCII only, so that no text in it can steer a terminal."""
    wire = value.to_wire() if isinstance(value, Contract) else value
    sys.stdout.write(f"{redactor(json.dumps(wire))}\n")
