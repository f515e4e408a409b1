"""Pitfall 14: documents, edits and positions."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygls.exceptions import JsonRpcInvalidParams

from codecompanion.server.wire.documents import Documents, OpenDocument, split_lines
from codecompanion.server.wire.positions import Position, PositionEncoding, index_of, units_before

URI = "file:///tmp/a.py"
ENCODINGS = list(PositionEncoding)
# Everything that ends a line somewhere, something outside the BMP, and both halves of a pair.
TEXT = st.text(st.sampled_from("ab\n\r\u2028\u2029\x0b\x0c\x1c\x85é€😀\ud83d\ude00"), max_size=30).map(
    lambda text: text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
)


def document(text: str, encoding: PositionEncoding = PositionEncoding.UTF16) -> OpenDocument:
    return OpenDocument(URI, "python", 1, tuple(split_lines(text)), encoding)


def edit(start: tuple[int, int], end: tuple[int, int], text: str) -> dict:
    places = [{"line": line, "character": character} for line, character in (start, end)]
    return {"range": {"start": places[0], "end": places[1]}, "text": text}


def reference_offset(text: str, line: int, character: int, encoding: PositionEncoding) -> int:
    """Where a place is, computed in the plainest way."""
    offset = 0
    for _ in range(line):
        while offset < len(text) and text[offset] not in "\r\n":
            offset += 1
        if offset == len(text):
            return offset
        offset += 2 if text.startswith("\r\n", offset) else 1
    units = 0
    while offset < len(text) and text[offset] not in "\r\n":
        width = {
            PositionEncoding.UTF8: len(text[offset].encode("utf-8", "surrogatepass")),
            PositionEncoding.UTF16: 2 if ord(text[offset]) > 0xFFFF else 1,
            PositionEncoding.UTF32: 1,
        }[encoding]
        if units + width > character:
            break
        units += width
        offset += 1
    return offset


def pairs_joined(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


@settings(deadline=None)
@given(
    text=TEXT,
    new=TEXT,
    encoding=st.sampled_from(ENCODINGS),
    places=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 12)), min_size=2, max_size=2),
)
def test_pitfall_14_an_edit_does_what_the_specification_says(text, new, encoding, places):
    start, end = sorted(reference_offset(text, *place, encoding) for place in places)
    after = document(text, encoding).edited([edit(*places, new)], 2)
    assert after.text == pairs_joined(text[:start] + new + text[end:])
    assert list(after.lines) == split_lines(after.text)


@settings(deadline=None)
@given(text=TEXT, edits=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 8), TEXT), max_size=6))
def test_edits_of_one_change_build_on_each_other(text, edits):
    changes = [edit((line, column), (line, column + 1), new) for line, column, new in edits]
    together = document(text).edited(changes, 2)
    one_by_one = document(text)
    for change in changes:
        one_by_one = one_by_one.edited([change], 2)
    assert together.lines == one_by_one.lines


@settings(deadline=None)
@given(text=TEXT, encoding=st.sampled_from(ENCODINGS))
def test_offsets_and_positions_agree(text, encoding):
    doc = document(text, encoding)
    for offset in range(len(text) + 1):
        place = doc.position_of(offset)
        assert reference_offset(text, *place, encoding) in (offset, offset - 1)
        assert doc.text_between(Position(0, 0), place) == text[: reference_offset(text, *place, encoding)]
    assert doc.text_between(Position(0, 0), doc.end) == text


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_columns_of_wide_characters(encoding):
    line = "a😀é"
    expected = {"utf-8": [0, 1, 5, 7], "utf-16": [0, 1, 3, 4], "utf-32": [0, 1, 2, 3]}[encoding]
    assert [units_before(line, index, encoding) for index in range(4)] == expected
    assert [index_of(line, units, encoding) for units in expected] == [0, 1, 2, 3]
    assert index_of(line, 10**9, encoding) == 3
    assert index_of(line, -4, encoding) == 0


def test_half_a_character_is_moved_to_its_start():
    assert index_of("a😀b", 2, PositionEncoding.UTF16) == 1
    assert [index_of("a😀b", units, PositionEncoding.UTF8) for units in (2, 3, 4)] == [1, 1, 1]


@pytest.mark.parametrize("other", ["\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85"])
def test_pitfall_14_only_the_three_line_ends_end_lines(other):
    text = f"one{other}still one\ntwo\r\nthree\rfour"
    assert split_lines(text) == [f"one{other}still one\n", "two\r\n", "three\r", "four"]
    assert document(text).edited([edit((1, 0), (1, 3), "TWO")], 2).text == text.replace("two", "TWO")


def test_carriage_return_and_line_feed_that_meet_become_one_end():
    assert document("a\r\nb").edited([edit((0, 1), (1, 0), "\r"), edit((1, 0), (1, 0), "\n")], 2).lines == (
        "a\r\n",
        "b",
    )
    assert document("a\nb").edited([edit((0, 1), (0, 1), "\r")], 2).lines == ("a\r\n", "b")


def test_bad_ranges_are_clamped_and_put_in_order():
    doc = document("one\ntwo")
    assert doc.edited([edit((0, 99), (99, 99), "!")], 2).text == "one!"
    assert doc.edited([edit((1, 1), (0, 1), "-")], 2).text == "o-wo"
    assert doc.edited([edit((-5, -5), (0, -1), ">")], 2).text == ">one\ntwo"
    assert doc.edited([edit((2**40, 0), (2**40, 0), "!")], 2).text == "one\ntwo!"


def test_documents_are_snapshots():
    before = document("one")
    after = before.edited([{"text": "two"}], 2)
    assert (before.text, before.version, after.text, after.version) == ("one", 1, "two", 2)


def test_the_hash_is_that_of_the_utf8_text():
    assert document("é\n").sha256 == hashlib.sha256("é\n".encode()).hexdigest()
    assert document("\ud800").sha256 == hashlib.sha256(b"\xed\xa0\x80").hexdigest()


def test_a_change_is_taken_whole_or_not_at_all():
    documents = Documents()
    documents.opened({"textDocument": {"uri": URI, "languageId": "python", "version": 0, "text": "one"}})
    with pytest.raises(JsonRpcInvalidParams):
        documents.changed({"textDocument": {"uri": URI, "version": 1}, "contentChanges": [{"text": "two"}, {}]})
    assert (documents[URI].text, documents[URI].version) == ("one", 0)


@pytest.mark.parametrize(
    "spelling", ["file:///tmp/%61.py", "file:///tmp/a%2Epy", "FILE:///tmp/a.py", "file:/tmp/a.py"]
)
def test_a_document_is_found_by_any_spelling_of_its_uri(spelling):
    documents = Documents()
    documents.opened({"textDocument": {"uri": spelling, "text": "x"}})
    assert documents[URI].text == "x"
    assert list(documents) == [spelling]
    documents.closed({"textDocument": {"uri": URI}})
    assert spelling not in documents


def test_an_edit_of_a_large_document_is_quick():
    import time

    doc = document("some line of text\n" * 100_000)
    changes = [edit((line, 3), (line, 4), "x") for line in range(0, 100_000, 100)]
    began = time.process_time()
    after = doc.edited(changes, 2)
    assert time.process_time() - began < 3
    assert after.text.count("somx") == 1000


# -- through the server


@pytest.mark.parametrize("version", [0, None, 5])
def test_pitfall_14_versions_may_be_zero_or_absent(client, version):
    uri = f"file:///versions/{version}"
    client.open(uri, "text", version)
    assert client.command("probe.document", uri)["version"] == version
    client.change(uri, version, {"text": "new"})
    state = client.command("probe.document", uri)
    assert (state["version"], state["text"]) == (version, "new")
    assert state["sha256"] == hashlib.sha256(b"new").hexdigest()
    assert client.command("probe.seen") == [f"changed to version {version or 0}"]


@pytest.mark.parametrize(
    ("encodings", "chosen", "column"),
    [
        (None, "utf-16", 2),
        (["utf-8", "utf-16"], "utf-8", 4),
        (["utf-7", "utf-32"], "utf-32", 1),
    ],
)
def test_the_client_chooses_the_position_encoding(connect, encodings, chosen, column):
    client = connect()
    general = {} if encodings is None else {"general": {"positionEncodings": encodings}}
    assert client.initialize(general)["result"]["capabilities"]["positionEncoding"] == chosen
    client.open("file:///e", "😀b")
    client.change("file:///e", 2, edit((0, column), (0, column + 1), "c"))
    assert client.command("probe.document", "file:///e")["text"] == "😀c"


@pytest.mark.parametrize("uri", ["file:///dev/zero", "file:///dev/stdin", "file:///etc/hostname"])
def test_pitfall_14_a_document_that_is_not_open_is_never_read(client, uri):
    client.change(uri, 1, {"text": "x"})
    assert client.command("probe.document", uri) is None


def test_the_workspace_folders(connect, tmp_path):
    client = connect()
    folders = [
        {"uri": "file:///one", "name": "One"},
        {"uri": "untitled:two", "name": "Two"},
        {"uri": "file:///th%20ree", "name": ""},
    ]
    client.initialize(rootUri="file:///ignored", workspaceFolders=folders)
    assert client.command("probe.folders") == [["One", "/one"], ["/th ree", "/th ree"]]
    event = {
        "added": [{"uri": "file:///four", "name": "Four"}],
        "removed": [{"uri": "file:///%6Fne", "name": "One"}],
    }
    client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    assert client.command("probe.folders") == [["/th ree", "/th ree"], ["Four", "/four"]]


@pytest.mark.parametrize(
    ("params", "paths"),
    [
        ({"rootUri": "file:///root"}, ["/root"]),
        ({"rootUri": None, "rootPath": "/path"}, ["/path"]),
        ({"rootUri": None, "rootPath": "relative"}, []),
        ({"rootUri": "file:///root", "workspaceFolders": []}, ["/root"]),
        ({"rootUri": None, "workspaceFolders": None}, []),
    ],
)
def test_the_folder_of_clients_that_know_only_one(params, paths):
    from codecompanion.server.wire.folders import WorkspaceFolders

    folders = WorkspaceFolders()
    folders.start(params)
    assert [folder.path for folder in folders] == paths
