"""What every test may rely on: missing machine parts skip a test at a user's, and fail it in CI."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import settings

from codecompanion.orchestra.verification.landlock import kernel_has_landlock
from codecompanion.orchestra.workspace.change_watch import ChangeWatch

# examples are the same in every run, and a busy machine is no failure
settings.register_profile("default", deadline=None, derandomize=True)
settings.load_profile("default")

# no test reads the keyring of whoever runs it, nor one that another test made up
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session", autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test writes into the spending ledger of whoever runs it."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))


NODE_PARTS = ROOT / ".parts" / "node_modules"
AIMOCK = NODE_PARTS / "@copilotkit" / "aimock"


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
def _may_mount(*in_namespace: str) -> bool:
    mount = ["unshare", *in_namespace, "--mount", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/mnt"]
    return _program("unshare") and subprocess.run(mount, capture_output=True, check=False).returncode == 0


@cache
def _has_own_network() -> bool:
    unshare = ["unshare", "--map-root-user", "--net", "true"]
    return _program("unshare") and subprocess.run(unshare, capture_output=True, check=False).returncode == 0


OWN_NAMESPACE = "--map-root-user"
"""Whoever is not root, or is root in a container, may often still mount where nobody else sees it."""


def _must_move_to_mount(item: pytest.Item) -> bool:
    mounts = any("tmpfs" in marker.args for marker in item.iter_markers("needs"))
    return mounts and not _may_mount() and _may_mount(OWN_NAMESPACE)


PARTS = {
    "nvim": lambda: _program("nvim"),
    "emacs": lambda: _program("emacs"),
    "eglot": _has_eglot,
    "node": lambda: _program("node"),
    "bwrap": lambda: _program("bwrap"),
    "landlock": kernel_has_landlock,
    "own-network": _has_own_network,
    "inotify": lambda: ChangeWatch(ROOT).works,
    "setpriv": lambda: _program("setpriv") and os.geteuid() == 0,
    "tmpfs": lambda: _may_mount() or _may_mount(OWN_NAMESPACE),
    "procfs": lambda: Path("/proc/self/stat").exists(),
    "chromium": lambda: _program("chromium"),
    "git": lambda: _program("git"),
    "redis-server": lambda: _program("redis-server"),
    "aimock": lambda: _program("node") and AIMOCK.is_dir(),
    "code-server": (NODE_PARTS / "code-server" / "lib" / "vscode" / "node_modules").is_dir,
    "vscode-packages": (ROOT / "editor-clients" / "vscode" / "node_modules" / "typescript").is_dir,
    "llmock": lambda: find_spec("llmock") is not None,
    "python3.11": lambda: _starts("python3.11"),
    "python3.12": lambda: _starts("python3.12"),
    "python3.13": lambda: _starts("python3.13"),
    "registry": lambda: os.environ.get("CI") == "true" or os.environ.get("ORCHESTRA_TEST_REGISTRY") == "1",
}
"""How to tell whether a part that some tests need is on this machine."""


def _steps_of(job: Callable[[], object]) -> int:
    steps = 0

    def step(frame: FrameType, event: str, _: object) -> object:
        nonlocal steps
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        steps += event == "opcode"
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        job()
    finally:
        sys.settrace(before)
    return steps


@pytest.fixture
def steps_of() -> Callable[[Callable[[], object]], int]:
    """Return what counts the interpreter's steps of a job: how much work it is, however busy the machine is."""
    return _steps_of


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # the long ones first: else the last process would be at one while the others have nothing left to do
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    in_ci = os.environ.get("CI") == "true"
    for item in items:
        for marker in item.iter_markers("needs"):
            for part in marker.args:
                if not PARTS[part]() and not in_ci:
                    item.add_marker(pytest.mark.skip(reason=f"this machine has no {part}"))
        if isinstance(item, pytest.Function) and _must_move_to_mount(item):
            # they are made where the test runs
            item.fixturenames.clear()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    # comes before pytest's own look at skip marks, so elsewhere than in CI there must be nothing to say
    if os.environ.get("CI") != "true":
        return
    for marker in item.iter_markers("needs"):
        for part in marker.args:
            if not PARTS[part]():
                pytest.fail(f"this test needs {part!r}, which CI must install (.ci/run)", pytrace=False)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that mounts, where need be, in a namespace of its own."""
    if not _must_move_to_mount(pyfuncitem):
        return None
    moved = ["unshare", OWN_NAMESPACE, "--mount", sys.executable, "-m", "pytest", "-q", pyfuncitem.nodeid]
    ended = subprocess.run(moved, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 passed" in ended.stdout
    return True
