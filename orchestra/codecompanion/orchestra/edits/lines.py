"""A text as lines the way editors count them: ended by LF, CRLF or a lone CR, and by nothing else."""

import io

BOM = "\ufeff"


def split_lines(text: str) -> list[str]:
    """Return the lines with their endings; joined again they are ``text``.

    ``str.splitlines`` would not do: it also splits at form feeds and Unicode separators, editors do not.
    """
    return list(io.StringIO(text, newline=""))


def bare_lines(text: str) -> list[str]:
    """Return the lines of ``split_lines`` without their endings; quicker than one by one."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def without_ending(line: str) -> str:
    """Return one line of ``split_lines`` without its line ending."""
    return line.rstrip("\r\n")


def ending_of(line: str) -> str:
    """Return the line ending of one line of ``split_lines``, empty for a last line that has none."""
    return line[len(without_ending(line)) :]


def is_blank(text: str) -> bool:
    """Whether a text has no sign in it, without a copy of it as ``strip`` makes."""
    return not text or text.isspace()


def numbered(lines: list[str], first_line: int, widest: int = 200) -> str:
    """Return bare lines as ``  12| text``, counted from ``first_line``, each cut after ``widest``."""
    width = len(str(first_line + len(lines) - 1))
    return "\n".join(
        f"{number:>{width}}| {line if len(line) <= widest else line[:widest] + '…'}"
        for number, line in enumerate(lines, first_line)
    )
