"""Guards for traps that a green unit test suite does not notice."""

from importlib.metadata import entry_points
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAYERS = ("server", "orchestra", "router", "memory")


def test_codecompanion_stays_a_namespace() -> None:
    stray = [path for layer in LAYERS for path in (ROOT / layer).glob("codecompanion/__init__.py")]
    assert stray == []


def test_both_console_scripts_are_declared() -> None:
    ours = {
        e.name for e in entry_points(group="console_scripts") if e.value == "codecompanion.server.cli:main"
    }
    assert ours == {"orchestra", "codecompanion-orchestra"}
