"""The event stream format (server-sent events), as far as model providers use it: ``data`` lines."""


class EventReader:
    """Takes a stream's bytes, cut anywhere, and returns the data of each event that they complete.

    Lines end with CR LF, LF or CR only: text inside JSON may hold the other characters that Python takes for
    line ends. What the end of a stream cuts off is never returned, as it may be half an event.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[str]:
        """Return the events that ``chunk`` completes; raises UnicodeDecodeError when they are not UTF-8."""
        events = []
        for line in self._lines(chunk):
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
            elif not line and self._data:
                events.append(b"\n".join(self._data).decode("utf-8"))
                self._data = []
        return events

    def _lines(self, chunk: bytes) -> list[bytes]:
        block = self._rest + chunk
        # a CR at the very end may be half of a CR LF
        held = b"\r" if block.endswith(b"\r") else b""
        lines = block.removesuffix(held).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = lines.pop() + held
        return lines
