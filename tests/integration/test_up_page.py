"""docs/operations.md names every setting with the default it has."""

import re
from pathlib import Path

import vouch
from vouch.settings import Settings

PAGE = Path(vouch.__file__).parents[1] / "docs/operations.md"


def test_the_page_names_each_setting_with_its_default() -> None:
    told = dict(re.findall(r"^\| `(VOUCH_\w+)` \|(.*?)\|", PAGE.read_text(), re.MULTILINE))

    wanted = {
        f"VOUCH_{name.upper()}": "" if field.default in ("", None) else f"`{field.default}`"
        for name, field in Settings.model_fields.items()
    }
    assert {name: default.strip() for name, default in told.items()} == wanted
