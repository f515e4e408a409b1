"""The bars for the start, beside the smallest server pygls can make, in one run."""

import statistics
import time
from pathlib import Path

import pytest

ROUNDS = 10

MINIMAL = """
from pygls.lsp.server import LanguageServer
server = LanguageServer("minimal", "1")
@server.command("minimal.echo")
def echo(ls, value): return value
server.start_io()
"""

OURS = """
import sys
from codecompanion.server.wire.serve import serve_stdio
from codecompanion.server.wire.server import OrchestraServer
server = OrchestraServer("ours", "1")
@server.command("minimal.echo")
def echo(call): return call.arguments[0]
sys.exit(serve_stdio(server))
"""


def resident_mib(pid: int) -> float:
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


@pytest.mark.soak
def test_the_start_is_within_a_tenth_of_minimal_pygls_and_the_memory_within_a_fifth(connect, tmp_path):
    scripts = {}
    for name, text in {"minimal": MINIMAL, "ours": OURS}.items():
        scripts[name] = tmp_path / f"{name}.py"
        scripts[name].write_text(text)
    seconds: dict[str, list[float]] = {name: [] for name in scripts}
    memory: dict[str, list[float]] = {name: [] for name in scripts}
    for _ in range(ROUNDS):
        for name, script in scripts.items():
            began = time.perf_counter()
            client = connect(script=script)
            client.call("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
            seconds[name].append(time.perf_counter() - began)
            memory[name].append(resident_mib(client.process.pid))
            client.kill()
    start = {name: statistics.median(values) for name, values in seconds.items()}
    resident = {name: statistics.median(values) for name, values in memory.items()}
    assert start["ours"] <= 1.10 * start["minimal"], start
    assert resident["ours"] <= 1.2 * resident["minimal"], resident
