"""How each language writes comments: enough to find a request in one, and to write one."""

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class CommentSyntax:
    """The signs that begin a comment line, and the pairs around a block; ``prose`` needs neither."""

    line: tuple[str, ...] = ()
    block: tuple[tuple[str, str], ...] = ()
    prose: bool = False


_STARS = (("/*", "*/"),)
_MARKUP = (("<!--", "-->"),)
_QUOTES = (('"""', '"""'), ("'''", "'''"))

_C = CommentSyntax(("//",), _STARS)
_HASH = CommentSyntax(("#",))
_LISP = CommentSyntax((";",), (("#|", "|#"),))
_FUNCTIONAL = CommentSyntax(("--",), (("{-", "-}"),))
_ALGOL = CommentSyntax(("//",), (("(*", "*)"), ("{", "}")))
_PERCENT = CommentSyntax(("%",), (("%{", "%}"),))
_BASIC = CommentSyntax(("'", "REM"))
_PAGE = CommentSyntax((), _MARKUP)
_PROSE = CommentSyntax((), _MARKUP, prose=True)

# the language ids of editors, the file types of Vim and file endings: whichever the editor names
_KNOWN: dict[CommentSyntax, str] = {
    _C: "c h cpp cxx cc hpp cs csharp java kt kotlin scala swift go rust rs dart zig d objc objective-c "
    "objective-cpp javascript javascriptreact js jsx mjs cjs typescript typescriptreact ts tsx mts jsonc json5 "
    "groovy gradle solidity sol proto proto3 verilog systemverilog scss less glsl hlsl wgsl vala odin",
    CommentSyntax((), _STARS): "css",
    CommentSyntax(("#", "//"), _STARS): "php terraform hcl tf",
    _HASH: "shellscript sh bash zsh fish yaml yml toml dockerfile makefile make cmake nix r ruby rb perl pl "
    "elixir ex exs crystal tcl awk sed properties gitignore conf graphql gdscript starlark bzl meson just",
    CommentSyntax(("#",), _QUOTES): "python py pyi cython coffeescript",
    CommentSyntax(("#",), (("#=", "=#"),)): "julia jl",
    CommentSyntax(("#",), (("#[", "]#"),)): "nim",
    CommentSyntax(("#",), (("<#", "#>"),)): "powershell ps1",
    CommentSyntax(("--",), (("--[[", "]]"), ("--[=[", "]=]"))): "lua luau",
    CommentSyntax(("--",), _STARS): "sql plsql mysql pgsql",
    CommentSyntax(("--",)): "ada vhdl",
    _FUNCTIONAL: "haskell hs lhaskell elm purescript agda idris dhall",
    _LISP: "lisp commonlisp scheme racket clojure clj cljs edn emacs-lisp elisp el fennel hy janet",
    CommentSyntax((";", "#", "//"), _STARS): "asm nasm s",
    CommentSyntax((";", "#")): "ini cfg dosini autohotkey",
    CommentSyntax(("%",)): "latex tex bibtex plaintex erlang erl postscript",
    CommentSyntax(("%",), _STARS): "prolog",
    CommentSyntax(("%", "#"), (("%{", "%}"),)): "matlab octave",
    CommentSyntax((), (("(*", "*)"),)): "ocaml ml coq sml wolfram mathematica",
    CommentSyntax(("//",), (("(*", "*)"),)): "fsharp fs",
    _ALGOL: "pascal delphi",
    _BASIC: "vb vba basic vbnet freebasic",
    CommentSyntax(("REM", "::")): "bat dosbatch cmd",
    CommentSyntax(("!",)): "fortran fortran-modern f90 f95",
    CommentSyntax(('"', "#")): "vim viml",
    CommentSyntax(("*>",)): "cobol",
    _PAGE: "html xml xhtml svg xsl ant htmldjango",
    CommentSyntax(("..",), (), prose=True): "restructuredtext rst",
    CommentSyntax(("//",), (), prose=True): "asciidoc adoc asciidoctor",
    CommentSyntax(("#",), (), prose=True): "org",
    CommentSyntax(("#",), (), prose=True): "gitcommit git-commit",
    _PROSE: "markdown md mdx mkd quarto plaintext text txt mail pandoc",
}
_BY_NAME = {name: syntax for syntax, names in _KNOWN.items() for name in names.split()}

ANY = CommentSyntax(
    ("#", "//", "--", ";", "%", "'", '"', "REM", "!", "..", "::", "*>"),
    (*_STARS, *_MARKUP, ("{-", "-}"), ("(*", "*)"), ("#|", "|#"), ("--[[", "]]"), ("{#", "#}"), *_QUOTES),
)
"""For a language not in the table, and for files that mix several."""


def syntax_of(language_id: str, path: str) -> CommentSyntax:
    """Return the syntax of a document: by its language, else its ending; a nameless text is prose."""
    ending = PurePosixPath(path).suffix.removeprefix(".").lower()
    for name in (language_id.lower(), ending):
        if name in _BY_NAME:
            return _BY_NAME[name]
    return ANY if language_id or ending else _PROSE


def is_prose(language_id: str, path: str) -> bool:
    """Whether a plain line of the document counts, as in Markdown and plain text."""
    return syntax_of(language_id, path).prose


def empty_request(language_id: str, path: str) -> tuple[str, str]:
    """Return what to write before and after a request in a comment of the document's language."""
    syntax = syntax_of(language_id, path)
    if syntax.prose:
        return "orchestra: ", ""
    if syntax.line:
        return f"{syntax.line[0]} orchestra: ", ""
    opening, closing = syntax.block[0]
    return f"{opening} orchestra: ", f" {closing}"
