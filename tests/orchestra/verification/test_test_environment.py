"""Which environment variables a test run gets."""

from pathlib import Path

from codecompanion.orchestra.verification.environment import (
    clean_environment,
    names_a_secret,
    without_secrets,
)

USERS = {
    "PATH": "/usr/bin",
    "LANG": "de_DE.UTF-8",
    "LC_ALL": "C",
    "HOME": "/home/user",
    "OPENAI_API_KEY": "sk-1",
    "GITHUB_TOKEN": "t",
    "db_password": "p",
    "AWS_SECRET_ACCESS_KEY": "s",
    "GOOGLE_APPLICATION_CREDENTIALS": "/x",
    "SSH_AUTH_SOCK": "/run/ssh",
    "DATABASE_URL": "postgres://u:p@h/d",
    "PYTEST_ADDOPTS": "--collect-only",
    "PYTHONSTARTUP": "/x.py",
    "NODE_OPTIONS": "--inspect",
    "LD_PRELOAD": "/x.so",
    "SETTING": "1",
}


def test_only_what_programs_need_is_passed_on() -> None:
    given = clean_environment(Path("/scratch/home"), "/tmp", {"EXTRA": "1"}, source=USERS)
    assert given["PATH"] == "/usr/bin"
    assert given["LANG"] == "de_DE.UTF-8"
    assert given["LC_ALL"] == "C"
    assert given["HOME"] == "/scratch/home"
    assert given["TMPDIR"] == "/tmp"
    assert given["PYTHONDONTWRITEBYTECODE"] == "1"
    assert given["EXTRA"] == "1"
    assert USERS.keys() & given.keys() == {"PATH", "LANG", "LC_ALL", "HOME"}


def test_the_user_may_pass_more_on_but_no_secret() -> None:
    keep = ("SETTING", "OPENAI_API_KEY", "DB_PASSWORD")
    given = clean_environment(Path("/h"), "/tmp", {}, source=USERS, also_keep=keep)
    assert given["SETTING"] == "1"
    assert not {"OPENAI_API_KEY", "db_password"} & given.keys()


def test_a_secret_is_known_by_its_name() -> None:
    assert all(
        map(names_a_secret, ["API_KEY", "x_Token", "PGPASSWORD", "CREDENTIALS", "client_secret", "AUTH"])
    )
    assert not any(map(names_a_secret, ["PATH", "HOME", "LANG", "TZ"]))
    assert without_secrets(USERS).keys() == USERS.keys() - {
        *("OPENAI_API_KEY", "GITHUB_TOKEN", "db_password", "AWS_SECRET_ACCESS_KEY"),
        *("GOOGLE_APPLICATION_CREDENTIALS", "SSH_AUTH_SOCK"),
    }
