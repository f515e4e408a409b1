"""The Markdown files that hold what agents are told."""

from functools import cache
from importlib.resources import files


@cache
def prompt_text(name: str) -> str:
    """Return the text of ``prompts/<name>.md`` without surrounding blank lines."""
    return (files("codecompanion.orchestra") / "prompts" / f"{name}.md").read_text(encoding="utf-8").strip()
