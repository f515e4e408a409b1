"""Which paths no agent may write, however they are spelled."""

import pytest

from codecompanion.orchestra.workspace.protected import holds_secrets, is_protected, why_protected

PROTECTED = [
    ".git/config",
    ".git/hooks/pre-commit",
    "sub/.git/config",
    ".git",
    ".gitmodules",
    ".vscode/settings.json",
    ".vscode/tasks.json",
    ".idea/workspace.xml",
    ".mcp.json",
    "sub/.mcp.json",
    ".orchestra/settings.json",
    ".env",
    ".env.production",
    ".envrc",
    "app/.env.local",
    ".bashrc",
    ".bash_profile",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".config/fish/config.fish",
    ".ssh/authorized_keys",
    ".exrc",
    ".nvim.lua",
    ".dir-locals.el",
    "my.code-workspace",
    ".husky/pre-commit",
]
DISGUISED = [
    ".GIT/config",
    ".Git/hooks/x",
    ".VSCODE/settings.json",
    ".v\u017fcode/settings.json",
    ".g\u200cit/config",
    ".gi\u2060t/config",
    "\u200e.git/config",
    ".git./config",
    ".git /config",
    ".git::$INDEX_ALLOCATION/config",
    "GIT~1/config",
    "git~2/config",
    ".MCP.JSON",
    ".Env",
    ".ENV.LOCAL",
    ".BashRC",
    ".mcp.json::$DATA",
    ".\u0069\u0064\u0065\u0061/x",
]
ORDINARY = [
    "src/app.py",
    ".gitignore",
    ".gitattributes",
    ".github/workflows/ci.yml",
    "git/config",
    "environment.py",
    "env/settings.py",
    "src/.eslintrc.json",
    "profile",
    "docs/mcp.json",
    "config.fish.md",
    "digit~1.txt",
]


@pytest.mark.parametrize("path", PROTECTED + DISGUISED)
def test_a_protected_path_is_refused_and_named(path: str) -> None:
    assert is_protected(path)
    assert repr(path) in why_protected(path)


@pytest.mark.parametrize("path", PROTECTED)
def test_case_does_not_matter(path: str) -> None:
    assert is_protected(path.upper())
    assert is_protected(path.title())


@pytest.mark.parametrize("path", ORDINARY)
def test_an_ordinary_path_is_free(path: str) -> None:
    assert not is_protected(path)
    assert why_protected(path) == ""


def test_secrets_are_not_even_read_but_their_examples_are() -> None:
    assert all(map(holds_secrets, [".env", "a/.env.local", ".ENV", ".git/config", ".ssh/id_rsa", ".netrc"]))
    assert not any(map(holds_secrets, [".env.example", "a/.env.sample", "env.py", ".gitignore", ".vscode/x"]))
