"""`orchestra patch`: exit codes, what is printed, and the bytes of the files."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codecompanion.server import cli

Patch = Callable[..., tuple[int, str, str]]
TEXT = "def f():\n    return 1\n\n\ndef g():\n    return 2\n"
BLOCK = "FILE: app.py\n<<<<<<< SEARCH\n    return 1\n=======\n    return 3\n>>>>>>> REPLACE\n"


@pytest.fixture
def patch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Patch:
    """Run `orchestra patch` within this process, in a folder of its own: code, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(reply: str | bytes, *arguments: str) -> tuple[int, str, str]:
        data = reply.encode() if isinstance(reply, str) else reply
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        return cli.main(["patch", *arguments]), *capsys.readouterr()

    return run


def test_an_applied_reply_is_told_and_written(patch: Patch) -> None:
    Path("app.py").write_text(TEXT)
    assert patch(BLOCK, "app.py") == (0, "app.py: search/replace, lines 2-2, matched: exact\n", "")
    assert Path("app.py").read_text() == TEXT.replace("1", "3")


def test_a_refused_reply_changes_nothing_and_says_why(patch: Patch) -> None:
    Path("app.py").write_text(TEXT)
    known = Path("app.py").stat()
    code, out, err = patch(BLOCK + BLOCK.replace("return 1", "return 8"), "app.py")
    assert (code, out) == (1, "")
    assert err.startswith("orchestra: nothing was changed: app.py: no place in the file matches")
    assert "2|     return 3" in err
    assert Path("app.py").read_text() == TEXT
    assert Path("app.py").stat().st_mtime_ns == known.st_mtime_ns
    assert list(Path().iterdir()) == [Path("app.py")]


def test_json_tells_each_edit(patch: Patch) -> None:
    Path("app.py").write_text(TEXT)
    code, out, err = patch(BLOCK, "app.py", "--json")
    told = json.loads(out)
    assert (code, err, told["applied"], told["changed"], told["reason"]) == (0, "", True, ["app.py"], "")
    assert told["edits"] == [
        {
            "path": "app.py",
            "format": "search/replace",
            "rung": "exact",
            "firstLine": 2,
            "lastLine": 2,
            "fits": True,
            "reason": "",
        }
    ]
    code, out, err = patch(BLOCK, "app.py", "--json")
    told = json.loads(out)
    assert (code, err, told["applied"], told["changed"]) == (1, "", False, [])
    assert told["edits"][0]["fits"] is False
    assert "already stand at lines 2-2" in told["reason"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\r\n\xc3\xa4 = 1\r\nb\r\n", b"a\r\n\xc3\xa4 = 2\r\nb\r\n"),
        (b"\xef\xbb\xbfa\n\xc3\xa4 = 1\nb", b"\xef\xbb\xbfa\n\xc3\xa4 = 2\nb"),
        ("a\n\u00e4 = 1\n".encode("utf-16"), "a\n\u00e4 = 2\n".encode("utf-16")),
        (b"# coding: latin-1\n\xe4 = 1\n", b"# coding: latin-1\n\xe4 = 2\n"),
        (b"a\n\xc3\xa4 = 1\n\xff\n", b"a\n\xc3\xa4 = 2\n\xff\n"),
        (b"a\rb\n\xc3\xa4 = 1\n\x0c\n", b"a\rb\n\xc3\xa4 = 2\n\x0c\n"),
    ],
)
def test_every_byte_that_is_not_changed_stays(patch: Patch, before: bytes, after: bytes) -> None:
    Path("t.txt").write_bytes(before)
    Path("t.txt").chmod(0o640)
    code, _, err = patch("<<<<<<< SEARCH\n\u00e4 = 1\n=======\n\u00e4 = 2\n>>>>>>> REPLACE\n", "t.txt")
    assert (code, err) == (0, "")
    assert Path("t.txt").read_bytes() == after
    assert Path("t.txt").stat().st_mode & 0o777 == 0o640


def test_text_that_the_files_encoding_lacks_is_refused(patch: Patch) -> None:
    Path("t.txt").write_bytes(b"a\n\xff\n")
    code, _, err = patch("<<<<<<< SEARCH\na\n=======\n\u20ac\n>>>>>>> REPLACE\n", "t.txt")
    assert (code, "no UTF-8 text" in err) == (1, True)
    assert Path("t.txt").read_bytes() == b"a\n\xff\n"


def test_a_new_file_in_a_new_folder_and_a_deleted_one(patch: Patch) -> None:
    assert patch("FILE: new/x.py\n```\nx = 1\n```\n", "new/x.py")[0] == 0
    assert Path("new/x.py").read_text() == "x = 1\n"
    assert patch("*** Begin Patch\n*** Delete File: new/x.py\n*** End Patch\n", "new/x.py")[0] == 0
    assert not Path("new/x.py").exists()


def test_a_link_is_followed_and_stays(patch: Patch) -> None:
    Path("real").mkdir()
    Path("real/app.py").write_text(TEXT)
    Path("app.py").symlink_to("real/app.py")
    assert patch(BLOCK, "app.py")[0] == 0
    assert Path("app.py").is_symlink()
    assert Path("real/app.py").read_text() == TEXT.replace("1", "3")


def test_root_lets_other_files_be_changed_all_or_none(patch: Patch) -> None:
    Path("src").mkdir()
    Path("src/app.py").write_text(TEXT)
    Path("other.py").write_text(TEXT)
    both = BLOCK + BLOCK.replace("app.py", "other.py")
    assert patch(both, "src/app.py")[0] == 1
    assert patch(both, "src/app.py", "--root", ".")[0] == 0
    assert Path("src/app.py").read_text() == Path("other.py").read_text() == TEXT.replace("1", "3")
    one_misses = BLOCK.replace("return 1", "return 2") + BLOCK.replace("app.py", "other.py")
    assert patch(one_misses, "src/app.py", "--root", ".")[0] == 1
    assert Path("src/app.py").read_text() == TEXT.replace("1", "3")


@pytest.mark.parametrize("path", ["../out.py", "/tmp/out.py", ".git/config", "a/../../out.py"])
def test_root_keeps_replies_inside_and_off_protected_files(patch: Patch, path: str) -> None:
    Path("app.py").write_text(TEXT)
    code, _, err = patch(f"FILE: {path}\n```\nx = 1\n```\n", "app.py", "--root", ".")
    assert code == 1
    assert "nothing was changed" in err
    assert list(Path().iterdir()) == [Path("app.py")]


@pytest.mark.parametrize(
    ("reply", "arguments", "said"),
    [
        (BLOCK, ["."], "is a folder"),
        (BLOCK, ["app.py", "--root", "none"], "is no folder"),
        (BLOCK, ["/etc/hosts", "--root", "."], "does not lie in"),
        (b"\xff\xfe\xff", ["app.py"], "no UTF-8 text"),
    ],
)
def test_wrong_usage_ends_with_2(patch: Patch, reply: Any, arguments: list[str], said: str) -> None:
    code, _, err = patch(reply, *arguments)
    assert code == 2
    assert said in err


def test_a_real_process_reads_standard_input(orchestra: Any, tmp_path: Path) -> None:
    (tmp_path / "work" / "app.py").write_text(TEXT)
    ended = orchestra("patch", "app.py", stdin=BLOCK)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert (tmp_path / "work" / "app.py").read_text() == TEXT.replace("1", "3")


def test_no_heavy_module_is_imported(orchestra: Any) -> None:
    ended = orchestra("patch", "app.py", stdin="nothing", env={"PYTHONPROFILEIMPORTTIME": "1"})
    imported = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
    assert "codecompanion.orchestra.edits.whole_reply" in imported
    assert imported.isdisjoint(
        {"pygls", "lsprotocol", "openai", "anthropic", "rich", "pydantic_settings", "asyncio"}
    )
