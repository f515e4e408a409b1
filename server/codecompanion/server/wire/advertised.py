"""The server's side of ``initialize``: plain JSON, made from what is registered.

Plain JSON, because pygls' typed builder lacks ``workDoneProgress`` for commands, ``experimental`` and what
is newer than itself, and costs 30 ms of the start.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from codecompanion.server.wire.positions import PositionEncoding

_INCREMENTAL = 2

_OTHER_NAMES = {
    "textDocument/documentColor": "colorProvider",
    "textDocument/formatting": "documentFormattingProvider",
    "textDocument/rangeFormatting": "documentRangeFormattingProvider",
    "textDocument/prepareCallHierarchy": "callHierarchyProvider",
    "textDocument/prepareTypeHierarchy": "typeHierarchyProvider",
    "workspace/symbol": "workspaceSymbolProvider",
}
# Of these `<name>Provider` is the rule.
_NAMES = frozenset(
    {
        *("hover", "completion", "signatureHelp", "codeAction", "codeLens", "documentLink", "rename"),
        *("declaration", "definition", "typeDefinition", "implementation", "references", "moniker"),
        *("documentHighlight", "documentSymbol", "foldingRange", "selectionRange", "linkedEditingRange"),
        *("inlayHint", "inlineValue", "inlineCompletion", "diagnostic"),
    }
)


def server_capabilities(
    features: Mapping[str, Any],
    commands: Iterable[str],
    encoding: PositionEncoding,
    extra: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the capabilities for the registered ``features`` (method to options, None for none) and commands.

    ``extra`` is laid over the result, object by object: it can add to what is here and can replace it.
    """
    advertised: dict[str, Any] = {
        "positionEncoding": encoding.value,
        "textDocumentSync": {
            "openClose": True,
            "change": _INCREMENTAL,
            "save": features.get("textDocument/didSave") or "textDocument/didSave" in features,
        },
        "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
        "executeCommandProvider": {"commands": sorted(commands), "workDoneProgress": True},
    }
    for method, options in features.items():
        if (provider := _provider(method)) is not None:
            advertised[provider] = _options(method, options, features)
    return _laid_over(advertised, extra)


def _provider(method: str) -> str | None:
    area, _, name = method.partition("/")
    if area == "textDocument" and name in _NAMES:
        return f"{name}Provider"
    return _OTHER_NAMES.get(method)


def _options(method: str, options: Any, features: Mapping[str, Any]) -> Any:
    name = method.partition("/")[2]
    resolves = f"{name}/resolve" in features or (name == "completion" and "completionItem/resolve" in features)
    if resolves:
        return {**(options or {}), "resolveProvider": True}
    # These four have no boolean form.
    bare: Any = {} if name in ("codeLens", "completion", "documentLink", "signatureHelp") else True
    return bare if options is None else options


def _laid_over(base: dict[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for name, value in extra.items():
        below = result.get(name)
        both = isinstance(below, dict) and isinstance(value, Mapping)
        result[name] = _laid_over(below, value) if both and isinstance(below, dict) else value
    return result
