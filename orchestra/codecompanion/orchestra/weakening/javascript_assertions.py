"""How much the assertions of JavaScript tests demand, and what stands between them and being run; pure."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping

from codecompanion.orchestra.weakening.census import Check, Strength
from codecompanion.orchestra.weakening.javascript_tokens import Tokens, is_constant

_EXACT = re.compile(
    r"(?:strict|deep|deepStrict|partialDeepStrict)?equals?|(?:deep|strict|deepStrict)Equal|is|same|eql"
    r"|to(?:Be|Equal|StrictEqual|HaveLength|BeNull|BeUndefined|BeNaN|MatchInlineSnapshot|MatchSnapshot)"
    r"|toHaveBeenCalled(?:With|Times)|toHaveBeenLastCalledWith|true|false|null|undefined|NaN"
)
_NEAR = re.compile(r"throws?|rejects|throwsAsync|match|fail|closeTo|to(?:Throw\w*|BeCloseTo|Match|MatchObject)")
_BARE = frozenset(
    {"strictEqual", "deepStrictEqual", "deepEqual", "notStrictEqual", "equal", "ok", "throws", "rejects"}
)
_LIKELY = re.compile(r"(?:assert|check|verify|expect|ensure)\w+")
_CONTEXTS = frozenset({"t", "tap", "assert", "expect", "chai", "ctx"})
_GUARDING = frozenset({"if", "for", "while", "switch", "catch", "with"})
_CHOOSING = frozenset({"&&", "||", "??", "?"})


def checks_in(
    tokens: Tokens, indices: Iterable[int], outermost: int, helpers: Mapping[str, Strength | None]
) -> tuple[Check, ...]:
    """Return the assertions at ``indices`` that can fail and can be reached.

    ``outermost`` is the bracket around them from which conditions are counted, ``helpers`` the file's own
    functions with what they demand.
    """
    places = list(indices)
    returns = _returns(tokens, places, outermost)
    left_out = _Stretches((start, end) for start, end, sure in returns if sure)
    perhaps_left_out = _Stretches((start, end) for start, end, _ in returns)
    found = []
    for index in places:
        strength = _strength_at(tokens, index, helpers)
        if strength is None or left_out.over(index):
            continue
        doubts = perhaps_left_out.over(index)
        doubts += is_chosen(tokens, _start_of(tokens, index))
        doubts += sum(is_guard(tokens, block) for block in tokens.blocks(index, outermost))
        found.append(Check(-doubts, strength))
    return tuple(found)


class _Stretches:
    """Stretches of tokens, without their first and last ones, to ask how many lie over a place."""

    def __init__(self, stretches: Iterable[tuple[int, int]]) -> None:
        known = [(start, end) for start, end in stretches if start < end]
        self._starts = sorted(start for start, _ in known)
        self._ends = sorted(end for _, end in known)

    def over(self, index: int) -> int:
        """Return how many stretches have begun before the place and not ended at it."""
        return bisect_left(self._starts, index) - bisect_right(self._ends, index)


def _strength_at(tokens: Tokens, index: int, helpers: Mapping[str, Strength | None]) -> Strength | None:
    """Return what the assertion demands whose first telling word is at ``index``, None when there is none."""
    if not tokens.is_word(index):
        return None
    word, before = tokens.text(index), tokens.text(index - 1)
    if before == "." and tokens.text(index - 2) not in _CONTEXTS:
        return None
    if word == "assert":
        return _strength_of_call(tokens, index, "ok")
    if tokens.text(index + 1) != "(" or before == "function":
        return None
    if word == "expect":
        return _strength_of_expecting(tokens, index + 1)
    return _strength_of_word(tokens, index, helpers)


def _strength_of_word(tokens: Tokens, index: int, helpers: Mapping[str, Strength | None]) -> Strength | None:
    """``t.equal(…)``, ``strictEqual(…)`` where it was imported by its name, or a helper of the file's own."""
    word, before = tokens.text(index), tokens.text(index - 1)
    if before == "." or word in _BARE:
        inner = before == "." and tokens.text(index - 2) in ("assert", "expect", "chai")
        return None if inner else _strength_of_call(tokens, index, word)
    return helpers[word] if word in helpers else Strength.EXACT if _LIKELY.fullmatch(word) else None


def _strength_of_call(tokens: Tokens, index: int, name: str) -> Strength | None:
    """``assert(…)``, ``assert.name(…)``, ``t.name(…)``."""
    while tokens.text(index + 1) == "." and tokens.is_word(index + 2):
        index, name = index + 2, tokens.text(index + 2)
    if tokens.text(index + 1) != "(":
        return None
    arguments = tokens.arguments(index + 1)
    if name in ("ok", "true", "truthy"):
        return _strength_of_condition(arguments[0]) if arguments else None
    if _always_the_same(arguments[:2]):
        return None
    return _strength_of_name(name)


def _strength_of_expecting(tokens: Tokens, bracket: int) -> Strength | None:
    """``expect(…).not.toBe(…)``; without a matcher it says nothing."""
    index, words = tokens.closing[bracket] + 1, []
    while tokens.text(index) == "." and tokens.is_word(index + 1):
        words.append(tokens.text(index + 1))
        index += 2
    if not words:
        return None
    wanted = tokens.arguments(index)[:1] if tokens.text(index) == "(" else []
    if _always_the_same([*tokens.arguments(bracket)[:1], *wanted]):
        return None
    return Strength.LOOSE if "not" in words else _strength_of_name(words[-1])


def _strength_of_name(name: str) -> Strength:
    if _EXACT.fullmatch(name):
        return Strength.EXACT
    return Strength.NEAR if _NEAR.fullmatch(name) else Strength.LOOSE


def _strength_of_condition(condition: tuple[str, ...]) -> Strength | None:
    if is_constant(condition):
        return None
    compared = any(sign in condition for sign in ("===", "=="))
    return Strength.EXACT if compared and "||" not in condition else Strength.LOOSE


def _always_the_same(operands: list[tuple[str, ...]]) -> bool:
    return bool(operands) and (all(map(is_constant, operands)) or len(operands) != len(set(operands)))


def _start_of(tokens: Tokens, index: int) -> int:
    """Return where the expression begins that the word at ``index`` is in: before its dots and ``await``."""
    while tokens.text(index - 1) == "." and tokens.is_word(index - 2):
        index -= 2
    while tokens.text(index - 1) in ("await", "return", "void"):
        index -= 1
    return index


def is_chosen(tokens: Tokens, index: int) -> bool:
    """Whether what begins at ``index`` is run only if something before it in the same statement says so."""
    before = tokens.text(index - 1)
    if before == ")":
        return _word_before_bracket(tokens, tokens.opening.get(index - 1, -1)) in _GUARDING
    return before in _CHOOSING or before == "else"


def is_guard(tokens: Tokens, bracket: int) -> bool:
    """Whether what is in the braces may not be run, or may fail unseen."""
    if tokens.text(bracket) != "{":
        return False
    before = tokens.text(bracket - 1)
    if before in ("try", "else", "do"):
        return True
    if before == "=>":
        return tokens.text(tokens.around[bracket]) != "("
    if before != ")":
        return False
    head = tokens.opening.get(bracket - 1, -1)
    word = _word_before_bracket(tokens, head)
    if word == "for":
        return not _goes_through_a_list(tokens, head)
    named = tokens.text(head - 2) == "function"
    return word in _GUARDING or (named and tokens.text(tokens.around[bracket]) != "(")


def _word_before_bracket(tokens: Tokens, bracket: int) -> str:
    before = tokens.text(bracket - 1) if bracket > 0 else ""
    return tokens.text(bracket - 2) if before == "await" else before


def _goes_through_a_list(tokens: Tokens, head: int) -> bool:
    """Whether the head of a loop names a written-out, non-empty list."""
    texts = [tokens.text(index) for index in tokens.inside(head)]
    return "of" in texts and texts[texts.index("of") + 1 :][:1] == ["["] and texts[-2:] != ["[", "]"]


def _returns(tokens: Tokens, places: list[int], outermost: int) -> list[tuple[int, int, bool]]:
    """Return the stretches that a ``return`` cuts off, and whether it surely does."""
    found = []
    for index in places:
        if not tokens.is_word(index) or tokens.text(index) != "return":
            continue
        blocks = list(tokens.blocks(index, outermost))
        guards = []
        for block in blocks:
            guards.append(is_guard(tokens, block))
            if not guards[-1] and tokens.text(block) == "{":
                end = tokens.closing[block]
                sure = not any(guards) and not is_chosen(tokens, index)
                found.append((_end_of_statement(tokens, index, end), end, sure))
                break
    return found


def _end_of_statement(tokens: Tokens, index: int, end: int) -> int:
    """Return the index of the last token of the statement that begins at ``index``."""
    at = index
    while at + 1 < end and tokens.text(at) != ";":
        following = tokens.row[at + 1]
        if following.line > tokens.row[at].line and following.kind == "word":
            break
        at = tokens.closing.get(at + 1, at + 1)
    return min(at, end)


def words(tokens: Tokens, indices: Iterable[int]) -> Iterator[str]:
    """Yield the words at ``indices``."""
    return (tokens.text(index) for index in indices if tokens.is_word(index))
