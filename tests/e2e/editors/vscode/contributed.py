"""What the extension's manifest says of the server's settings, made from the server's own catalogue.

`python -m tests.e2e.editors.vscode.contributed` brings the manifest up to date.
"""

import json
from pathlib import Path
from typing import Any

from codecompanion.server.settings.catalogue import Setting, all_settings
from codecompanion.server.settings.reference import editor_schema

MANIFEST = Path(__file__).parents[4] / "editor-clients" / "vscode" / "package.json"
OWN = ("orchestra.client.", "orchestra.trace.")
_UNSET = {"string": "", "array": []}


def manifest() -> dict[str, Any]:
    """Return the extension's manifest."""
    found: dict[str, Any] = json.loads(MANIFEST.read_text("utf-8"))
    return found


def settings_of_the_server() -> dict[str, Any]:
    """Return the properties of the manifest for every setting that an editor may give."""
    schemas = editor_schema()["properties"]
    editable = [setting for setting in all_settings() if not setting.given.machine]
    return {
        f"orchestra.{setting.name}": _property(setting, schemas[f"orchestra.{setting.name}"])
        for setting in editable
    }


def _property(setting: Setting, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a setting as VS Code's settings page can show it: of one type, where its schema lets it."""
    forms = [form for form in schema.get("anyOf", [schema]) if form != {"type": "null"}]
    merged = {key: value for form in forms for key, value in form.items() if key != "description"}
    types = [form["type"] for form in forms]
    default = setting.default
    if default is None:
        default = _UNSET.get(types[-1])
        types += ["null"] if default is None else []
    said = setting.description
    if merged["type"] != "boolean" and "enum" not in merged:
        said += f" Give {setting.given.expects}."
    return {**merged, "type": types if len(types) > 1 else types[0], "default": default, "description": said}


def with_fresh_settings(found: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest with the server's settings made anew; the extension's own stay."""
    configuration = found["contributes"]["configuration"]
    own = {name: said for name, said in configuration["properties"].items() if name.startswith(OWN)}
    fresh = {**configuration, "properties": {**own, **settings_of_the_server()}}
    return {**found, "contributes": {**found["contributes"], "configuration": fresh}}


if __name__ == "__main__":
    MANIFEST.write_text(
        json.dumps(with_fresh_settings(manifest()), indent=2, ensure_ascii=False) + "\n", "utf-8"
    )
