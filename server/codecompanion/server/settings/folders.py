"""Where a person's own files are on each platform."""

import sys
from collections.abc import Mapping
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

FOLDER = "orchestra"
USER_FILE = "orchestra.toml"
KEYS_FILE = "keys.toml"


def config_folder(platform: str, environ: Mapping[str, str], home: str) -> PurePath:
    """Return our folder for configuration on ``platform`` (as `sys.platform` names it).

    Windows: ``%APPDATA%``; macOS: Application Support; elsewhere the XDG base directory. As the XDG rules say,
    a relative ``XDG_CONFIG_HOME`` is ignored: it would depend on the folder the process happens to start in.
    """
    if platform == "win32":
        roaming = PureWindowsPath(environ.get("APPDATA", ""))
        base: PurePath = roaming if roaming.is_absolute() else PureWindowsPath(home, "AppData", "Roaming")
    elif platform == "darwin":
        base = PurePosixPath(home, "Library", "Application Support")
    else:
        xdg = PurePosixPath(environ.get("XDG_CONFIG_HOME", ""))
        base = xdg if xdg.is_absolute() else PurePosixPath(home, ".config")
    return base / FOLDER


def state_folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path | None:
    """Return our folder for what a person's processes keep between runs; None where there is no home.

    Beside the settings, but for the XDG rules, which have a place of their own for it.
    """
    settings = user_file(environ, platform)
    if settings is None or platform in ("win32", "darwin"):
        return settings.parent if settings is not None else None
    xdg = PurePosixPath(environ.get("XDG_STATE_HOME", ""))
    home = environ.get("HOME") or str(Path.home())
    return Path(xdg if xdg.is_absolute() else PurePosixPath(home, ".local", "state"), FOLDER)


def user_file(environ: Mapping[str, str], platform: str = sys.platform) -> Path | None:
    """Return the path of the user's settings file, whether or not it exists; None where there is no home."""
    try:
        home = environ.get("HOME") or str(Path.home())
    except RuntimeError:
        return None
    return Path(config_folder(platform, environ, home), USER_FILE)


def keys_file(settings_file: Path | None) -> Path | None:
    """Return the path of the file for keys: beside the user's settings file, so never in a workspace."""
    return settings_file.with_name(KEYS_FILE) if settings_file is not None else None
