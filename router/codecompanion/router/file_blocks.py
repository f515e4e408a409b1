"""The answer format for whole files, as agents are asked to write it and as the offline provider does."""

import re

_FENCE_LIKE = re.compile(r"^\s*(`{3,})", re.MULTILINE)


def write_file_block(path: str, text: str) -> str:
    """Return ``text`` as one file block: a ``FILE:`` line, then the content between equal backtick fences.

    The fence is longer than any run of backticks that begins a line of the content, so a Markdown file
    survives. Content without a final newline gets one; an empty file stays empty.
    """
    longest = max((len(run) for run in _FENCE_LIKE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    content = text if not text or text.endswith("\n") else f"{text}\n"
    return f"FILE: {path}\n{fence}\n{content}{fence}\n"
