"""File URIs and paths in both forms, on any platform."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.server.wire.uris import BadUri, canonical_uri, path_from_uri, uri_from_path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///home/ann/a.py", "/home/ann/a.py"),
        ("file:///", "/"),
        ("FILE:///a", "/a"),
        ("file:/a", "/a"),
        ("file://localhost/a", "/a"),
        ("file:///a%20b%25%23%3F", "/a b%#?"),
        ("file:///a#b?c", "/a#b?c"),
        ("file:///%E2%82%AC/é", "/€/é"),
        ("file:///c%3A/x", "/c:/x"),
        ("file:///100%", "/100%"),
        ("file:///%FF", "/\udcff"),
    ],
)
def test_posix_paths(uri, path):
    assert path_from_uri(uri, windows=False) == path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///c:/Users/Ann/a.py", r"c:\Users\Ann\a.py"),
        ("file:///C:/Users", r"c:\Users"),
        ("file:///c%3A/Users", r"c:\Users"),
        ("file:///C%3a/a%20b", r"c:\a b"),
        ("file:///d:", "d:\\"),
        ("file:///d%3A/", "d:\\"),
        ("file:d:/x", r"d:\x"),
        ("file://server/share/a%20b.txt", r"\\server\share\a b.txt"),
        ("file:////server/share/x", r"\\server\share\x"),
        ("file://localhost/c:/x", r"c:\x"),
        ("file://wsl%24/Debian/home", r"\\wsl$\Debian\home"),
        ("file:///c:/%E2%82%AC", "c:\\€"),
    ],
)
def test_windows_paths(uri, path):
    assert path_from_uri(uri, windows=True) == path


@pytest.mark.parametrize(
    ("path", "windows", "uri"),
    [
        ("/home/ann/a b.py", False, "file:///home/ann/a%20b.py"),
        ("/", False, "file:///"),
        ("/100%#?", False, "file:///100%25%23%3F"),
        ("/back\\slash", False, "file:///back%5Cslash"),
        ("/€", False, "file:///%E2%82%AC"),
        (r"C:\Users\Ann", True, "file:///c:/Users/Ann"),
        ("c:/Users", True, "file:///c:/Users"),
        ("D:", True, "file:///d:/"),
        (r"\\server\share\a b", True, "file://server/share/a%20b"),
        (r"\rooted", True, "file:///rooted"),
    ],
)
def test_uris(path, windows, uri):
    assert uri_from_path(path, windows=windows) == uri


@pytest.mark.parametrize(
    ("uri", "windows", "words"),
    [
        ("http://x/a", False, "'http'"),
        ("untitled:Untitled-1", False, "'untitled'"),
        ("vscode-remote://ssh/a", True, "'vscode-remote'"),
        ("/home/a", False, "scheme is ''"),
        ("", False, "scheme is ''"),
        ("file:///a%00b", False, "NUL"),
        ("file:///c:/a\0b", True, "NUL"),
        ("file://server/share", False, "another machine, 'server'"),
        ("file:relative", False, "relative"),
        ("file:relative", True, "relative"),
    ],
)
def test_what_is_no_file_here_is_refused_by_name(uri, windows, words):
    with pytest.raises(BadUri, match="(?i)" + words.replace("(", r"\(")):
        path_from_uri(uri, windows=windows)
    assert canonical_uri(uri, windows=windows) == uri


@pytest.mark.parametrize(("path", "windows"), [("a/b", False), ("", False), (r"a\b", True), ("/a\0", False)])
def test_paths_that_make_no_uri_are_refused(path, windows):
    with pytest.raises(BadUri):
        uri_from_path(path, windows=windows)


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])).map("/".__add__))
def test_posix_round_trip(path):
    assert path_from_uri(uri_from_path(path, windows=False), windows=False) == path


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters="\0/\\", exclude_categories=["Cs"])).map("c:\\".__add__))
def test_windows_round_trip(path):
    assert path_from_uri(uri_from_path(path, windows=True), windows=True) == path


def test_one_spelling_for_all():
    spellings = ["file:///C:/a%20b", "file:///c%3A/a b", "file:///c:/%61%20b", "file://localhost/C%3a/a%20b"]
    assert {canonical_uri(spelling, windows=True) for spelling in spellings} == {"file:///c:/a%20b"}
