"""What all tests of the server use: the log of this process as it was before."""

import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from codecompanion.server.logs import CHATTY, CleanHandler


@pytest.fixture
def logging_put_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Undo what configuring the log changes in this process."""
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("", *CHATTY)}
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    yield
    logging.captureWarnings(False)
    for handler in [handler for handler in root.handlers if isinstance(handler, CleanHandler)]:
        root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
