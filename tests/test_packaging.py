"""Guards for traps that a green unit test suite does not notice."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAYERS = ("server", "orchestra", "router", "memory")

IMPORTED_TO_SERVE = """
import sys
import codecompanion.server.cli
import codecompanion.server.cli_commands.serve
from codecompanion.server.app import make_server
make_server({})
heavy = {"pydantic", "openai", "anthropic", "google", "genai_prices", "httpx", "rich", "jinja2", "numpy",
         "aiosqlite", "sqlite3", "keyring", "pathspec", "tenacity"}
print(*sorted(heavy & sys.modules.keys()))
"""


def test_codecompanion_stays_a_namespace() -> None:
    stray = [path for layer in LAYERS for path in (ROOT / layer).glob("codecompanion/__init__.py")]
    assert stray == []


def test_both_console_scripts_are_declared() -> None:
    ours = {e.name for e in entry_points(group="console_scripts") if e.value == "codecompanion.server.cli:main"}
    assert ours == {"orchestra", "codecompanion-orchestra"}


def test_a_server_is_ready_without_anything_heavy() -> None:
    ended = subprocess.run(
        [sys.executable, "-P", "-c", IMPORTED_TO_SERVE], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == [], "imported before it is needed; import it where it is used"


def test_imports_between_the_layers_point_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
