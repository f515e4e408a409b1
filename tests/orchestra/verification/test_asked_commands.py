"""Which commands are asked for before they run, and that another text is asked for again."""

from pathlib import Path

import pytest

from codecompanion.contracts.consent import CommandRequest
from codecompanion.orchestra.verification.asked_commands import Repository, request_for
from codecompanion.orchestra.verification.detection import Suite, SuiteKind
from codecompanion.orchestra.verification.project_tests import ProjectTests
from codecompanion.orchestra.verification.sandbox import ProcessLimitsOnly, Rung
from codecompanion.orchestra.workspace.protected_state import changed_between, protected_state
from codecompanion.orchestra.workspace.view import Workspace

CONFINED = (Rung.BUBBLEWRAP, Rung.LANDLOCK)
PACKAGE = '{"scripts": {"test": "jest --ci"}, "dependencies": {"jest": "1"}}'
MAKEFILE = "all:\n\ttrue\ntest: all\n\t./check.sh\n"


def asked(
    suite: Suite, files: dict[str, str], rung: Rung = Rung.BUBBLEWRAP, *, users_own: bool = False
) -> CommandRequest | None:
    typed = " ".join(suite.arguments) or f"{suite.kind.value} test"
    repository = Repository("/ws", tuple(files), lambda path: files.get(path, ""))
    return request_for(suite, typed, repository, rung, users_own=users_own)


def own(*words: str) -> Suite:
    return Suite(SuiteKind.OWN, arguments=words)


KNOWN = [
    Suite(kind)
    for kind in (SuiteKind.PYTEST, SuiteKind.UNITTEST, SuiteKind.NODE, SuiteKind.CARGO, SuiteKind.GO)
]
KNOWN += [own("python", "-m", "pytest", "-q"), own("pytest"), own("node", "--test"), own("go", "test", "./...")]


@pytest.mark.parametrize("suite", KNOWN)
def test_known_test_programs_run_unasked_where_they_are_confined(suite: Suite) -> None:
    assert [asked(suite, {"tests/test_a.py": "x"}, rung) for rung in CONFINED] == [None, None]
    request = asked(suite, {}, Rung.ASKING)
    assert request is not None
    assert not request.lasting
    assert "your own rights" in request.why


@pytest.mark.parametrize(
    ("suite", "files", "shown"),
    [
        (Suite(SuiteKind.NPM), {"package.json": PACKAGE}, "package.json: test = jest --ci"),
        (Suite(SuiteKind.MAKE), {"Makefile": MAKEFILE}, "Makefile: test: all ./check.sh"),
        (own("./check.sh", "-q"), {"check.sh": "echo hi"}, "check.sh: echo hi"),
        (own("sh", "ci/run.sh"), {"ci/run.sh": "echo ci"}, "ci/run.sh: echo ci"),
        (own("npm", "run", "unit"), {"package.json": PACKAGE}, "package.json: test = jest --ci"),
        (own("tox", "-q"), {"tox.ini": "[testenv]"}, "tox.ini: [testenv]"),
        (own("curl", "https://example.org"), {}, ""),
        (own("./pytest"), {"pytest": "#!/bin/sh"}, "pytest: #!/bin/sh"),
    ],
)
def test_what_runs_text_of_the_repository_is_asked_for_and_shown(
    suite: Suite, files: dict[str, str], shown: str
) -> None:
    request = asked(suite, files)
    assert request is not None
    assert (request.lasting, request.shown) == (True, shown)


def test_a_command_of_the_users_own_settings_is_asked_for_only_where_it_runs_such_text() -> None:
    assert asked(own("just-a-program", "-q"), {}, users_own=True) is None
    assert asked(own("just-a-program", "-q"), {}) is not None
    assert asked(own("make", "check"), {"Makefile": MAKEFILE}, users_own=True) is not None


@pytest.mark.parametrize(
    ("suite", "before", "after"),
    [
        (
            Suite(SuiteKind.NPM),
            {"package.json": PACKAGE},
            {"package.json": PACKAGE.replace("--ci", "; curl x")},
        ),
        (
            Suite(SuiteKind.NPM),
            {"package.json": PACKAGE},
            {"package.json": PACKAGE, ".npmrc": "script-shell=x"},
        ),
        (Suite(SuiteKind.MAKE), {"Makefile": MAKEFILE}, {"Makefile": MAKEFILE + "\trm -rf ~\n"}),
        (Suite(SuiteKind.MAKE), {"Makefile": MAKEFILE}, {"Makefile": MAKEFILE, "a/b.mk": "x"}),
        (own("./check.sh"), {"check.sh": "a"}, {"check.sh": "b"}),
    ],
)
def test_approve_once_and_swap_later_is_asked_for_again(
    suite: Suite, before: dict[str, str], after: dict[str, str]
) -> None:
    """CVE-2025-54136."""
    first, same, swapped = asked(suite, before), asked(suite, dict(before)), asked(suite, after)
    assert first is not None
    assert same is not None
    assert swapped is not None
    assert first.content == same.content != swapped.content


def test_another_dependency_is_no_other_command() -> None:
    requests = [
        asked(Suite(SuiteKind.NPM), {"package.json": text}) for text in (PACKAGE, PACKAGE.replace('"1"', '"2"'))
    ]
    assert requests[0] is not None
    assert requests[0] == requests[1]


class Answering:
    """A person who says what they are told to, and remembers what they were asked."""

    can_ask = True

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.asked: list[CommandRequest] = []

    async def allows(self, request: CommandRequest) -> bool:
        self.asked.append(request)
        return self.answers.pop(0)


async def test_a_refused_command_does_not_run_and_the_report_says_so(tmp_path: Path) -> None:
    root = tmp_path / "ws"
    root.mkdir()
    (root / "check.sh").write_text("#!/bin/sh\necho ran\n")
    (root / "check.sh").chmod(0o755)
    person = Answering(False, True)
    runner = ProjectTests(test_command=("./check.sh",), parent=tmp_path, consent=person)
    refused = await runner.run(Workspace(root))
    assert not refused.ran
    assert "`./check.sh` was not run: it runs what is written in check.sh" in refused.output
    assert "you did not allow it" in refused.output
    assert (await runner.run(Workspace(root))).output == "ran\n"
    await runner.close()
    alone = ProjectTests(test_command=("./check.sh",), parent=tmp_path)
    assert "nobody could be asked" in (await alone.run(Workspace(root))).output
    await alone.close()


async def test_where_nothing_confines_them_even_known_tests_are_asked_for_each_time(tmp_path: Path) -> None:
    root = tmp_path / "ws"
    root.mkdir()
    (root / "test_a.py").write_text(
        "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): pass\n"
    )
    person = Answering(True, False)
    runner = ProjectTests(parent=tmp_path, sandbox=ProcessLimitsOnly(Rung.ASKING), consent=person)
    assert await runner.rung() is Rung.ASKING
    assert (await runner.run(Workspace(root))).green
    assert not (await runner.run(Workspace(root))).ran
    assert [request.typed for request in person.asked] == ["python -m unittest"] * 2
    await runner.close()
    alone = ProjectTests(parent=tmp_path, sandbox=ProcessLimitsOnly(Rung.ASKING))
    assert await alone.rung() is Rung.REFUSING
    assert not (await alone.run(Workspace(root))).ran
    await alone.close()


async def test_a_test_that_changes_protected_files_unconfined_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, root = tmp_path / "home", tmp_path / "ws"
    for folder in (home, root / ".git/hooks"):
        folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    hook, profile = str(root / ".git/hooks/post-checkout"), str(home / ".bashrc")
    hostile = f"open({hook!r}, 'w').write('x'); open({profile!r}, 'w')"
    (root / "test_a.py").write_text(
        f"import unittest\nclass T(unittest.TestCase):\n    def test_a(self): {hostile}\n"
    )
    runner = ProjectTests(parent=tmp_path, sandbox=ProcessLimitsOnly())
    report = await runner.run(Workspace(root))
    await runner.close()
    assert not report.ran
    assert ".git/hooks/post-checkout" in report.output
    assert ".bashrc" in report.output


def test_the_state_of_protected_files_tells_new_changed_linked_and_gone_apart(tmp_path: Path) -> None:
    root, home = tmp_path / "ws", tmp_path / "home"
    for path in (root / ".vscode/tasks.json", root / ".git/config", home / ".zshrc"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("before")
    before = protected_state(root, home)
    assert changed_between(before, protected_state(root, home)) == []
    (root / ".vscode/tasks.json").write_text("after!")
    (root / ".git/config").unlink()
    (root / ".mcp.json").write_text("new")
    (home / ".profile").symlink_to(root / "x")
    (root / "ordinary.py").write_text("x")
    changed = changed_between(before, protected_state(root, home))
    assert {str(Path(path).relative_to(tmp_path)) for path in changed} == {
        "ws/.vscode/tasks.json",
        "ws/.git/config",
        "ws/.mcp.json",
        "home/.profile",
    }
