"""Agents that change every function of a file while a person types in it, for tests in real editors."""

import re
from dataclasses import dataclass, field

from codecompanion.router.scripted_server import Asked, Reply

FUNCTIONS = 12
CODE = "".join(f"def function_{n}(a, b):\n    x = {n}\n    return a + b + x\n\n" for n in range(FUNCTIONS))


def reply(asked: Asked) -> Reply:
    """Answer for the file ``file_<n>.py`` that was last spoken of, every fourth time with the whole file."""
    (*_, number) = re.findall(r"file_(\d+)\.py", "\n".join(asked.texts))
    name = f"file_{number}.py"
    if int(number) % 4 == 3:
        return Reply(text=whole(name), tokens_per_second=600)
    return Reply(text=blocks(name), tokens_per_second=250)


def whole(name: str) -> str:
    """Return the whole file, with a line of each function replaced."""
    text = CODE
    for n in range(FUNCTIONS):
        text = text.replace(f"    x = {n}\n", f"    x = {n} + 1  # agent {n}\n")
    return f"FILE: {name}\n```\n{text}```\n"


def blocks(name: str) -> str:
    """Return a change of each function, one that adds a line and one that replaces one by turns."""
    parts = [
        f"FILE: {name}\n<<<<<<< SEARCH\n    x = {n}\n=======\n"
        + (f"    x = {n} + 1  # agent {n}\n" if n % 2 else f"    y = 0  # agent {n}\n    x = {n}\n")
        + ">>>>>>> REPLACE\n"
        for n in range(FUNCTIONS)
    ]
    return "\n".join(parts)


@dataclass
class Tally:
    """What came to pass in many rounds."""

    rounds: int = 0
    marks: int = 0
    keys: int = 0
    changes: int = 0
    refused: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.rounds} runs; nothing lost of {self.marks} typed marks and {self.keys} single keys; "
            f"{self.changes} of {FUNCTIONS * self.rounds} changes made and not undone; refused: {self.refused}"
        )

    def check(self, text: str, marks: list[str], keys: int, what_was_said: object) -> None:
        """Take in a round that nothing was lost in; raises ``AssertionError``."""
        changes = assert_all_is_there(text, marks, keys, what_was_said)
        self.rounds, self.changes = self.rounds + 1, self.changes + changes
        self.marks, self.keys = self.marks + len(marks), self.keys + keys


def assert_all_is_there(text: str, marks: list[str], keys: int, what_was_said: object) -> int:
    """Demand every mark that was typed and not undone, every pressed Z, and no change made twice.

    A line the person typed into is left to them, and what they undid stays undone; but something was changed.
    Returns how many changes of the agents are there.
    """
    assert [mark for mark in marks if mark not in text] == []
    assert text.count("Z") == keys, f"{text.count('Z')} of {keys} keys: {text}"
    assert "<<<<<<<" not in text
    made = [len(re.findall(rf"# agent {n}(?!\d)", text)) for n in range(FUNCTIONS)]
    assert set(made) <= {0, 1}
    assert sum(made) > 0, what_was_said
    return sum(made)
