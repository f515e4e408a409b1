"""The documentation of the settings is the settings themselves."""

from pathlib import Path

import jsonschema
import pytest

from codecompanion.server.settings.catalogue import all_settings, by_name, by_variable
from codecompanion.server.settings.reference import editor_schema, with_fresh_table

PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"


def test_the_table_in_the_documentation_is_fresh():
    text = PAGE.read_text("utf-8")
    assert text == with_fresh_table(text)


def test_a_page_without_markers_is_refused():
    with pytest.raises(ValueError, match="lacks"):
        with_fresh_table("# Configuration")


def test_names_and_variables_are_unique_and_described():
    assert len(by_name()) == len(by_variable()) == len(all_settings())
    assert all(setting.description.endswith(".") for setting in all_settings())


def test_every_default_is_a_value_its_setting_takes():
    for setting in all_settings():
        if setting.default is not None:
            assert setting.check(setting.default, strict=True) == setting.default


def test_the_editors_schema_takes_what_the_editor_may_give(load):
    validator = jsonschema.Draft202012Validator(editor_schema())
    good = {
        "orchestra.maxParallel": 3,
        "orchestra.testCommand": "npm test",
        "orchestra.models.debugger": "local",
    }
    assert validator.is_valid(good)
    assert load(good).max_parallel == 3
    assert not validator.is_valid({"orchestra.maxParallel": 99})
    assert not validator.is_valid({"orchestra.openaiApiKey": "x"})
    assert not validator.is_valid({"orchestra.sandbox": "off"})
