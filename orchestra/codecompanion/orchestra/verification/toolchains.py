"""Where interpreters and other programs live, and which folders outside the system they need to be read."""

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from codecompanion.orchestra.verification.process import Bounds, run_process

# parts of an installation's folder that programs run from; the rest may be anything, such as a home folder
_PARTS_OF_A_PREFIX: Final = ("bin", "lib", "lib64", "libexec", "include")
_SYSTEM: Final = tuple(map(Path, ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/nix/store", "/gnu/store")))
_SAFE_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ASK_PYTHON = (
    "import json, site, sys; print(json.dumps([sys.executable, sys.prefix, sys.base_prefix,"
    " site.getusersitepackages(), site.getuserbase()]))"
)


@dataclass(frozen=True, slots=True)
class Program:
    """A program to run: its absolute path, the folders it needs to read, and variables it needs to be told."""

    path: str
    folders: tuple[Path, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()


def find_program(name: str, find: Callable[[str], str | None] = shutil.which) -> Program | None:
    """Return the program of this name on the user's PATH, None if there is none."""
    path = find(name)
    return Program(str(Path(path).absolute()), folders_of(Path(path).absolute())) if path else None


def folders_of(program: Path) -> tuple[Path, ...]:
    """Return what a program of the user's needs to read outside the system folders: around each name it has."""
    places = {hop.parent for hop in _hops(program)} | {program.resolve().parent}
    found = {folder for place in places | _homes(places) for folder in _around(place)}
    return tuple(sorted(folder for folder in found if not _in_system(folder)))


def folders_of_python(python: Path) -> tuple[Path, ...]:
    """Return the same for an interpreter the workspace names, which may be a link to anywhere.

    Only folders that look like a Python installation count, so that none of the user's own is laid open.
    """
    if not python.resolve().name.startswith(("python", "pypy")):
        return ()
    places = {hop.parent for hop in _hops(python)} | {python.resolve().parent}
    installed = {place for place in places | _homes(places) if place.name == "bin"}
    found = {folder for place in installed for folder in _around(place)}
    return tuple(sorted(folder for folder in found if not _in_system(folder)))


def _homes(places: Iterable[Path]) -> set[Path]:
    return {home for place in places if (home := _home_of_environment(place.parent))}


def _hops(program: Path) -> Iterator[Path]:
    """Yield the program's path and where each of its links leads, folders' links left as they are."""
    for _ in range(20):
        yield program
        if not program.is_symlink():
            return
        program = Path(os.path.normpath(program.parent / program.readlink()))


def _home_of_environment(folder: Path) -> Path | None:
    """Return where a virtual environment says its interpreter lives, if there is one."""
    try:
        text = (folder / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    match = re.search(r"^home\s*=\s*(/\S.*)$", text, re.MULTILINE)
    home = Path(match[1].strip()) if match else None
    return home if home and (home / "python3").exists() else None


def _around(folder: Path) -> Iterator[Path]:
    if (folder.parent / "pyvenv.cfg").is_file():
        yield folder.parent
    elif folder.name == "bin":
        yield from (part for name in _PARTS_OF_A_PREFIX if (part := folder.parent / name).is_dir())
    else:
        yield folder


def _in_system(folder: Path) -> bool:
    return any(folder == system or system in folder.parents for system in _SYSTEM)


def home_of_packages(root: Path, dependencies: Iterable[str]) -> Path:
    """Return the folder that a workspace's installed packages were installed for.

    That is the workspace, or a folder it lies in, when all of them are links to where they lie in that folder:
    so it is with the copy of a project that a fork works in.
    """
    homes = {os.path.realpath(root / path).removesuffix(f"/{path}") for path in dependencies}
    home = Path(homes.pop()) if len(homes) == 1 else root
    return home if home in root.parents else root


def project_environment(root: Path, dependencies: Iterable[str]) -> Program | None:
    """Return the Python of the project's own virtual environment, None if it has none that works."""
    environments = sorted(dependencies, key=lambda path: (path.count("/"), path != ".venv", path))
    for environment in environments:
        for place in ("bin/python", "Scripts/python.exe"):
            python = root / environment / place
            if os.access(python, os.X_OK) and python.exists():
                return Program(str(python), folders_of_python(python))
    return None


async def users_python(scratch: Path, wanted_version: str, environment: Mapping[str, str]) -> Program | None:
    """Return the Python that ``python3`` means to the user, past any version switcher; None if there is none.

    ``wanted_version`` is the text of the project's ``.python-version``, which such switchers obey.
    """
    name = shutil.which("python3") or shutil.which("python")
    if not name:
        return None
    version = wanted_version.strip()
    chosen = {"PYENV_VERSION": version} if _SAFE_VERSION.fullmatch(version) else {}
    for variables in ({**environment, **chosen}, environment):
        ended = await run_process(
            (name, "-I", "-c", _ASK_PYTHON),
            cwd=str(scratch),
            environment=variables,
            bounds=Bounds(seconds=10),
        )
        if ended.exit_code == 0:
            return _described(ended.output)
    return None


def _described(answer: bytes) -> Program | None:
    try:
        executable, prefix, base_prefix, user_packages, user_base = json.loads(answer)
    except ValueError:
        return None
    folders = {
        *folders_of(Path(executable)),
        *_around(Path(prefix) / "bin"),
        *_around(Path(base_prefix) / "bin"),
    }
    variables: tuple[tuple[str, str], ...] = ()
    if Path(user_packages).is_dir():
        # a test run has a home of its own, but packages installed for the user count
        folders.add(Path(user_packages))
        variables = (("PYTHONUSERBASE", user_base),)
    return Program(executable, tuple(sorted(f for f in folders if not _in_system(f))), variables)


def own_python() -> Program:
    """Return the Python that runs this program."""
    return Program(sys.executable, folders_of(Path(sys.executable)))
