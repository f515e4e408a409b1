"""What was built, used as its README says: tested, started, its page and its API asked for."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from codecompanion.server.demo import DemoFailed
from codecompanion.server.demo.processes import running

LONGEST_TESTS = 60.0
LONGEST_SERVICE = 60.0
LONGEST_ANSWER = 10.0

_SHELL_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COUNT = re.compile(r"^\W*(Ran \d+ tests?|tests \d+)", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[\w.:-]+")
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class BuiltProject:
    """A folder with a README whose shell blocks say how to test and start what is in it."""

    folder: Path

    def commands(self) -> list[list[str]]:
        """Return the README's commands in order, split into words."""
        readme = self.folder / "README.md"
        if not readme.is_file():
            raise DemoFailed(f"there is no README.md in {self.folder}")
        blocks = "".join(_SHELL_BLOCK.findall(readme.read_text("utf-8"))).replace("\\\n", " ")
        return [shlex.split(line) for line in blocks.splitlines() if line.strip()]

    def test_commands(self) -> list[list[str]]:
        """Return those that run tests; there is at least one."""
        found = [words for words in self.commands() if "unittest" in words or "--test" in words]
        return found or self._missing("runs its tests")

    def start_command(self) -> list[str]:
        """Return the one that starts the service."""
        found = [words for words in self.commands() if "--port" in words]
        return (found or self._missing("starts the service"))[0]

    def _missing(self, what: str) -> list[list[str]]:
        raise DemoFailed(f"the README in {self.folder} names no command that {what}")

    def run_tests(self, command: Sequence[str]) -> str:
        """Run a test command in the folder; return the line that counts the tests; raises when one fails."""
        try:
            ended = subprocess.run(
                runnable(command),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                timeout=LONGEST_TESTS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise DemoFailed(f"{shlex.join(command)} did not end within {LONGEST_TESTS:.0f} s") from None
        if ended.returncode != 0:
            raise DemoFailed(f"{shlex.join(command)} failed:\n{ended.stdout[-4000:]}")
        counts = _COUNT.findall(ended.stdout)
        return counts[-1] if counts else "ended well"

    @contextmanager
    def started(self, log: Path) -> Iterator[str]:
        """Run the service on a free port for the length of the block, and give its address."""
        command = _on_a_free_port(runnable(self.start_command()))
        with log.open("wb") as sink, _service(command, self.folder, sink) as process:
            first_line = process.stdout.readline() if process.stdout else ""
            address = _ADDRESS.search(first_line)
            if address is None:
                raise DemoFailed(f"{shlex.join(self.start_command())} did not say where it listens; see {log}")
            yield address[0]
            process.terminate()
            process.wait(LONGEST_ANSWER)


def has_program(command: Sequence[str]) -> bool:
    """Whether the command's program is on this machine."""
    return shutil.which(runnable(command)[0]) is not None


def runnable(command: Sequence[str]) -> list[str]:
    """Return the command with the Python that runs us: not every machine has one called `python`."""
    return [sys.executable if command[0] == "python" else command[0], *command[1:]]


def page_title(address: str) -> str:
    """Return the title of the page at an address."""
    title = _TITLE.search(_ask(address))
    if title is None:
        raise DemoFailed(f"{address} is no page with a title")
    return title[1].strip()


def first_collection(address: str) -> tuple[str, dict[str, Any]]:
    """Return the route of the service's first kind of record, and a record that it must take."""
    kind = json.loads(_ask(f"{address}/api"))["resources"][0]
    texts = [field["name"] for field in kind["fields"] if field["type"] == "text"]
    return f"/api/{kind['name']}", {texts[0]: "Try Orchestra"}


def store_and_list(url: str, record: dict[str, Any]) -> int:
    """Store a record in a collection and return how many it lists then; raises when ours is not among them."""
    _ask(url, json.dumps(record).encode())
    listed = json.loads(_ask(url))["items"]
    if not any(record.items() <= one.items() for one in listed):
        raise DemoFailed(f"{url} stored a record but does not list it")
    return len(listed)


def _ask(url: str, body: bytes | None = None) -> str:
    # never by way of a proxy: the service is on this machine
    request = Request(url, body, {"Content-Type": "application/json"} if body else {})
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=LONGEST_ANSWER) as answer:
            text: str = answer.read().decode("utf-8")
            return text
    except (URLError, OSError) as problem:
        raise DemoFailed(f"{url} gave no good answer: {problem}") from None


@contextmanager
def _service(command: Sequence[str], folder: Path, log: Any) -> Iterator["Popen[str]"]:
    with running(
        command,
        seconds=LONGEST_SERVICE,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=PIPE,
        stderr=log,
        text=True,
        encoding="utf-8",
    ) as process:
        yield process


def _on_a_free_port(command: Sequence[str]) -> list[str]:
    at = command.index("--port") + 1
    return [*command[:at], "0", *command[at + 1 :]]
