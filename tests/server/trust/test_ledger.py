"""The file of a person's trust: by real path and by content, outside every folder, empty in doubt."""

import json
from pathlib import Path

import pytest

from codecompanion.server.trust.folders import Untrusted, holds_nothing, lies_beneath
from codecompanion.server.trust.ledger import NotKept, TrustLedger, ledger_beside


@pytest.fixture
def ledger(tmp_path: Path) -> TrustLedger:
    return ledger_beside(tmp_path / "config" / "orchestra.toml")


def test_a_folder_is_trusted_by_its_real_path_and_no_other(ledger: TrustLedger, tmp_path: Path) -> None:
    folder, inner = tmp_path / "ws", tmp_path / "ws/vendored"
    inner.mkdir(parents=True)
    (tmp_path / "link").symlink_to(folder)
    assert not ledger.trusts(str(folder))
    ledger.trust(str(tmp_path / "link"))
    assert ledger.trusts(str(folder))
    assert ledger.trusts(str(tmp_path / "link"))
    assert ledger.trusts(f"{folder}/../ws")
    for other in (inner, tmp_path, tmp_path / "ws2", tmp_path / "WS"):
        assert not ledger.trusts(str(other))
    assert ledger.folders() == [str(folder)]
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to(inner)
    assert not ledger.trusts(str(tmp_path / "link"))


def test_what_is_kept_is_private_and_read_anew(ledger: TrustLedger, tmp_path: Path) -> None:
    assert ledger.path is not None
    ledger.trust(str(tmp_path))
    assert ledger.path.stat().st_mode & 0o777 == 0o600
    assert ledger.path.parent.stat().st_mode & 0o777 == 0o700
    other = TrustLedger(ledger.path)
    assert other.forget(str(tmp_path))
    assert not other.forget(str(tmp_path))
    assert not ledger.trusts(str(tmp_path))
    assert [path.name for path in ledger.path.parent.iterdir()] == ["trust.json"]


def test_a_folder_that_is_forgotten_takes_its_commands_along(ledger: TrustLedger, tmp_path: Path) -> None:
    ledger.trust(str(tmp_path))
    ledger.allow("a" * 64, str(tmp_path))
    ledger.allow("b" * 64, "/elsewhere")
    ledger.forget(str(tmp_path))
    assert not ledger.allows("a" * 64)
    assert ledger.allows("b" * 64)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"folders": []}',
        '{"folders": {"/": 1}}',
        '{"folders": "/"}',
        "\udcff",
        "[" * 99_999,
    ],
)
def test_in_doubt_nothing_is_trusted(ledger: TrustLedger, tmp_path: Path, text: str) -> None:
    assert ledger.path is not None
    ledger.path.parent.mkdir()
    ledger.path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert ledger.folders() == []
    assert not ledger.trusts("/")
    assert not ledger.allows("a")
    ledger.trust(str(tmp_path))
    assert json.loads(ledger.path.read_text())["folders"] == {str(tmp_path): ""}


def test_without_a_place_to_keep_it_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotKept, match="no home folder"):
        ledger_beside(None).trust("/x")
    (tmp_path / "file").touch()
    with pytest.raises(NotKept, match="cannot be written"):
        TrustLedger(tmp_path / "file" / "trust.json").trust("/x")
    assert not ledger_beside(None).trusts("/x")


def test_folders_named_in_the_settings_count_with_all_in_them(tmp_path: Path) -> None:
    inner = tmp_path / "src/mine"
    inner.mkdir(parents=True)
    (tmp_path / "way").symlink_to(tmp_path / "src")
    assert lies_beneath(str(inner), [str(tmp_path / "src")])
    assert lies_beneath(str(inner), ["/nowhere", str(tmp_path / "way")])
    assert not lies_beneath(str(inner), [])
    assert not lies_beneath(str(tmp_path / "src2"), [str(tmp_path / "src")])
    assert not lies_beneath(str(tmp_path), [str(tmp_path / "src")])


def test_an_empty_folder_holds_nothing_and_any_file_is_something(tmp_path: Path) -> None:
    assert holds_nothing(str(tmp_path))
    (tmp_path / ".git").mkdir()
    assert holds_nothing(str(tmp_path))
    (tmp_path / ".hidden").touch()
    assert not holds_nothing(str(tmp_path))
    assert not holds_nothing(str(tmp_path / "absent"))


def test_the_refusal_says_what_to_type() -> None:
    assert "run `orchestra trust '/a b'`" in str(Untrusted("/a b"))
