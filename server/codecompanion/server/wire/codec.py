"""Turns raw JSON into lsprotocol objects and back; strict about types, and built only when first needed.

Strict, because cattrs by itself takes ``null`` for the string ``"None"`` and ``true`` for line 1. Late,
because the converter's hooks take some 20 ms and answering ``initialize`` needs none of them.
"""

import json
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any

import attrs
from cattrs import transform_error
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

if TYPE_CHECKING:
    from cattrs import Converter


class LateConverter:
    """Stands for pygls' cattrs converter and builds it at its first use."""

    def __init__(self) -> None:
        self._converter: Converter | None = None

    def build(self) -> "Converter":
        """Return the converter, building it if this is the first call."""
        if self._converter is None:
            from lsprotocol.converters import get_converter  # noqa: PLC0415 (see the module docstring)

            self._converter = get_converter()
            for kind, check in _STRICT.items():
                self._converter.register_structure_hook(kind, check)
        return self._converter

    def structure(self, value: Any, kind: Any) -> Any:
        """Return ``value`` as an object of ``kind``."""
        return self.build().structure(value, kind)

    def unstructure(self, value: Any, unstructure_as: Any = None) -> Any:
        """Return ``value`` as plain JSON."""
        return self.build().unstructure(value, unstructure_as)


def _strict_str(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string")
    return value


def _strict_int(value: Any, _: Any) -> int:
    # Some Lua and JavaScript clients write whole numbers as 1.0.
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise TypeError(f"{value!r} is not a whole number")
    return int(value)


def _strict_bool(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is not true or false")
    return value


_STRICT: dict[type, Callable[[Any, Any], Any]] = {str: _strict_str, int: _strict_int, bool: _strict_bool}


class Codec:
    """Typed parameters and results for the methods lsprotocol knows; raw JSON for all others."""

    def __init__(self, converter: LateConverter) -> None:
        self._converter = converter
        self._encoder = json.JSONEncoder(default=self._plain, separators=(",", ":"), allow_nan=False)

    def params(self, method: str, raw: Any) -> Any:
        """Return the typed parameters; raises ``JsonRpcInvalidParams`` with the place that is wrong."""
        kind = params_type(method)
        if kind is None:
            return raw
        try:
            return self._converter.structure({} if raw is None else raw, kind)
        except Exception as problem:  # cattrs and lsprotocol raise what they like on bad input
            raise JsonRpcInvalidParams(f"Bad parameters for {method}: {_places(problem)}") from problem

    def result(self, method: str, raw: Any) -> Any:
        """Return the client's typed result; raises ``ValueError`` when it has the wrong shape."""
        kind = types.METHOD_TO_TYPES[method][1] if method in types.METHOD_TO_TYPES else None
        if kind is None or raw is None:
            return raw
        try:
            return self._converter.structure({"jsonrpc": "2.0", "id": 0, "result": raw}, kind).result
        except Exception as problem:
            raise ValueError(f"The client's answer to {method} is wrong: {_places(problem)}") from problem

    def encode(self, message: dict[str, Any]) -> bytes:
        """Return the message as JSON; raises ``TypeError`` or ``ValueError`` when something in it has none."""
        try:
            return self._encoder.encode(message).encode("ascii")
        except RecursionError as problem:
            raise ValueError("nested too deeply or in a circle") from problem

    def readable(self, value: Any) -> str:
        """Return what is in a message as JSON for people: with every script's letters as they are."""
        return json.dumps(value, ensure_ascii=False, default=self._plain)

    def prepare(self, method: str) -> None:
        """Compile the conversion of ``method`` ahead of its first use; takes 1 to 10 ms."""
        kind = params_type(method)
        if kind is not None:
            self._converter.build().get_structure_hook(kind)

    def _plain(self, value: Any) -> Any:
        if attrs.has(type(value)):
            return self._converter.unstructure(value)
        if isinstance(value, Enum):
            return value.value
        to_wire = getattr(value, "to_wire", None)
        if callable(to_wire):
            return to_wire()
        raise TypeError(f"{type(value).__name__} has no JSON form")


def params_type(method: str) -> Any:
    """Return the lsprotocol type of a method's parameters, None when it has none or is not known."""
    return types.METHOD_TO_TYPES[method][2] if method in types.METHOD_TO_TYPES else None


def is_notification(method: str) -> bool:
    """Return whether the specification defines ``method`` as a notification."""
    return method in types.METHOD_TO_TYPES and types.METHOD_TO_TYPES[method][1] is None


def is_request(method: str) -> bool:
    """Return whether the specification defines ``method`` as a request."""
    return method in types.METHOD_TO_TYPES and types.METHOD_TO_TYPES[method][1] is not None


def _places(problem: Exception) -> str:
    return "; ".join(transform_error(problem, path="params"))[:500]
