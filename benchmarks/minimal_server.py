"""The least that pygls can be: what every Python language server pays at its start."""

from pygls.lsp.server import LanguageServer

LanguageServer("minimal", "1").start_io()
