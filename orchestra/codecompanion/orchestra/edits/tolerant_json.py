"""Reads the JSON object out of a model's reply, forgiving what models get wrong about JSON.

Forgiven: prose and code fences around it, anything behind it, trailing commas, comments, single or
typographic quotes, unquoted keys, Python's literals, raw newlines and unknown escapes in strings, one
wrapping key. Never forgiven: an object that is cut off, because its end would be a guess.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from codecompanion.contracts.errors import BadAnswer

T = TypeVar("T", bound=BaseModel)

_MOST_STARTS = 50
_MOST_MENDS = 8
_MOST_FAULTS_NAMED = 5

_DECODER = json.JSONDecoder(strict=False)
OBJECT_START = re.compile(r"\{(?=\s*(?:[\"'\u201c}]|//|/\*|\w{1,100}\s*:))")
"""A brace that may open a JSON object: not that of a function or a template."""
# what cannot have been meant as anything but an object
_SURE_START = re.compile(
    r"""
    \{\s*(?: //
        | /\*
        | ["'\u201c](?:[^"'\u201d\\]|\\.)*["'\u201d]\s*:
        | \w{1,100}\s*:\s*["'\u201c]
    )
    """,
    re.VERBOSE | re.DOTALL,
)
# what has no end runs to the end of the text: one that could be tried again from each place would be quadratic
_TOKEN = re.compile(
    r"""
    (?P<string>"(?:[^"\\]|\\.)*(?:"|\Z) | '(?:[^'\\]|\\.)*(?:'|\Z) | \u201c(?:[^\u201d\\]|\\.)*(?:\u201d|\Z))
    | (?P<comment>//[^\n]* | /\*.*?(?:\*/|\Z) | \#[^\n]*)
    | (?P<key>[A-Za-z_]\w*)(?=\s*:)
    | (?P<open>[\[{])
    | (?P<close>[\]}])
    | (?P<other>,|\s+|\w[\w.+-]*|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LITERALS = {"True": "true", "False": "false", "None": "null"}


def parse_answer(text: str, model: type[T]) -> T:
    """Return the first object in ``text`` that fits ``model``.

    Raises ``BadAnswer`` with a sentence for the model: what is missing, broken or cut off, or which fields
    do not fit.
    """
    reading = ObjectReading(text)
    misfit: ValidationError | None = None
    for value in reading.objects():
        try:
            return model.model_validate(value)
        except ValidationError as error:
            # the object with the fewest faults is the one that was meant
            if misfit is None or error.error_count() < misfit.error_count():
                misfit = error
    raise BadAnswer(_misfit_sentence(misfit) if misfit else reading.fault)


def json_objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the objects that can be read in ``text``, in order, each followed by one it merely wraps."""
    return ObjectReading(text).objects()


def json_object_at(text: str, at: int) -> dict[str, Any]:
    """Return the object whose brace is at ``at``; raises ``BadAnswer`` as ``parse_answer`` does."""
    reading = ObjectReading(text)
    value, _ = reading.decoded(at)
    if value is None:
        raise BadAnswer(reading.fault)
    return value


@dataclass
class ObjectReading:
    """One pass over a reply; ``fault`` says why there was no object when there was none.

    ``at`` is where the object given last begins. ``within_broken`` says that JSON which cannot be read was
    passed: objects after that may lie within it.
    """

    text: str
    fault: str = "the answer holds no JSON object; answer with one JSON object and nothing else"
    within_broken: bool = False
    at: int = 0
    mends: int = 0

    def objects(self) -> Iterator[dict[str, Any]]:
        """As ``json_objects``."""
        for value in self.whole_objects():
            yield value
            inner = next(iter(value.values()), None)
            if len(value) == 1 and isinstance(inner, dict):
                yield inner

    def whole_objects(self) -> Iterator[dict[str, Any]]:
        """Yield the objects that can be read, in order."""
        start = OBJECT_START.search(self.text)
        for _ in range(_MOST_STARTS):
            if start is None:
                return
            value, end = self.decoded(start.start())
            if value is not None:
                self.at = start.start()
                yield value
            elif _SURE_START.match(self.text, start.start()):
                self.within_broken = True
            start = OBJECT_START.search(self.text, end)

    def decoded(self, at: int) -> tuple[dict[str, Any] | None, int]:
        """Return the object that begins at ``at``, None when it cannot be read, and where to go on."""
        try:
            return _DECODER.raw_decode(self.text, at)
        except RecursionError:
            self.fault = "the JSON object is nested too deeply; answer with a flat object of the asked form"
            return None, len(self.text)
        except ValueError as error:
            fault = f"the JSON object is broken: {error}; send it again, whole"
        if self.mends >= _MOST_MENDS:
            return None, at + 1
        self.mends += 1
        mended, end = _mended(self.text, at)
        if mended is None:
            self.fault = "the JSON object is cut off before its closing brace; send it again, whole"
            return None, at + 1
        try:
            return _DECODER.decode(mended), end
        except (ValueError, RecursionError):
            self.fault = fault
            return None, at + 1


def _mended(text: str, at: int) -> tuple[str | None, int]:
    """Return the bracketed text at ``at`` as JSON, None when its brackets never close, and its end."""
    pieces: list[str] = []
    depth = 0
    comma_at = -1
    for token in _TOKEN.finditer(text, at):
        kind, piece = token.lastgroup, token[0]
        if kind == "close" and comma_at >= 0:
            pieces[comma_at] = ""
        if kind == "comment" or piece.isspace():
            continue
        comma_at = len(pieces) if piece == "," else -1
        pieces.append(_as_json(kind, piece))
        depth += {"open": 1, "close": -1}.get(kind or "", 0)
        if depth == 0:
            return "".join(pieces), token.end()
    return None, len(text)


def _as_json(kind: str | None, piece: str) -> str:
    if kind == "key":
        return json.dumps(piece)
    if kind != "string":
        return _LITERALS.get(piece, piece)
    inner = piece[1:-1]
    if piece[0] != '"':
        inner = re.sub(r'(\\.)|"', lambda match: match[1] or r"\"", inner, flags=re.DOTALL)
    return f'"{_ESCAPE.sub(_valid_escape, inner)}"'


def _valid_escape(match: re.Match[str]) -> str:
    char = match[1]
    if char in '"\\/bfnrtu':
        return match[0]
    return char if char in "'\u201c\u201d\n" else "\\\\" + char


def _misfit_sentence(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    named = [
        f"{'.'.join(map(str, fault['loc'])) or 'the object'}: {fault['msg']}"
        for fault in faults[:_MOST_FAULTS_NAMED]
    ]
    more = f" (and {len(faults) - len(named)} more)" if len(faults) > len(named) else ""
    return f"the JSON object does not fit: {'; '.join(named)}{more}; mend this and send the whole object again"
