"""How long an editor waits for `initialize`, and what the server weighs then."""

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.lsp_process import LspProcess, initialize, resident_mb
from benchmarks.table import Row, print_table

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
ROUNDS = 10
SERVERS = {
    "minimal pygls": [sys.executable, str(HERE / "minimal_server.py")],
    "orchestra": [str(BIN / "orchestra"), "serve"],
    "jedi-language-server": [str(BIN / "jedi-language-server")],
    "pylsp": [str(BIN / "pylsp")],
}


def run() -> list[Row]:
    """Start each server in turn, again and again; the medians are compared."""
    seconds: dict[str, list[float]] = {name: [] for name in SERVERS}
    memory: dict[str, list[float]] = {name: [] for name in SERVERS}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS + 1):
            for name, command in SERVERS.items():
                with LspProcess(command, cwd=Path(folder)) as server:
                    seconds[name].append(initialize(server, Path(folder)))
                    time.sleep(0.2)
                    memory[name].append(resident_mb(server.pid))
    # the first round warms the disk's cache and is not counted
    waits = {name: median(values[1:]) for name, values in seconds.items()}
    weights = {name: median(values[1:]) for name, values in memory.items()}
    print_table(
        "start-up, median of 10",
        ("server", "spawn to initialize, ms", "resident, MB"),
        [(name, f"{waits[name] * 1000:.0f}", f"{weights[name]:.1f}") for name in SERVERS],
    )
    floor = "minimal pygls"
    return [
        Row("spawn → initialize, × minimal pygls", waits["orchestra"] / waits[floor], "≤", 1.10),
        Row("the same, × jedi-language-server", waits["orchestra"] / waits["jedi-language-server"], "<", 1.0),
        Row("resident after initialize, × minimal pygls", weights["orchestra"] / weights[floor], "≤", 1.2),
    ]
