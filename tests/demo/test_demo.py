"""`make demo` as a newcomer sees it: the whole main job in one command, with nobody's key."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from codecompanion.server.demo.__main__ import main

DEMO = [sys.executable, "-P", "-m", "codecompanion.server.demo"]


def test_the_demo_builds_tests_and_uses_a_service_without_a_key(tmp_path: Path) -> None:
    environ = {
        **os.environ,
        "TMPDIR": str(tmp_path),
        # were the demo to look at any of these, it would fail: a dead address, an unknown setting
        "OPENAI_API_KEY": "sk-not-a-key",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "ORCHESTRA_NO_SUCH_SETTING": "1",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    config = tmp_path / "config" / "orchestra"
    config.mkdir(parents=True)
    (config / "orchestra.toml").write_text("noSuchSetting = 1\n", "utf-8")
    ended = subprocess.run(
        DEMO, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    said = ended.stdout
    assert ended.returncode == 0, said + ended.stderr
    assert ended.stderr == ""
    assert said.startswith("Orchestra's demo. No key is used and no model is asked")
    assert "ProjectManager begins" in said and "UIDesigner begins" in said and "TestWriter begins" in said
    assert re.search(r"GET / is a page: 'To-dos'", said)
    assert re.search(r"POST and GET /api/todos keep and list 1 record", said)
    closing = said[said.index("\nDone in ") :]
    counted = re.search(
        r"Done in [\d.]+ s: (\d+) files, (\d+) tests passed\. No model was used; it cost nothing\.", closing
    )
    assert counted, closing
    assert int(counted[1]) == said.count("%  + ") and int(counted[2]) > 20
    folder = Path(closing.partition("What was built:")[2].splitlines()[0].strip())
    assert folder.is_dir() and folder.is_relative_to(tmp_path.resolve())
    for path in re.findall(r"%  \+ (\S+) \(\d+ lines\)", said):
        assert (folder / path).is_file(), path
    assert (folder.parent / "server.log").is_file()


def test_a_failure_is_a_sentence_and_an_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main([sys.executable, "-c", "raise SystemExit(3)"]) == 1
    said = capsys.readouterr().out
    assert "\nThe demo failed: the language server ended too early" in said
    assert "Done" not in said
