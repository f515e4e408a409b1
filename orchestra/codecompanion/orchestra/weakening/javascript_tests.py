"""The census of a JavaScript or TypeScript file with tests, by its tokens; pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from codecompanion.orchestra.weakening.census import Body, Census, Strength
from codecompanion.orchestra.weakening.javascript_assertions import (
    checks_in,
    is_chosen,
    is_guard,
    words,
)
from codecompanion.orchestra.weakening.javascript_tokens import Tokens, tokens_of

_LEAVING_OUT: Final = frozenset(
    {
        *("skip", "only", "todo", "xit", "xtest", "xdescribe", "fit", "fdescribe", "failing", "fails"),
        *("skipIf", "runIf", "fixme", "pending", "exit", "eval"),
    }
)
_TESTING: Final = frozenset({"test", "it", "specify", "xit", "xtest", "fit"})
_GROUPING: Final = frozenset({"describe", "suite", "context", "xdescribe", "fdescribe"})
_HARMLESS: Final = frozenset({"each", "concurrent", "serial", "sequential"})
_TEST_TOOLS: Final = frozenset({"assert", "expect", "test", "it", "describe"})


class _Call(NamedTuple):
    """A call of ``test`` or ``describe``: where its name and its argument list begin, and what is between."""

    at: int
    bracket: int
    modifiers: tuple[str, ...]
    title: str
    rows: int | None


def javascript_census(text: str) -> Census:
    """Return the census of a JavaScript text; what cannot be told apart is left out."""
    tokens = tokens_of(text)
    calls = _Calls(tokens)
    functions = dict(_functions(tokens))
    helpers = {name: _helper(tokens, name, block) for name, block in functions.items()}
    demands: dict[str, Strength | None] = {name: body.surely for name, body in helpers.items()}
    imported = frozenset(_imported(tokens)) | _TEST_TOOLS
    bodies = [
        _test(tokens, call, calls, demands, imported)
        for call in calls.found.values()
        if tokens.text(call.at) in _TESTING
    ]
    return Census(
        tests=_by_name(bodies),
        helpers=helpers,
        leaving_out=Counter(word for word in words(tokens, range(len(tokens.row))) if word in _LEAVING_OUT),
        values=dict(_values(tokens)),
        imported=imported,
        defined=frozenset(_declared(tokens)) | frozenset(functions),
    )


class _Calls:
    """The calls of a file by their brackets, and which lie in which."""

    def __init__(self, tokens: Tokens) -> None:
        self.found = {call.bracket: call for call in _calls(tokens)}
        self._above = {call: self._next_above(tokens, call) for call in self.found.values()}
        self._within: defaultdict[_Call, list[_Call]] = defaultdict(list)
        for call, above in self._above.items():
            if above is not None:
                self._within[above].append(call)

    def _next_above(self, tokens: Tokens, call: _Call) -> _Call | None:
        return next((self.found[one] for one in tokens.blocks(call.at, -1) if one in self.found), None)

    def around(self, call: _Call) -> list[_Call]:
        """Return the calls that a call lies in, the outermost first."""
        found: list[_Call] = []
        while (above := self._above[call]) is not None:
            found.insert(0, above)
            call = above
        return found

    def own(self, tokens: Tokens, call: _Call) -> list[int]:
        """Return the indices inside a call that lie in no other call in it."""
        inside = tokens.inside(call.bracket)
        own: list[int] = []
        at = inside.start
        for inner in self._within[call]:
            nested = tokens.inside(inner.bracket)
            own += range(at, nested.start)
            at = max(at, nested.stop)
        return [*own, *range(at, inside.stop)]


def _calls(tokens: Tokens) -> Iterator[_Call]:
    for index in range(len(tokens.row)):
        if tokens.is_word(index) and tokens.text(index) in _TESTING | _GROUPING:
            call = _call_at(tokens, index)
            if call is not None:
                yield call


def _call_at(tokens: Tokens, index: int) -> _Call | None:
    if tokens.text(index - 1) == "." and tokens.text(index - 2) not in ("t", "Deno", "ctx"):
        return None
    at, modifiers, rows = index + 1, [], 1 if tokens.text(index) in _TESTING else None
    while tokens.text(at) == "." and tokens.is_word(at + 1):
        modifiers.append(tokens.text(at + 1))
        at += 2
    if modifiers[-1:] == ["each"]:
        rows, at = _table(tokens, at)
    if tokens.text(at) != "(":
        return None
    arguments = tokens.arguments(at)
    if not any("=>" in part or "function" in part for part in arguments[1:]) and "todo" not in modifiers:
        return None
    return _Call(index, at, tuple(modifiers), " ".join(arguments[0]).strip("'\"`"), rows)


def _table(tokens: Tokens, at: int) -> tuple[int | None, int]:
    """Return the number of rows a test is run with, and where its argument list begins."""
    if tokens.text(at) == "(":
        literal = tokens.text(at + 1) == "["
        rows = len(tokens.arguments(at + 1)) if literal else None
        return rows, tokens.closing[at] + 1
    return max(tokens.text(at).count("\n") - 1, 0), at + 1


def _test(
    tokens: Tokens,
    call: _Call,
    calls: _Calls,
    demands: dict[str, Strength | None],
    imported: frozenset[str],
) -> Body:
    inside = tokens.inside(call.bracket)
    groups = calls.around(call)
    return Body(
        name=" > ".join([*(group.title for group in groups), call.title]),
        checks=checks_in(tokens, calls.own(tokens, call), call.bracket, demands),
        marks=frozenset(mark for one in (*groups, call) for mark in _marks(tokens, one)),
        cases=call.rows,
        uses=imported.intersection(words(tokens, inside)),
        calls=sum(tokens.text(index) == "(" and tokens.is_word(index - 1) for index in inside),
        source=" ".join(tokens.text(index) for index in inside),
    )


def _marks(tokens: Tokens, call: _Call) -> Iterator[str]:
    word = tokens.text(call.at)
    yield from (f"{word}.{modifier}" for modifier in call.modifiers if modifier not in _HARMLESS)
    if is_chosen(tokens, call.at):
        yield tokens.text(call.at - 1)
    for block in tokens.blocks(call.at, -1):
        if is_guard(tokens, block):
            head = tokens.opening.get(block - 1, block)
            yield " ".join(tokens.text(index) for index in range(head - 1, block))


def _by_name(bodies: Iterable[Body]) -> dict[str, Body]:
    """Return the tests by their names, numbered where several have the same."""
    found: dict[str, Body] = {}
    times: Counter[str] = Counter()
    for body in bodies:
        name = body.name
        while name in found:
            times[body.name] += 1
            name = f"{body.name} #{times[body.name] + 1}"
        found[name] = body
    return found


def _helper(tokens: Tokens, name: str, block: int) -> Body:
    return Body(name, checks_in(tokens, tokens.inside(block), block, {}))


def _functions(tokens: Tokens) -> Iterator[tuple[str, int]]:
    """Yield the name and the opening brace of each function that has both."""
    for index in range(len(tokens.row)):
        if tokens.text(index) == "function" and tokens.is_word(index + 1) and tokens.text(index + 2) == "(":
            block = tokens.closing[index + 2] + 1
            if tokens.text(block) == "{":
                yield tokens.text(index + 1), block
        elif tokens.text(index) == "=>" and tokens.text(index + 1) == "{":
            head = tokens.opening.get(index - 1, index - 1)
            head -= tokens.text(head - 1) == "async"
            if tokens.text(head - 1) == "=" and tokens.is_word(head - 2):
                yield tokens.text(head - 2), index + 1


def _statements(tokens: Tokens) -> Iterator[tuple[int, list[str]]]:
    """Yield the start of each declaration at the top and the texts of its line or bracket, up to its end."""
    for index, token in enumerate(tokens.row):
        if tokens.around[index] == -1 and token.text in ("import", "const", "let", "var", "class"):
            texts = []
            for at in range(index, min(index + 200, len(tokens.row))):
                if at > index and tokens.around[at] == -1 and _begins_anew(tokens, at):
                    break
                texts.append(tokens.text(at))
            yield index, texts


def _begins_anew(tokens: Tokens, at: int) -> bool:
    new_line = tokens.row[at].line > tokens.row[at - 1].line
    return tokens.text(at - 1) == ";" or (new_line and tokens.is_word(at) and tokens.text(at) != "from")


def _imported(tokens: Tokens) -> Iterator[str]:
    for _, texts in _statements(tokens):
        if texts[0] == "import":
            yield from _names(texts[1:])
        elif "require" in texts or "import" in texts:
            yield from _names(texts[1 : texts.index("=")] if "=" in texts else [])


def _names(texts: list[str]) -> Iterator[str]:
    """Yield the names an import or a pattern binds: of ``a as b`` and ``a: b`` the second."""
    for index, text in enumerate(texts):
        renamed = texts[index + 1 : index + 2] in (["as"], [":"])
        if re.fullmatch(r"[A-Za-z_$][\w$]*", text) and not renamed and text not in ("as", "from", "type"):
            yield text


def _declared(tokens: Tokens) -> Iterator[str]:
    imported = set(_imported(tokens))
    for _, texts in _statements(tokens):
        if texts[0] != "import":
            upto = texts.index("=") if "=" in texts else 2
            yield from (name for name in _names(texts[1:upto]) if name not in imported)


def _values(tokens: Tokens) -> Iterator[tuple[str, tuple[int, str]]]:
    """Yield the lists, objects and plain values written out under a name at the top."""
    for index, texts in _statements(tokens):
        if texts[0] == "import" or texts[2:3] != ["="] or not tokens.is_word(index + 1):
            continue
        said = " ".join(texts[3:]).rstrip(" ;")
        if texts[3:4] in (["["], ["{"]):
            yield texts[1], (len(tokens.arguments(index + 3)), said)
        elif len(texts[3:]) <= 2:
            yield texts[1], (0, said)
