"""Which files are kept from agents, and from the copy for tests: a corpus of names and of contents."""

import base64
import unicodedata
from pathlib import Path

import pytest

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.workspace.generated import generated_files
from codecompanion.orchestra.workspace.protected import is_protected
from codecompanion.orchestra.workspace.secret_files import (
    HIDDEN_KEY,
    MOST_LOOKED_AT,
    holds_secrets,
    secret_in,
    without_keys,
)
from codecompanion.orchestra.workspace.shadow import ShadowCopy
from codecompanion.orchestra.workspace.view import Workspace

CORPUS = (Path(__file__).parent / "secret_names.txt").read_text().splitlines()
NAMES = [line.removeprefix("secret ") for line in CORPUS if line.startswith("secret ")]
FREE = [line.removeprefix("free ") for line in CORPUS if line.startswith("free ")]
DISGUISED = [
    ".ENV",
    "Server.PEM",
    "ID_RSA",
    "credentialS.json",
    ".netr\u200cc",
    ".n\ufeffetrc",
    "server.pe\u2060m",
    "\u017ferver.key",
    "server.\u212aey",
    "server.pem.",
    "id_rsa ",
    ".netrc::$DATA",
    unicodedata.normalize("NFD", "clé.pem"),
]


def test_the_corpus_is_read() -> None:
    assert (len(NAMES), len(FREE)) == (54, 30)


@pytest.mark.parametrize("path", NAMES + DISGUISED)
def test_a_file_for_secrets_is_known_by_its_name_and_neither_read_nor_written(path: str) -> None:
    assert holds_secrets(path)
    assert is_protected(path)


@pytest.mark.parametrize("path", NAMES)
def test_neither_case_nor_folder_matters(path: str) -> None:
    assert holds_secrets(path.upper())
    assert holds_secrets(f"deep/down/{path}")


@pytest.mark.parametrize("path", FREE)
def test_examples_public_keys_and_code_are_free(path: str) -> None:
    assert not holds_secrets(path)


LINE = base64.b64encode(bytes(range(48))).decode()


def pem(kind: str = "", headers: str = "", end: str = "\n") -> str:
    """Return what looks like a key, put together here: a file with one in it would be a find for scanners."""
    words = f"{kind} PRIVATE KEY".strip()
    return f"-----BEGIN {words}-----{end}{headers}{LINE}{end}{LINE}{end}-----END {words}-----{end}"


KEYS = {
    "pkcs8": pem(),
    "rsa": pem("RSA"),
    "openssh": pem("OPENSSH"),
    "encrypted": pem("ENCRYPTED"),
    "old and encrypted": pem("RSA", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF\n\n"),
    "windows": pem(end="\r\n"),
    "pgp": pem("PGP", "Version: 1\n\n").replace("KEY-", "KEY BLOCK-"),
    "behind other text": "# my server\n\n" * 1_000 + pem(),
    "in json": '{"key": "' + pem(end="\\n") + '"}',
    "in code": f'KEY = """{pem()}"""\n',
    "in quoted lines": "".join(f'    "{line}\\n"\n' for line in pem("EC").splitlines()),
    "cut off": pem()[:120],
}
OTHER_SECRETS = {
    "service account": f'{{"type": "service_account", "private_key" : "{LINE}"}}',
    "aws": f"[default]\naws_access_key_id = AKIA0\naws_secret_access_key = {LINE[:40]}\n",
}
HARMLESS = {
    "a word about keys": 'if line == "-----BEGIN PRIVATE KEY-----":\n    raise ValueError("no keys here")\n',
    "two words": "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n" + LINE,
    "certificate": f"-----BEGIN CERTIFICATE-----\n{LINE}\n-----END CERTIFICATE-----\n",
    "public key": f"-----BEGIN PUBLIC KEY-----\n{LINE}\n-----END PUBLIC KEY-----\n",
    "schema": '{"private_key": {"type": "string"}, "other": "' + LINE + '"}',
    "placeholder": '{"type": "service_account", "private_key": "<paste it here>"}',
    "from the environment": "aws_secret_access_key = os.environ['AWS_SECRET_ACCESS_KEY']\n",
    "hash": f"sha256 = {LINE}\n",
}


@pytest.mark.parametrize("text", KEYS.values(), ids=KEYS)
def test_a_private_key_is_known_by_its_text_and_hidden_in_output(text: str) -> None:
    assert secret_in(text) == "a private key"
    hidden = without_keys(f"before\n{text}after\n")
    assert HIDDEN_KEY in hidden
    assert LINE not in hidden
    assert hidden.startswith("before\n")


@pytest.mark.parametrize("text", OTHER_SECRETS.values(), ids=OTHER_SECRETS)
def test_other_secrets_are_known_by_their_text(text: str) -> None:
    assert secret_in(text)


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_words_about_keys_and_public_ones_are_harmless(text: str) -> None:
    assert secret_in(text) == ""
    assert without_keys(text) == text


def test_the_look_is_bounded() -> None:
    assert secret_in("x" * MOST_LOOKED_AT + pem()) == ""
    hostile = ("-----BEGIN PRIVATE KEY-----" + "A" * 39 + "!") * 20_000
    assert secret_in(hostile) == ""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    for path, text in {
        ".gitignore": "local/*.json\nlocal/*.txt\n*.pem\n",
        "tests/tls.pem": pem(),
        "tests/server.key": pem(),
        "tests/account.json": OTHER_SECRETS["service account"],
        "local/data.json": "{}",
        "local/account.json": OTHER_SECRETS["service account"],
        "local/notes.txt": f"note to self: {KEYS['rsa']}",
        "app.py": "x = 1\n",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


@pytest.mark.parametrize("path", ["tests/server.key", "tests/account.json", "tests/tls.pem"])
@pytest.mark.parametrize("opened", [False, True])
def test_agents_read_no_secret_from_disk_or_buffer(root: Path, path: str, opened: bool) -> None:
    buffers = {path: (root / path).read_text() + "typed"} if opened else {}
    view = Workspace(root, lambda: buffers)
    with pytest.raises(WorkspaceError, match="so agents do not read it"):
        view.read(path)
    assert not {"tests/server.key", "tests/tls.pem"} & set(view.files())


def test_a_link_with_an_innocent_name_is_no_way_in(root: Path) -> None:
    (root / "innocent.txt").symlink_to("tests/server.key")
    with pytest.raises(WorkspaceError, match="may hold secrets"):
        Workspace(root).read("innocent.txt")


def test_the_copy_for_tests_holds_the_projects_own_secrets_but_no_ignored_ones(root: Path) -> None:
    shadow = ShadowCopy(root)
    try:
        for _ in range(2):
            shadow.sync({})
            found = {p.relative_to(shadow.path).as_posix() for p in shadow.path.rglob("*") if p.is_file()}
            assert found == {
                ".gitignore",
                "app.py",
                "local/data.json",
                "tests/account.json",
                "tests/server.key",
            }
        (root / "local" / "account.json").write_text("{}")
        shadow.sync({})
        assert shadow.text("local/account.json") == "{}"
    finally:
        shadow.close()


@pytest.mark.parametrize("path", ["a/server.key", ".npmrc", "id_rsa"])
def test_ignored_files_for_secrets_are_not_even_opened_for_the_copy(tmp_path: Path, path: str) -> None:
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).touch()
    assert list(generated_files(tmp_path, [path], 1_000)) == []
