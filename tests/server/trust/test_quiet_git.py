"""git in a hostile repository: its hooks, monitor and difference programs stay silent."""

import subprocess
from pathlib import Path

import pytest

from codecompanion.server.trust.quiet_git import quiet_git


@pytest.mark.needs("git")
def test_what_the_repository_configures_is_not_started(tmp_path: Path) -> None:
    root, mark = tmp_path / "ws", tmp_path / "mark"
    hook = tmp_path / "hostile.sh"
    hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
    hook.chmod(0o755)
    root.mkdir()
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
    (root / "a.py").write_text("old\n")
    for command in (["init", "-q"], ["add", "a.py"], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", *who, *command], cwd=root, check=True)
    for name in ("core.fsmonitor", "diff.external", "core.pager"):
        subprocess.run(["git", "config", name, str(hook)], cwd=root, check=True)
    (root / ".git/hooks/post-index-change").write_bytes(hook.read_bytes())
    (root / ".git/hooks/post-index-change").chmod(0o755)
    (root / "a.py").write_text("new\n")
    told = subprocess.run(quiet_git(root, "diff"), capture_output=True, text=True, check=True)
    assert "+new" in told.stdout
    subprocess.run(quiet_git(root, "status"), capture_output=True, check=True)
    assert not mark.exists()
    subprocess.run(["git", "-C", str(root), "diff"], capture_output=True, check=False)
    assert mark.exists(), "the trap itself does not work"
