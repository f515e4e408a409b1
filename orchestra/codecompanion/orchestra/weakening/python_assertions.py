"""How much a Python assertion demands, by its words; pure."""

import ast
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from codecompanion.orchestra.weakening.census import Strength

EXACT, NEAR, LOOSE = Strength.EXACT, Strength.NEAR, Strength.LOOSE

CATCHING = frozenset(
    {
        "assertRaises",
        "assertRaisesRegex",
        "assertWarns",
        "assertWarnsRegex",
        "raises",
        "warns",
        "deprecated_call",
    }
)
"""Assertions that something is raised: as a context manager, what they hold need not run to its end."""

_EXACT_NAMES = re.compile(
    r"assert(?:_?(?:array|frame|series|index)?_?equals?|Equals?|Is|IsNone|CountEqual|MultiLineEqual"
    r"|(?:List|Dict|Tuple|Set|Sequence)Equal|RaisesRegex|WarnsRegex"
    r"|_called_(?:once_)?with|_has_calls|_any_call|_not_called|_called_once)"
)
_NEAR_NAMES = re.compile(r"assert(?:AlmostEqual|_allclose|Raises|Warns|Regex|NoLogs|Logs)|raises|warns|fail")
_ANY_ASSERTION = re.compile(r"assert\w*|raises|warns|deprecated_call|fail")
_LIKELY_ASSERTION = re.compile(r"_?(?:assert|check|verify|expect|ensure|must|should)\w*", re.IGNORECASE)
_TAKES_A_CONDITION = ("assertTrue", "assert_")
_ANYTHING = frozenset({"ANY", "Anything", "anything"})
_BROAD = frozenset({"Exception", "BaseException"})


def strength_of_call(call: ast.Call, helpers: Mapping[str, Strength | None], *, alone: bool) -> Strength | None:
    """Return how much a call demands, None when it is no assertion or one that cannot fail.

    ``helpers`` are the file's own functions with what they demand. ``alone``: the call is a statement, so that
    ``check(…)`` is taken for an assertion too.
    """
    name = called(call)
    if name in helpers:
        return helpers[name]
    if not _ANY_ASSERTION.fullmatch(name):
        return EXACT if alone and _LIKELY_ASSERTION.fullmatch(name) else None
    if name in CATCHING:
        return _strength_of_catching(call)
    if name in _TAKES_A_CONDITION and call.args:
        return max(strengths_of_condition(call.args[0]), default=None)
    return _strength_of_comparing(name, call.args)


def _strength_of_comparing(name: str, args: list[ast.expr]) -> Strength | None:
    if args and cannot_fail(args[:2]):
        return None
    if any(_says(arg, _ANYTHING) for arg in args):
        return LOOSE
    if _EXACT_NAMES.fullmatch(name):
        return EXACT
    return NEAR if _NEAR_NAMES.fullmatch(name) else LOOSE


def called(call: ast.AST) -> str:
    """Return the last name of what is called, empty when it has none."""
    function = call.func if isinstance(call, ast.Call) else call
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def cannot_fail(operands: list[ast.expr]) -> bool:
    """Whether comparing these would always come out the same: both are the same, or nothing but constants."""
    same = len(operands) == 2 and ast.dump(operands[0]) == ast.dump(operands[1])
    return same or all(_is_constant(operand) for operand in operands)


def strengths_of_condition(test: ast.expr) -> list[Strength]:
    """Return how much each part of an asserted condition demands; parts that cannot fail are left out."""
    if isinstance(test, ast.BoolOp):
        if isinstance(test.op, ast.And):
            return [found for part in test.values for found in strengths_of_condition(part)]
        return [LOOSE] if all(strengths_of_condition(part) for part in test.values) else []
    if _is_constant(test) or (isinstance(test, ast.Tuple) and test.elts):
        return []
    if isinstance(test, ast.Compare):
        return _strengths_of_comparison(test)
    if isinstance(test, ast.IfExp):
        return [LOOSE] if strengths_of_condition(test.body) and strengths_of_condition(test.orelse) else []
    return [] if isinstance(test, ast.Lambda | ast.JoinedStr) else [LOOSE]


def _strengths_of_comparison(test: ast.Compare) -> list[Strength]:
    operands = [test.left, *test.comparators]
    if all(cannot_fail(list(pair)) for pair in pairwise(operands)):
        return []
    if _says(test, _ANYTHING) or not all(isinstance(operator, ast.Eq | ast.Is) for operator in test.ops):
        return [LOOSE]
    return [NEAR if _says(test, frozenset({"approx", "isclose", "round"})) else EXACT]


def _strength_of_catching(call: ast.Call) -> Strength:
    wanted = call.args[:1] or [
        keyword.value for keyword in call.keywords if keyword.arg == "expected_exception"
    ]
    if not wanted or _says(wanted[0], _BROAD):
        return LOOSE
    matched = called(call).endswith("Regex") or any(keyword.arg == "match" for keyword in call.keywords)
    return EXACT if matched else NEAR


def _is_constant(node: ast.expr) -> bool:
    """Whether no name and no call is in it, so that it is the same in every run."""
    return not any(isinstance(part, ast.Name | ast.Attribute | ast.Call | ast.Await) for part in ast.walk(node))


def _says(node: ast.AST, names: frozenset[str]) -> bool:
    return any(name in names for name in names_in(node))


def names_in(node: ast.AST) -> Iterator[str]:
    """Yield every name and attribute in a piece of code, also those imported or defined."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            yield part.name
        elif isinstance(part, ast.Import | ast.ImportFrom):
            yield from (alias.name.rpartition(".")[2] for alias in part.names)
