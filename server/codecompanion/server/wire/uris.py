"""File URIs and paths, for POSIX and Windows alike.

Pure: the platform is a parameter, nothing touches a disk. ``?`` and ``#`` are taken as part of the path,
because file URIs of editors have no query and several clients do not escape them.
"""

import os
import re
from urllib.parse import quote, unquote

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_DRIVE = re.compile(r"/?([A-Za-z]):(?=[/\\]|$)")


class BadUri(ValueError):
    """A URI that names no file here, or a path that makes no URI."""


def path_from_uri(uri: str, *, windows: bool = os.name == "nt") -> str:
    """Return the absolute path a file URI names.

    Raises ``BadUri`` for another scheme, a NUL character, and on POSIX for a file of another machine. Windows
    drive letters come out in lower case, ``//server/share`` as a UNC path.
    """
    match = _SCHEME.fullmatch(uri)
    if match is None or match[1].lower() != "file":
        scheme = match[1] if match else ""
        raise BadUri(f"{uri[:200]!r} is no file: its scheme is {scheme!r}; only file: URIs name files")
    host, path = _split_host(match[2])
    path = unquote(path, errors="surrogateescape")
    if "\0" in path:
        raise BadUri(f"{uri[:200]!r} holds a NUL character, which no file name can")
    if windows:
        return _windows_path(host, path)
    if host:
        raise BadUri(f"{uri[:200]!r} is on another machine, {host!r}; open a folder of this one")
    if not path.startswith("/"):
        raise BadUri(f"{uri[:200]!r} names a relative path; give an absolute one")
    return path


def uri_from_path(path: str, *, windows: bool = os.name == "nt") -> str:
    """Return the file URI of an absolute path; raises ``BadUri`` for a relative one or a NUL character."""
    if "\0" in path:
        raise BadUri(f"the path {path[:200]!r} holds a NUL character, which no file name can")
    slashed = path.replace("\\", "/") if windows else path
    drive = _DRIVE.match(slashed) if windows else None
    if drive:
        return f"file:///{drive[1].lower()}:{_quote(slashed[drive.end() :]) or '/'}"
    if windows and slashed.startswith("//"):
        return "file:" + _quote(slashed)
    if not slashed.startswith("/"):
        raise BadUri(f"the path {path[:200]!r} is relative; give an absolute one")
    return "file://" + _quote(slashed)


def canonical_uri(uri: str, *, windows: bool = os.name == "nt") -> str:
    """Return one spelling for all the spellings of a URI; what is no file URI stays as it is."""
    try:
        return uri_from_path(path_from_uri(uri, windows=windows), windows=windows)
    except BadUri:
        return uri


def _split_host(rest: str) -> tuple[str, str]:
    if not rest.startswith("//"):
        return "", rest
    host, slash, path = rest[2:].partition("/")
    return ("" if host.lower() == "localhost" else unquote(host)), (slash or "/") + path


def _windows_path(host: str, path: str) -> str:
    drive = _DRIVE.match(path)
    if not drive and not path.startswith("/"):
        raise BadUri(f"the file URI path {path[:200]!r} is relative; give an absolute one")
    if drive and not host:
        return f"{drive[1].lower()}:{path[drive.end() :] or '/'}".replace("/", "\\")
    return (f"//{host}{path}" if host else path).replace("/", "\\")


def _quote(path: str) -> str:
    return quote(path, safe="/", errors="surrogateescape")
