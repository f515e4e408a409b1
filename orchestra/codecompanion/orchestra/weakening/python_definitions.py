"""What a Python module defines, by the names under which it can be found at the module's end; pure."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from codecompanion.orchestra.weakening.python_assertions import called
from codecompanion.orchestra.weakening.python_bodies import Function, is_generator

_HARMLESS_DECORATORS: Final = frozenset(
    {"parametrize", "usefixtures", "asyncio", "anyio", "django_db", "timeout"}
)


@dataclass(frozen=True, slots=True)
class Around:
    """What a definition stands in: the ``path`` of its classes with a dot, the ``bases`` of the innermost.

    ``marks`` are decorators and conditions around it; ``collected``: test programs look here for tests.
    """

    path: str = ""
    bases: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()
    collected: bool = True


@dataclass(frozen=True, slots=True)
class TestFound:
    """A test function with what stands around it."""

    __test__ = False

    function: Function
    around: Around


@dataclass(slots=True)
class Definitions:
    """The tests, other functions, test classes with their bases, and written-out values, each by its full name.

    ``rebound`` are last names that were assigned, ``defined`` all full names.
    """

    tests: dict[str, TestFound] = field(default_factory=dict)
    helpers: dict[str, Function] = field(default_factory=dict)
    classes: dict[str, frozenset[str]] = field(default_factory=dict)
    values: dict[str, tuple[int, str]] = field(default_factory=dict)
    rebound: set[str] = field(default_factory=set)
    defined: set[str] = field(default_factory=set)

    def read(self, statements: list[ast.stmt], around: Around = Around()) -> None:
        """Take note of what the statements define, in order: a later definition takes an earlier one's name."""
        for node in statements:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self._function(node, around)
                case ast.ClassDef():
                    self._class(node, around)
                case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.Delete():
                    self._binding(node, around)
                case _:
                    for condition, inner in _inner_blocks(node):
                        self.read(inner, replace(around, marks=around.marks | {condition}))

    def _function(self, node: Function, around: Around) -> None:
        name = self._define(node.name, around)
        if node.name.startswith("test") and around.collected:
            marks = around.marks | _marks_of(node) | _ways_not_to_run(node)
            self.tests[name] = TestFound(node, replace(around, marks=marks))
        else:
            self.helpers[name] = node

    def _class(self, node: ast.ClassDef, around: Around) -> None:
        name = self._define(node.name, around)
        bases = frozenset(ast.unparse(base) for base in node.bases) - {"object"}
        called_test = node.name.startswith("Test")
        inside = Around(f"{name}.", bases, around.marks | _marks_of(node), bool(bases) or called_test)
        self.read(node.body, inside)
        if inside.collected and (called_test or any(test.startswith(inside.path) for test in self.tests)):
            self.classes[name] = bases

    def _binding(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Delete, around: Around) -> None:
        targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else [node.target]
        for target in targets:
            name = self._define(ast.unparse(target), around)
            self.rebound.add(name.rpartition(".")[2])
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                self._value(name, node.value)

    def _value(self, name: str, value: ast.expr) -> None:
        if isinstance(value, ast.List | ast.Tuple | ast.Set | ast.Dict):
            size = len(value.keys if isinstance(value, ast.Dict) else value.elts)
            self.values[name] = (size, ast.unparse(value))
        elif isinstance(value, ast.Constant):
            self.values[name] = (0, ast.unparse(value))

    def _define(self, name: str, around: Around) -> str:
        """Return the full name; what had it before can no longer be found by it."""
        full = around.path + name
        if full not in self.defined:
            self.defined.add(full)
            return full
        self.values.pop(full, None)
        self.classes.pop(full, None)
        self.tests = {known: test for known, test in self.tests.items() if not _is_of(known, full)}
        self.helpers = {known: one for known, one in self.helpers.items() if not _is_of(known, full)}
        return full


def _is_of(name: str, full: str) -> bool:
    return name == full or name.startswith(f"{full}.")


def _marks_of(node: Function | ast.ClassDef) -> frozenset[str]:
    return frozenset(
        f"@{ast.unparse(decorator)}"
        for decorator in node.decorator_list
        if called(decorator) not in _HARMLESS_DECORATORS
    )


def _ways_not_to_run(node: Function) -> frozenset[str]:
    """A coroutine or a generator that nobody drives passes without having run."""
    found = {"async def": isinstance(node, ast.AsyncFunctionDef), "yield": is_generator(node)}
    return frozenset(mark for mark, there in found.items() if there)


def _inner_blocks(node: ast.stmt) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Yield the blocks of a compound statement, each with the words it stands under."""
    match node:
        case ast.If():
            yield f"if {ast.unparse(node.test)}", node.body
            yield f"if not {ast.unparse(node.test)}", node.orelse
        case ast.Try() | ast.TryStar():
            yield "try", node.body
            for handler in node.handlers:
                yield "except", handler.body
            yield "else", node.orelse
            yield "finally", node.finalbody
        case ast.With() | ast.AsyncWith() | ast.For() | ast.AsyncFor() | ast.While():
            yield type(node).__name__.lower(), node.body
