"""Files that hold secrets, told by their names and by a look at what is in them.

The rule these serve stands in docs/security.md. Pure.
"""

import re
from typing import Final

from codecompanion.orchestra.workspace.code_files import is_code
from codecompanion.orchestra.workspace.file_names import comparable

MOST_LOOKED_AT: Final = 1_000_000
"""Characters; what lies beyond is not looked at."""

FOLDERS: Final = frozenset({".git", ".orchestra", ".ssh", ".gnupg", ".password-store"})
_FILES: Final = frozenset(
    {
        ".netrc",
        "_netrc",
        ".npmrc",
        ".pypirc",
        ".git-credentials",
        ".pgpass",
        ".my.cnf",
        ".htpasswd",
        ".dockercfg",
        ".s3cfg",
        ".boto",
        ".vault-token",
        "credentials",
        "application_default_credentials.json",
    }
)
_FILES_IN: Final = frozenset({(".aws", "config"), (".kube", "config"), (".docker", "config.json")})
_STORES: Final = re.compile(
    r".*\.(?:pem|key|p8|p12|pfx|pkcs12|ppk|jks|keystore|kdbx?|agekey|tfstate(?:\.backup)?)", re.DOTALL
)
_DATA = r"\.(?:json|toml|ya?ml|ini|properties)"
_NAMED_SO: Final = re.compile(
    rf"id_(?:rsa|dsa|ecdsa|ed25519).*(?<!\.pub)|(?:credentials?|secrets?){_DATA}"
    rf"|(?:client[-_]?secrets?|service[-_]?account).*{_DATA}"
)
_EXAMPLES: Final = (".example", ".sample", ".template", ".dist")
_EXAMPLE_WITHIN: Final = re.compile(r"[._-](?:example|sample|template)\.[a-z0-9]+")

_KEY_BLOCK: Final = (
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    # a key, not a word about keys: what follows is a line of it, perhaps after a few headers
    r"(?:(?!-----)[\s\S]){0,400}?[A-Za-z0-9+/]{40}"
)
_CONTENTS: Final = (
    ("a private key", re.compile(_KEY_BLOCK)),
    ("a service account's key", re.compile(r'"private_key"\s{0,20}:\s{0,20}"[^"\n]{40}')),
    (
        "an access key",
        re.compile(r"""(?i:aws_secret_access_key)["']?\s{0,9}[=:]\s{0,9}["']?[A-Za-z0-9/+]{40}(?![\w/+])"""),
    ),
)
_WHOLE_BLOCK: Final = re.compile(_KEY_BLOCK + r"(?:(?!-----)[\s\S]){0,20000}(?:-----END [^\n]{0,60}-----)?")
HIDDEN_KEY: Final = "[a private key, hidden]"


def holds_secrets(path: str) -> bool:
    """Whether a relative POSIX path is that of a file for secrets, in any spelling; examples are none."""
    names = comparable(path)
    name = names[-1]
    if not FOLDERS.isdisjoint(names) or tuple(names[-2:]) in _FILES_IN:
        return True
    if name.endswith(_EXAMPLES):
        return False
    if name.startswith(".env") or name in _FILES:
        return True
    if _STORES.fullmatch(name) or _NAMED_SO.fullmatch(name):
        return _EXAMPLE_WITHIN.search(name) is None and not is_code(name)
    return False


def secret_in(text: str) -> str:
    """Return in words which secret a file's text holds, whatever its name; empty when none was seen."""
    start = text[:MOST_LOOKED_AT]
    return next((kind for kind, pattern in _CONTENTS if pattern.search(start)), "")


def without_keys(text: str) -> str:
    """Return ``text`` with each private key in it replaced by a remark."""
    return _WHOLE_BLOCK.sub(HIDDEN_KEY, text)
