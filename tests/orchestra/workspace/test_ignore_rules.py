"""What .gitignore, .git/info/exclude and .aiignore keep out; git itself is the judge."""

import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from codecompanion.orchestra.workspace.folder_tree import FolderTree
from codecompanion.orchestra.workspace.ignore_rules import IgnoreFile

NAMES = ["a", "b", "foo", "foo.py", "bar.txt", "x.log", "build", "src", "lib", "a b", ".hid", "foo.pyc"]
NAMES += ["[x]", "#c", "!d", "zz*q", "-n", "é.txt", "Foo"]
_PATTERNS = r"""
foo | *.py | /foo | foo/ | !foo | !*.py | *.log | build/ | /build | src/* | !src/foo | foo/** | **/foo |
foo/**/bar.txt | **/build/** | !/src/ | * | !*/ | /* | !/foo | a/b | b/* | a b | a\ b | \#c | \!d | # | /a/b/ |
[ab] | [!a] | [^a] | foo.* | f?o | *o* | *.t*t | ** | **/ | */ | foo/*/ | foo/**/ | !foo/** | #c | / | // | ! |
foo// | [ | \ | .hid | \[x\] | zz\*q | -n | é.* | **/a/**/b | a/** | !a/**/ | src/**/foo | /src/*/* | */foo |
src/ | !src/ | **foo | foo** | f**o | [[:alpha:]]* | [a-f]oo | FOO | bar.txt/ | [[x]*
"""
PATTERNS = [pattern.strip() for pattern in _PATTERNS.split(" |")]
PATTERNS += ["  foo", "foo  ", "foo\r"]


def files_by_git(root: Path) -> set[str]:
    command = ["git", "-c", "core.excludesFile=/dev/null", "ls-files", "-z", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout
    return set(os.fsdecode(listed).split("\0")) - {""}


def files_by_us(root: Path) -> set[str]:
    return {folder.child(name) for folder in FolderTree(root).walk() for name in folder.files}


def fill(folder: Path, depth: int, chance: random.Random) -> None:
    for name in chance.sample(NAMES, chance.randint(2, 6)):
        path = folder / name
        if depth and chance.random() < 0.5 and "." not in name[1:]:
            path.mkdir()
            fill(path, depth - 1, chance)
        else:
            path.touch()
    if chance.random() < 0.35:
        (folder / ".gitignore").write_text("\n".join(chance.choices(PATTERNS, k=chance.randint(1, 5))))


@pytest.mark.needs("git")
@pytest.mark.parametrize("seed", range(40))
def test_the_same_files_are_listed_as_by_git(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    fill(tmp_path, 3, chance)
    (tmp_path / ".gitignore").write_text("\n".join(chance.choices(PATTERNS, k=chance.randint(1, 6))) + "\n")
    if chance.random() < 0.3:
        (tmp_path / ".git/info/exclude").write_text("\n".join(chance.choices(PATTERNS, k=2)))
    assert files_by_us(tmp_path) == files_by_git(tmp_path)


@pytest.mark.needs("git")
def test_a_folder_inside_a_repository_inherits_its_rules(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("*.log\n/pkg/app/gen\n")
    (tmp_path / ".git/info/exclude").write_text("*.tmp\n")
    app = tmp_path / "pkg" / "app"
    (app / "gen").mkdir(parents=True)
    for name in ("a.py", "a.log", "a.tmp", "gen/x.py"):
        (app / name).touch()
    assert files_by_us(app) == {"a.py"} == files_by_git(app)


def test_a_folder_its_repository_ignores_is_shown_all_the_same(tmp_path: Path) -> None:
    """A home folder kept in git, with everything ignored, must not hide every project in it."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("*\n")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "a.py").touch()
    assert files_by_us(tmp_path / "project") == {"a.py"}


def test_aiignore_only_takes_away(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.log\n")
    (tmp_path / ".aiignore").write_text("!*.log\nsecret/\n*.pem\n!public.pem\n")
    (tmp_path / "secret").mkdir()
    for name in ("a.log", "a.py", "key.pem", "public.pem", "secret/a.py"):
        (tmp_path / name).touch()
    assert files_by_us(tmp_path) == {".aiignore", ".gitignore", "a.py", "public.pem"}


def test_an_ignore_file_that_is_a_link_or_not_text_is_no_ignore_file(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("*\n")
    (tmp_path / ".gitignore").symlink_to("elsewhere")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / ".gitignore").write_bytes(b"\xff\xfe\0\n*.tmp\n")
    (tmp_path / "d" / "a.tmp").touch()
    (tmp_path / "d" / "a.py").touch()
    assert files_by_us(tmp_path) == {"elsewhere", "d/.gitignore", "d/a.py"}


@pytest.mark.parametrize(
    "pattern", ["*a" * 60 + "*b", "/" + "*a" * 60 + "*b", "x/" + "*a" * 60, "**/a/" * 60 + "b"]
)
def test_a_hostile_pattern_takes_no_time(pattern: str) -> None:
    rules = IgnoreFile.parse(pattern)
    path = "a/" * 400 + "a" * 200
    started = time.process_time()
    rules.verdict(path, "a" * 200)
    assert time.process_time() - started < 1
