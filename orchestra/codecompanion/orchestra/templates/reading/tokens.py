"""A request cut into sentences of words; what stands in parentheses stays with the word before it."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from codecompanion.orchestra.templates.reading.vocabulary import SOFTWARE, words

SENTENCE_END = frozenset(".!?;")
_TOKEN = re.compile(r"[^\W_]+(?:['\-][^\W_]+|\.[a-z0-9]+)*|[,;:.!?()\[\]/|&+]")
_FILE_NAME = re.compile(r"(\w)\.(csv|tsv|jsonl?|txt)\b", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z][a-z])(?=[A-Z])")
_BULLET = re.compile(r"\n\s*(?:[-*\u2022]|\d{1,2}[.)])\s+")
_DASH = re.compile(r"\s[-\u2013]+\s|\u2014")
_TODO_HEADS = words("list lists item items app apps api apis tracker manager task tasks")
_PAIRS = {("log", "in"): "login", ("sign", "in"): "login", ("sign", "up"): "signup"}
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc)\b\.?")
_TO_DROP = frozenset({"please", "just", "also", "simply"})


@dataclass(frozen=True)
class Token:
    """A word in lower case and as a label shows it, or one punctuation mark; ``hint`` stood in parentheses."""

    low: str
    shown: str
    hint: "tuple[Token, ...]" = ()


Sentence = list[Token]
Item = tuple[Token, ...]
"""One member of a list: the words between two commas."""


def lows(item: Item) -> tuple[str, ...]:
    """Return the lower-case words."""
    return tuple(token.low for token in item)


def plain(tokens: Item | Sentence) -> str:
    """Return the lower-case words with single spaces."""
    return " ".join(token.low for token in tokens)


def read_sentences(text: str) -> list[Sentence]:
    """Return the sentences of a request; none of them is empty."""
    sentences: list[Sentence] = [[]]
    for token in _fold_hints(_merge_pairs(_tokens(_normal(text)))):
        if token.low in SENTENCE_END:
            sentences.append([])
        else:
            sentences[-1].append(token)
    return [sentence for sentence in sentences if sentence]


def _normal(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    text = text.replace("\u2018", "'").replace("\u2019", "'").replace("\r\n", "\n")
    text = re.sub(r"[\"\u201c\u201d\u00ab\u00bb`#]|\*\*", " ", text)
    text = _ABBREVIATION.sub(" ", text)
    text = re.sub(r"\bdrag and drop\b", "drag-and-drop", text, flags=re.IGNORECASE)
    text = _BULLET.sub(" , ", text)
    text = re.sub(r"\n\s*\n", " . ", text)
    return _DASH.sub(" , ", text)


def _tokens(text: str) -> Iterator[Token]:
    shouting = text.isupper()
    text = _FILE_NAME.sub(r"\1 \2", text)
    for word in _TOKEN.findall(text):
        for part in _CAMEL.split(word) if word[0].islower() else (word,):
            low = part.lower()
            keeps_case = not shouting and part[1:] != low[1:] and word == part
            if SOFTWARE.issuperset(low.split("-")):
                yield from (Token(piece, piece) for piece in low.split("-"))
            elif low not in _TO_DROP:
                yield Token(low, part if keeps_case else low)


def _merge_pairs(tokens: Iterator[Token]) -> Iterator[Token]:
    """Read "to-do", the "to do" of "to do list", "log in" and "sign up" as one word each."""
    waiting = list(tokens)
    skip = False
    for token, after, later in zip(waiting, [*waiting[1:], None], [*waiting[2:], None, None], strict=False):
        if skip:
            skip = False
        elif token.low in ("to-do", "to-dos", "todos"):
            yield Token("todo", "todo")
        elif token.low == "to" and after and after.low == "do" and later and later.low in _TODO_HEADS:
            skip = True
            yield Token("todo", "todo")
        elif after and (merged := _PAIRS.get((token.low, after.low))):
            skip = True
            yield Token(merged, merged)
        else:
            yield token


def _fold_hints(tokens: Iterator[Token]) -> Iterator[Token]:
    """Attach "(…)" to the word before it; brackets with nothing before them or no end are commas."""
    held: Token | None = None
    inside: list[Token] | None = None
    for token in tokens:
        if inside is not None and token.low in ")]":
            held, inside = (replace(held, hint=tuple(inside)) if held else None), None
        elif inside is not None:
            inside.append(token)
        elif token.low in "([":
            inside = []
        elif token.low not in ")]":
            if held:
                yield held
            held = token
    if held:
        yield held
    if inside:
        yield Token(",", ",")
        yield from inside
