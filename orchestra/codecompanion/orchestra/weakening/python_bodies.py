"""What one Python function checks, and which of its assertions are sure to be run; pure."""

import ast
from collections.abc import Iterator, Mapping

from codecompanion.orchestra.weakening.census import Check, Strength
from codecompanion.orchestra.weakening.python_assertions import (
    called,
    strength_of_call,
    strengths_of_condition,
)

Helpers = Mapping[str, Strength | None]
Function = ast.FunctionDef | ast.AsyncFunctionDef
SKIPPING = frozenset({"skip", "skipTest", "SkipTest", "importorskip", "exit", "_exit"})
"""Calls and exceptions after which a test is over without having failed."""

# context managers that let every exception through
_HARMLESS_CONTEXTS = frozenset(
    {"subTest", "open", "closing", "TemporaryDirectory", "NamedTemporaryFile", "catch_warnings"}
)
_LEAVING = (ast.Return, ast.Continue, ast.Break)
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_PASSED_THROUGH = frozenset(
    {"enumerate", "zip", "sorted", "list", "tuple", "reversed", "items", "values", "keys"}
)


class BodyReader:
    """Reads function bodies of one file, whose own ``helpers`` and written-out ``values`` are known."""

    def __init__(self, helpers: Helpers, values: Mapping[str, tuple[int, str]]) -> None:
        self._helpers = helpers
        self._values = values

    def checks(self, function: Function) -> tuple[Check, ...]:
        """Return the function's assertions that can fail and can be reached."""
        return tuple(self._block(function.body, 0))

    def _block(self, statements: list[ast.stmt], doubts: int) -> Iterator[Check]:
        for statement in statements:
            yield from self._statement(statement, doubts)
            if _ends_the_block(statement):
                return
            doubts += _may_leave(statement)

    def _statement(self, node: ast.stmt, doubts: int) -> Iterator[Check]:
        match node:
            case ast.Assert():
                yield from (Check(-doubts, found) for found in strengths_of_condition(node.test))
            case ast.Expr() | ast.Return() | ast.Assign() | ast.AnnAssign():
                yield from self._value(node.value, doubts, alone=isinstance(node, ast.Expr))
            case ast.With() | ast.AsyncWith():
                yield from self._with(node, doubts)
            case ast.For() | ast.AsyncFor():
                yield from self._block(node.body, doubts + (not self.entries(node.iter)))
                yield from self._block(node.orelse, doubts + 1)
            case ast.Try() | ast.TryStar():
                yield from self._try(node, doubts)
            case ast.If() | ast.While():
                yield from self._block(node.body, doubts + 1)
                yield from self._block(node.orelse, doubts + 1)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield from self._block(node.body, doubts + 1)
            case ast.Match():
                for one in node.cases:
                    yield from self._block(one.body, doubts + 1)

    def _value(self, value: ast.expr | None, doubts: int, *, alone: bool) -> Iterator[Check]:
        inner = value.value if isinstance(value, ast.Await) else value
        for part in ast.walk(inner) if inner else ():
            if isinstance(part, ast.Call):
                strength = strength_of_call(part, self._helpers, alone=alone and part is inner)
                if strength is not None:
                    yield Check(-doubts - (part is not inner), strength)

    def _with(self, node: ast.With | ast.AsyncWith, doubts: int) -> Iterator[Check]:
        for item in node.items:
            yield from self._value(item.context_expr, doubts, alone=False)
        swallows = any(called(item.context_expr) not in _HARMLESS_CONTEXTS for item in node.items)
        yield from self._block(node.body, doubts + swallows)

    def _try(self, node: ast.Try | ast.TryStar, doubts: int) -> Iterator[Check]:
        yield from self._block(node.body, doubts + bool(node.handlers))
        for handler in node.handlers:
            yield from self._block(handler.body, doubts + 1)
        yield from self._block(node.orelse, doubts + 1)
        yield from self._block(node.finalbody, doubts)

    def entries(self, values: ast.expr) -> int:
        """Return how many entries are written out in what a loop goes through, 0 where that is not known."""
        if isinstance(values, ast.List | ast.Tuple | ast.Set):
            return len(values.elts)
        if isinstance(values, ast.Dict):
            return len(values.keys)
        if isinstance(values, ast.Name):
            return self._values.get(values.id, (0, ""))[0]
        if isinstance(values, ast.Call) and called(values) in _PASSED_THROUGH:
            inner = values.args[:1] or ([values.func.value] if isinstance(values.func, ast.Attribute) else [])
            return self.entries(inner[0]) if inner else 0
        return 0

    def looped_entries(self, function: Function) -> int:
        """Return the entries of all loops of a function over written-out values."""
        loops = [
            part for part in ast.walk(function) if isinstance(part, ast.For | ast.AsyncFor | ast.comprehension)
        ]
        return sum(self.entries(loop.iter) for loop in loops)


def _ends_the_block(node: ast.stmt) -> bool:
    """Whether nothing below runs, and the test does not fail for it."""
    return isinstance(node, (*_LEAVING, ast.Raise)) or (isinstance(node, ast.Expr) and _skips(node.value))


def _may_leave(node: ast.stmt) -> bool:
    """Whether the block may be over behind this statement without a failure."""
    return any(isinstance(part, _LEAVING) or _skips(part) for part in _parts(node))


def _skips(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise):
        return node.exc is not None and called(node.exc) in SKIPPING
    return isinstance(node, ast.Call) and called(node) in SKIPPING


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes below ``node`` that are run with it: what is only defined there is left out."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _NESTED):
            yield child
            yield from _parts(child)


def is_generator(function: Function) -> bool:
    """Whether calling the function runs nothing of it."""
    return any(isinstance(part, ast.Yield | ast.YieldFrom) for part in _parts(function))
