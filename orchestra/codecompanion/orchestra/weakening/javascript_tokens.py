"""JavaScript and TypeScript as a row of tokens with their brackets matched; enough to find calls by; pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<string>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|`(?:\\.|[^`\\])*`?)
      | (?P<word>[\w$]+)
      | (?P<sign>=>|===|!==|==|!=|&&|\|\||\?\?|\?\.|\.\.\.|\S)""",
    re.DOTALL | re.VERBOSE,
)
_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*")
_BEFORE_A_REGEX = frozenset({"return", "typeof", "case", "in", "of", "await", "yield", "void"})
_OPENING = {"(": ")", "[": "]", "{": "}"}
_CONSTANTS = frozenset({"true", "false", "null", "undefined", "NaN", "Infinity"})


class Token(NamedTuple):
    """A word, a string or regular expression, or a sign; ``line`` counts from 0."""

    kind: str
    text: str
    line: int


@dataclass(slots=True)
class Tokens:
    """The tokens of a text; ``closing`` and ``opening`` map the index of a bracket to that of its partner.

    A bracket that is never closed reaches to the end. ``around`` gives the index of the innermost bracket that
    is open at each token, -1 for none.
    """

    row: list[Token]
    closing: dict[int, int] = field(default_factory=dict)
    opening: dict[int, int] = field(default_factory=dict)
    around: list[int] = field(default_factory=list)

    def text(self, index: int) -> str:
        """Return a token's text, empty outside of the row."""
        return self.row[index].text if 0 <= index < len(self.row) else ""

    def is_word(self, index: int) -> bool:
        """Whether there is a word at ``index``."""
        return 0 <= index < len(self.row) and self.row[index].kind == "word"

    def inside(self, bracket: int) -> range:
        """Return the indices between a bracket and its partner."""
        return range(bracket + 1, self.closing[bracket])

    def arguments(self, bracket: int) -> list[tuple[str, ...]]:
        """Return what is between the commas of a bracket, each as its tokens' texts."""
        parts: list[list[str]] = [[]]
        for index in self.inside(bracket):
            if self.around[index] == bracket and self.text(index) == ",":
                parts.append([])
            else:
                parts[-1].append(self.text(index))
        return [tuple(part) for part in parts if part]

    def blocks(self, index: int, outermost: int) -> Iterator[int]:
        """Yield the brackets open at ``index``, the innermost first, up to and without ``outermost``."""
        bracket = self.around[index]
        while bracket not in (-1, outermost):
            yield bracket
            bracket = self.around[bracket]


def tokens_of(text: str) -> Tokens:
    """Return the tokens of a text; comments are left out, template strings are one token."""
    found = Tokens(list(_row(text)))
    open_brackets: list[int] = []
    for index, token in enumerate(found.row):
        if token.kind == "sign" and token.text in _OPENING.values() and open_brackets:
            found.closing[open_brackets[-1]] = index
            found.opening[index] = open_brackets.pop()
        found.around.append(open_brackets[-1] if open_brackets else -1)
        if token.kind == "sign" and token.text in _OPENING:
            open_brackets.append(index)
    for bracket in open_brackets:
        found.closing[bracket] = len(found.row)
    return found


def _row(text: str) -> Iterator[Token]:
    at = line = 0
    previous = Token("sign", "", 0)
    while (match := _TOKEN.search(text, at)) is not None:
        kind, said = str(match.lastgroup), match[0]
        if said == "/" and _a_regex_may_follow(previous) and (regex := _REGEX.match(text, match.start())):
            kind, said = "string", regex[0]
        line += text.count("\n", at, match.start())
        if kind != "comment":
            previous = Token(kind, said, line)
            yield previous
        line += said.count("\n")
        at = match.start() + len(said)


def _a_regex_may_follow(token: Token) -> bool:
    if token.kind == "word":
        return token.text in _BEFORE_A_REGEX
    return token.kind == "sign" and token.text not in (")", "]", "}")


def is_constant(texts: tuple[str, ...]) -> bool:
    """Whether an expression has no name in it, so that it is the same in every run."""
    return not any((re.match(r"[A-Za-z_$]", text) and text not in _CONSTANTS) or "${" in text for text in texts)
