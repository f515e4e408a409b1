"""Typing, undo, saving and the edits of two agents in any order, in editors of every temper: nothing is lost.

Time is made up: the loop jumps to the next timer, so that seconds of waiting cost nothing and every
interleaving can be had again.
"""

import asyncio
import random
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codecompanion.contracts.edits import EditOutcome, ReplaceBlock, WholeFile
from codecompanion.server.edits.tempers import TEMPERS

START = "".join(f"def function_{n}(a, b):\n    x = {n}\n    return a + b + x\n\n" for n in range(6))
MARK = re.compile("⟦[^⟧]*⟧")


@dataclass
class Agent:
    """One agent: what it takes the files to read."""

    name: str
    known: dict[str, str] = field(default_factory=dict)


@dataclass
class Session:
    """A world with two agents, and what of the user's typing must be there at the end."""

    world: Any
    chance: random.Random
    typed: dict[str, set[str]] = field(default_factory=dict)
    outcomes: list[EditOutcome] = field(default_factory=list)
    pushes: list[asyncio.Task[None]] = field(default_factory=list)
    agents: tuple[Agent, Agent] = field(default_factory=lambda: (Agent("A"), Agent("B")))
    count: int = 0

    def __post_init__(self) -> None:
        self.editor, self.view = self.world.editor, self.world.view

    def mark(self, who: str) -> str:
        self.count += 1
        return f"⟦{who}{self.count}⟧"

    # -- what may happen

    async def type(self, path: str) -> None:
        text = self.editor.buffers[path].text
        at = self._outside_marks(text, self.chance.randrange(len(text) + 1))
        mark = self.mark("user")
        end = self.chance.choice(["", "", "\n"])
        self._by_user(path, lambda: self.editor.type(path, at, at, mark + end))

    async def delete(self, path: str) -> None:
        text = self.editor.buffers[path].text
        start = self._outside_marks(text, self.chance.randrange(len(text) + 1))
        end = self._outside_marks(text, min(len(text), start + self.chance.randrange(1, 40)))
        self._by_user(path, lambda: self.editor.type(path, min(start, end), max(start, end), ""))

    async def undo(self, path: str) -> None:
        self._by_user(path, lambda: self.editor.undo(path))

    async def save(self, path: str) -> None:
        self.editor.save(path)

    async def command(self, path: str) -> None:
        self.editor.command()

    async def read(self, path: str) -> None:
        self.chance.choice(self.agents).known[path] = self.view.read(path)

    async def block(self, path: str) -> None:
        agent = self.chance.choice(self.agents)
        known = agent.known.setdefault(path, self.view.read(path))
        lines = [
            line for line in known.splitlines(keepends=True) if _replaceable(line) and known.count(line) == 1
        ]
        if not lines:
            return
        line = self.chance.choice(lines)
        new = self.chance.choice(
            [f"    y = '{self.mark(agent.name)}'\n" + line, f"    {self.mark(agent.name)}\n"]
        )
        edit = ReplaceBlock(path=path, search=line, replace=new)
        self._push(agent, edit, known, known.replace(line, new))

    async def whole(self, path: str) -> None:
        agent = self.chance.choice(self.agents)
        known = agent.known.setdefault(path, self.view.read(path))
        lines = known.splitlines(keepends=True)
        for _ in range(self.chance.randrange(1, 4)):
            at = self.chance.randrange(len(lines) + 1)
            old = lines[at : at + self.chance.randrange(2)]
            kept = [line for line in old if not _replaceable(line)]
            lines[at : at + len(old)] = [f"    {self.mark(agent.name)}\n", *kept]
        edit = WholeFile(path=path, text="".join(lines))
        self._push(agent, edit, known, edit.text)

    def _push(self, agent: Agent, edit: Any, known: str, wanted: str) -> None:
        async def push() -> None:
            outcome = await self.world.edits.push(f"e{self.count}", edit, "", known)
            self.outcomes.append(outcome)
            if outcome.state != "failed":
                agent.known[edit.path] = wanted

        self.pushes.append(asyncio.create_task(push()))

    def _by_user(self, path: str, act: Callable[[], None]) -> None:
        """Keep account of what the user's own doing adds and takes away."""
        before = set(MARK.findall(self.editor.buffers[path].text))
        act()
        after = set(MARK.findall(self.editor.buffers[path].text))
        mine = self.typed.setdefault(path, set())
        mine -= before - after
        mine |= {mark for mark in after - before if mark.startswith("⟦user")}

    def _outside_marks(self, text: str, at: int) -> int:
        return next((found.end() for found in MARK.finditer(text) if found.start() < at < found.end()), at)

    # -- the end

    async def settle(self) -> None:
        # a person who is done lets the editor take what is still to come
        for _ in range(200):
            self.editor.command()
            done, waiting = await asyncio.wait(self.pushes, timeout=1.0) if self.pushes else (set(), set())
            for task in done:
                task.result()
            if not waiting:
                break
        assert all(task.done() for task in self.pushes)
        await self.world.edits.settle()
        for path in self.editor.buffers:
            self.editor.flush(path)
        await asyncio.sleep(2.0)

    def check(self) -> None:
        for path, buffer in self.editor.buffers.items():
            assert self.world.documents[self.editor.uri + f"/{path}"].text == buffer.text
            assert self.view.read(path) == buffer.text
            missing = self.typed.get(path, set()) - set(MARK.findall(buffer.text))
            assert not missing, f"lost in {path}: {missing}"
            assert "<<<<<<<" not in buffer.text
            marks = MARK.findall(buffer.text)
            twice = {mark for mark in marks if marks.count(mark) > 1}
            assert not twice, f"made twice in {path}: {twice}"


def _replaceable(line: str) -> bool:
    """Whether an agent may replace a line it knows: what the user typed it leaves alone."""
    return bool(line.strip()) and "⟦user" not in line


ACTIONS = ("type", "type", "type", "delete", "undo", "save", "command", "read", "block", "block", "whole")
STEPS = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.sampled_from(("a.py", "b.py"))), min_size=4, max_size=24
)


async def interleaved(new_world: Any, temper: str, steps: list[tuple[str, str]], seed: int) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        files = dict.fromkeys(("a.py", "b.py"), START.encode())
        world = new_world(Path(folder).resolve(), TEMPERS[temper], files, lambda: chance.random() * 0.1)
        session = Session(world, chance)
        for path in files:
            world.editor.open(path)
        await asyncio.sleep(1.0)
        for action, path in steps:
            await getattr(session, action)(path)
            await asyncio.sleep(chance.choice([0.0, 0.01, 0.1, 0.5]))
        await session.settle()
        session.check()


STEPS_AND_SEED = given(steps=STEPS, seed=st.integers(0, 2**32))


@pytest.mark.parametrize("temper", TEMPERS)
@settings(max_examples=34, deadline=None, suppress_health_check=list(HealthCheck))
@STEPS_AND_SEED
def test_nothing_typed_is_lost_and_all_agree(
    in_made_up_time: Any, new_world: Any, temper: str, steps: list[tuple[str, str]], seed: int
) -> None:
    in_made_up_time(interleaved(new_world, temper, steps, seed))


@pytest.mark.soak
@pytest.mark.parametrize("temper", TEMPERS)
@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@STEPS_AND_SEED
def test_nothing_typed_is_lost_in_thousands(
    in_made_up_time: Any, new_world: Any, temper: str, steps: list[tuple[str, str]], seed: int
) -> None:
    in_made_up_time(interleaved(new_world, temper, steps, seed))


async def two_hundred_rounds(world: Any) -> None:
    """Two agents, each with its own functions of one file, neither ever looking again."""
    world.editor.open("a.py")
    await asyncio.sleep(1.0)
    known = dict.fromkeys("AB", LONG)

    async def work(agent: str, first: int) -> None:
        for n in range(200):
            old = known[agent].splitlines(keepends=True)[4 * (2 * n + first) + 1]
            new = f"    x = '{agent}{n}'\n"
            wanted = known[agent].replace(old, new)
            edits = (ReplaceBlock(path="a.py", search=old, replace=new), WholeFile(path="a.py", text=wanted))
            outcome = await world.edits.push(f"{agent}{n}", edits[n % 2], "", known[agent])
            assert (outcome.state, outcome.held) == ("confirmed", ()), outcome
            known[agent] = wanted

    await asyncio.gather(work("A", 0), work("B", 1))
    lines = world.editor.buffers["a.py"].text.splitlines()
    assert all(lines[4 * (2 * n) + 1] == f"    x = 'A{n}'" for n in range(200))
    assert all(lines[4 * (2 * n + 1) + 1] == f"    x = 'B{n}'" for n in range(200))


LONG = "".join(f"def function_{n}(a, b):\n    x = {n}\n    return a + b + x\n\n" for n in range(400))


@pytest.mark.parametrize("temper", ["vscode", "lsp-mode"])
def test_two_agents_on_one_file_keep_all_that_does_not_overlap(
    in_made_up_time: Any, make_world: Any, temper: str
) -> None:
    in_made_up_time(two_hundred_rounds(make_world(TEMPERS[temper], {"a.py": LONG.encode()})))
