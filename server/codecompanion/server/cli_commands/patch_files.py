"""The files `orchestra patch` reads and writes: every byte it does not change stays as it is."""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from codecompanion.contracts.errors import EditRefused, WorkspaceError
from codecompanion.orchestra.workspace.disk_changes import BIGGEST_EDITED_FILE, change
from codecompanion.orchestra.workspace.protected import writable_path
from codecompanion.orchestra.workspace.safe_files import opened_folder, readable_errors

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"^(?:[^\n]*\n)?[ \t\f]*(?:#|//|<!--).*?coding[:=][ \t]*([-\w.]+)")


@dataclass(frozen=True, slots=True)
class FileText:
    """A file's text and how its bytes are written; ``data`` is None for a file that is not there."""

    data: bytes | None
    text: str = ""
    mark: bytes = b""
    codec: str = "utf-8"
    lossless: bool = True

    def encoded(self, text: str) -> bytes:
        """Return the bytes of a new text in this file's manner; raises ``WorkspaceError`` if it has none."""
        strange = set() if self.lossless else {char for char in text if char > "\x7f"} - set(self.text)
        if strange:
            raise WorkspaceError(f"the file is no UTF-8 text, so {min(strange)!r} cannot be written into it")
        try:
            return self.mark + text.encode(self.codec, "strict" if self.lossless else "surrogateescape")
        except UnicodeEncodeError as error:
            raise WorkspaceError(
                f"{text[error.start]!r} cannot be written in the file's encoding, {self.codec}"
            ) from None


def file_text(data: bytes, path: str) -> FileText:
    """Return the text of a file's bytes; what is neither UTF-8 nor declared keeps its bytes as escapes."""
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return FileText(data, data[len(mark) :].decode(codec, "strict"), mark, codec)
    if b"\0" in data:
        raise WorkspaceError(f"{path!r} is not a text file (it holds zero bytes)")
    try:
        return FileText(data, data.decode())
    except UnicodeDecodeError:
        return _in_declared_encoding(data) or FileText(
            data, data.decode("utf-8", "surrogateescape"), lossless=False
        )


def _in_declared_encoding(data: bytes) -> FileText | None:
    declared = _DECLARED.match(data[:400])
    try:
        codec = codecs.lookup(declared[1].decode()).name if declared else ""
        text = data.decode(codec) if codec else ""
    except (LookupError, UnicodeError):
        return None
    return FileText(data, text, b"", codec) if codec and text.encode(codec) == data else None


class PatchFiles:
    """The files beneath ``root``, by relative path. ``write`` changes all of them or none."""

    def __init__(self, root: Path, named: str = "") -> None:
        self.root = root
        self._named = named
        self._known: dict[str, FileText] = {}

    def read(self, path: str) -> str | None:
        """Return a file's text, None when there is no such file; raises ``WorkspaceError`` if it is none."""
        if path not in self._known:
            self._known[path] = self._load(path)
        held = self._known[path]
        return None if held.data is None else held.text

    def _load(self, path: str) -> FileText:
        real = self._real(path)
        parent, _, name = real.rpartition("/")
        with readable_errors(path):
            try:
                with opened_folder(self.root, parent) as folder:
                    return file_text(folder.read(name, BIGGEST_EDITED_FILE)[0], path)
            except FileNotFoundError:
                return FileText(None)
            except UnicodeDecodeError as error:
                raise WorkspaceError(f"{path!r} is damaged {error.encoding} text") from None

    def _real(self, path: str) -> str:
        return path if path == self._named else writable_path(self.root, path)

    def write(self, texts: Mapping[str, str | None]) -> None:
        """Write each text, in one step a file; on a failure the files before it get their bytes back."""
        new = {
            path: None if text is None else self._known[path].encoded(text)
            for path, text in texts.items()
            if (text is None) != (self._known[path].data is None) or text != self._known[path].text
        }
        done: list[str] = []
        try:
            for path, data in new.items():
                self._put(path, data, self._known[path].data)
                done.append(path)
        except BaseException:
            for path in reversed(done):
                self._put(path, self._known[path].data, new[path])
            raise

    def _put(self, path: str, data: bytes | None, expected: bytes | None) -> None:
        def agreed(before: bytes | None) -> bytes | None:
            if before != expected:
                raise EditRefused(f"{path!r} was changed by someone else meanwhile; try again")
            return data

        change(self.root, self._real(path), agreed, make_folders=data is not None)
