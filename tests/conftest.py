"""What every test may rely on: missing machine parts skip a test at a user's, and fail it in CI."""

import os
import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

# examples are the same in every run, and a busy machine is no failure
settings.register_profile("default", deadline=None, derandomize=True)
settings.load_profile("default")

# no test reads the keyring of whoever runs it, nor one that another test made up
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"

ROOT = Path(__file__).parent.parent
AIMOCK = ROOT / ".parts" / "node_modules" / "@copilotkit" / "aimock"


def _program(name: str) -> bool:
    return shutil.which(name) is not None


@cache
def _starts(name: str) -> bool:
    # a version manager may have a stand-in on the PATH for a version that is not to be had
    return _program(name) and subprocess.run([name, "-c", ""], capture_output=True, check=False).returncode == 0


@cache
def _has_eglot() -> bool:
    ask = ["emacs", "--batch", "--eval", "(progn (package-initialize) (require 'eglot))"]
    return _program("emacs") and subprocess.run(ask, capture_output=True, check=False).returncode == 0


@cache
def _may_mount() -> bool:
    mount = ["unshare", "--mount", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/mnt"]
    return _program("unshare") and subprocess.run(mount, capture_output=True, check=False).returncode == 0


PARTS = {
    "nvim": lambda: _program("nvim"),
    "emacs": lambda: _program("emacs"),
    "eglot": _has_eglot,
    "node": lambda: _program("node"),
    "bwrap": lambda: _program("bwrap"),
    "tmpfs": _may_mount,
    "procfs": lambda: Path("/proc/self/stat").exists(),
    "chromium": lambda: _program("chromium"),
    "git": lambda: _program("git"),
    "redis-server": lambda: _program("redis-server"),
    "aimock": lambda: _program("node") and AIMOCK.is_dir(),
    "llmock": lambda: find_spec("llmock") is not None,
    "python3.11": lambda: _starts("python3.11"),
    "python3.12": lambda: _starts("python3.12"),
    "python3.13": lambda: _starts("python3.13"),
    "registry": lambda: os.environ.get("CI") == "true" or os.environ.get("ORCHESTRA_TEST_REGISTRY") == "1",
}
"""How to tell whether a part that some tests need is on this machine."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    in_ci = os.environ.get("CI") == "true"
    for item in items:
        for marker in item.iter_markers("needs"):
            for part in marker.args:
                if not PARTS[part]() and not in_ci:
                    item.add_marker(pytest.mark.skip(reason=f"this machine has no {part}"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    # comes before pytest's own look at skip marks, so elsewhere than in CI there must be nothing to say
    if os.environ.get("CI") != "true":
        return
    for marker in item.iter_markers("needs"):
        for part in marker.args:
            if not PARTS[part]():
                pytest.fail(f"this test needs {part!r}, which CI must install (.ci/run)", pytrace=False)
