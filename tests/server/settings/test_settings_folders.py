"""The forms of the configuration folder on the three kinds of platform."""

from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from codecompanion.server.settings.folders import config_folder, keys_file, user_file


@pytest.mark.parametrize(
    ("platform", "environ", "home", "expected"),
    [
        ("linux", {}, "/home/ada", PurePosixPath("/home/ada/.config/orchestra")),
        ("linux", {"XDG_CONFIG_HOME": "/etc/ada"}, "/home/ada", PurePosixPath("/etc/ada/orchestra")),
        ("linux", {"XDG_CONFIG_HOME": "here"}, "/home/ada", PurePosixPath("/home/ada/.config/orchestra")),
        ("linux", {"XDG_CONFIG_HOME": ""}, "/home/ada", PurePosixPath("/home/ada/.config/orchestra")),
        ("freebsd14", {}, "/home/ada", PurePosixPath("/home/ada/.config/orchestra")),
        (
            "darwin",
            {"XDG_CONFIG_HOME": "/x"},
            "/Users/ada",
            PurePosixPath("/Users/ada/Library/Application Support/orchestra"),
        ),
        (
            "win32",
            {"APPDATA": r"D:\Profiles\ada\Roaming"},
            r"C:\Users\ada",
            PureWindowsPath(r"D:\Profiles\ada\Roaming\orchestra"),
        ),
        ("win32", {}, r"C:\Users\ada", PureWindowsPath(r"C:\Users\ada\AppData\Roaming\orchestra")),
        (
            "win32",
            {"APPDATA": "x"},
            r"C:\Users\ada",
            PureWindowsPath(r"C:\Users\ada\AppData\Roaming\orchestra"),
        ),
    ],
)
def test_where_the_folder_is(platform, environ, home, expected):
    assert config_folder(platform, environ, home) == expected


def test_the_users_file_and_the_keys_beside_it():
    settings = user_file({"HOME": "/home/ada"}, "linux")
    assert settings == Path("/home/ada/.config/orchestra/orchestra.toml")
    assert keys_file(settings) == Path("/home/ada/.config/orchestra/keys.toml")
    assert keys_file(None) is None


def test_without_a_home_there_is_no_file(monkeypatch):
    def nobody():
        raise RuntimeError("could not determine home directory")

    monkeypatch.setattr(Path, "home", nobody)
    assert user_file({}, "linux") is None
