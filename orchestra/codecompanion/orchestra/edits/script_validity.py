"""Whether JavaScript, TypeScript and YAML are well-formed, by tree-sitter's grammars."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_LANGUAGES = {
    **dict.fromkeys((".js", ".jsx", ".mjs", ".cjs"), "JavaScript"),
    **dict.fromkeys((".ts", ".mts", ".cts"), "TypeScript"),
    ".tsx": "TSX",
    **dict.fromkeys((".yaml", ".yml"), "YAML"),
}
SCRIPTS = frozenset(_LANGUAGES)
"""The suffixes of files that can be checked."""
_TEMPLATES = ("{%", "<%")
_YAML_TEMPLATES = ("{{", "{%", "<%")
_LONGEST_SHOWN = 40


def script_fault(suffix: str, text: str) -> tuple[int, str] | None:
    """Return the line (from 1) and a sentence about the first thing that is broken, None for a sound text.

    Templates that make a script are not checked, nor are Qt's translations, which end in ``.ts`` as well.
    """
    language = _LANGUAGES[suffix]
    templates = _YAML_TEMPLATES if language == "YAML" else _TEMPLATES
    if text.lstrip().startswith("<") or any(mark in text for mark in templates):
        return None
    data = text.encode(errors="replace")
    root = _parser(language).parse(data).root_node
    if not root.has_error:
        return None
    node = _first_fault(root)
    line = node.start_point[0] + 1
    if node.is_missing:
        return line, f"not valid {language}: {node.type!r} is missing"
    near = data[node.start_byte : node.end_byte].decode(errors="replace").strip().partition("\n")[0]
    return line, f"not valid {language} near {near[:_LONGEST_SHOWN]!r}"


def _first_fault(node: "Node") -> "Node":
    """Return the smallest broken part, the first one of a level."""
    while not node.is_missing:
        broken = next((child for child in node.children if child.has_error or child.is_missing), None)
        if broken is None:
            break
        node = broken
    return node


@cache
def _parser(language: str) -> "Parser":
    # read when the first script comes: nothing else needs it
    import tree_sitter_javascript  # noqa: PLC0415
    import tree_sitter_typescript  # noqa: PLC0415
    import tree_sitter_yaml  # noqa: PLC0415
    from tree_sitter import Language, Parser  # noqa: PLC0415

    grammars = {
        "JavaScript": tree_sitter_javascript.language,
        "TypeScript": tree_sitter_typescript.language_typescript,
        "TSX": tree_sitter_typescript.language_tsx,
        "YAML": tree_sitter_yaml.language,
    }
    return Parser(Language(grammars[language]()))
