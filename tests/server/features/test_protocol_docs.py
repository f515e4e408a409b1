"""docs/protocol.md and what is really sent are both what the schemas say."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import jsonschema

from codecompanion.server.app import NAME, VERSION
from codecompanion.server.commands import COMMANDS
from codecompanion.server.schemas import RESULTS, protocol_schemas, with_generated_parts, write_protocol_docs

PAGE = Path(__file__).parents[3] / "docs" / "protocol.md"


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text("utf-8")
    assert with_generated_parts(page) == page
    assert page.count("<!-- generated:") == 3


def test_writing_the_page_touches_only_the_marked_parts(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "before\n<!-- generated: commands -->\nstale words\n<!-- end of generated -->\nafter\n", "utf-8"
    )
    write_protocol_docs(page)
    text = page.read_text("utf-8")
    assert text.startswith("before\n<!-- generated: commands -->\n")
    assert text.endswith("<!-- end of generated -->\nafter\n")
    assert "stale words" not in text
    assert all(f"`orchestra.{command}`" in text for command in COMMANDS)


def test_every_schema_is_one() -> None:
    schemas = protocol_schemas()
    for schema in schemas["notifications"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    assert (
        set(schemas["commands"])
        == {f"orchestra.{command}" for command in COMMANDS}
        == {f"orchestra.{command}" for command in RESULTS}
    )
    for command in schemas["commands"].values():
        jsonschema.Draft202012Validator.check_schema(command["arguments"])
        jsonschema.Draft202012Validator.check_schema(command["result"])


def test_the_version_said_at_start_is_the_installed_one() -> None:
    assert version(NAME) == VERSION


async def test_what_is_sent_is_what_the_schemas_say(start_editor: Any) -> None:
    editor = await start_editor()
    schemas = protocol_schemas()

    async def ask(command: str, *arguments: Any) -> Any:
        answer = await editor.command(command, *arguments)
        for argument in arguments:
            jsonschema.validate(argument, schemas["commands"][f"orchestra.{command}"]["arguments"])
        jsonschema.validate(answer, schemas["commands"][f"orchestra.{command}"]["result"])
        return answer

    async def until_phase(run_id: str, phase: str) -> None:
        async def reached() -> bool:
            return bool((await ask("status", {"runId": run_id}))["runs"][0]["phase"] == phase)

        await editor.eventually(reached)

    starting = await ask("simulateTask", {"tasks": 1, "seconds": 20})
    await ask("status")
    await until_phase(starting["runId"], "working")
    await ask("pause", {"runId": starting["runId"]})
    await ask("resume")
    await ask("status", {})
    await ask("health")
    await ask("keys")
    stepped = await ask("simulateTask", {"tasks": 1, "seconds": 0, "step": True})
    await until_phase(stepped["runId"], "waiting")
    await ask("next")
    await editor.ended(stepped["runId"])
    await ask("stop")
    await ask("stopAll")
    await editor.ended(starting["runId"])
    check_notifications(editor, schemas["notifications"])


def check_notifications(editor: Any, schemas: dict[str, Any]) -> None:
    for method, schema in schemas.items():
        validator = jsonschema.Draft202012Validator(schema)
        sent = {shape(params): params for params in editor.of(method)}
        assert len(sent) > 2
        for params in sent.values():
            validator.validate(params)


def shape(params: dict[str, Any]) -> str:
    """Return what makes one notification like another: one of each is checked."""
    return str(params.get("phase") or params["body"]["event"])
