"""docs/architecture.md: its picture is what the imports are, and its tables name what there is."""

import re
from pathlib import Path
from typing import Final

import grimp
import pytest

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "architecture.md").read_text()
PACKAGES: Final = ("vouch", "ingest", "contracts", "billing", "web", "device_sim")
ROOF: Final = ("vouch.commands", "vouch.running", "vouch.__main__")
(PICTURE,) = re.findall(r"^```mermaid\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
NODES: Final = {
    name: label.split("<br>") for name, label in re.findall(r'^    (\w+)\["(.*)"\]$', PICTURE, re.MULTILINE)
}
ARROWS: Final = {
    (NODES[one][0], NODES[other][0]) for one, other in re.findall(r"^    (\w+) --> (\w+)$", PICTURE, re.MULTILINE)
}


def floor_of(module: str) -> str:
    """The ground and the roof share a package."""
    parts = module.split(".")
    return next((name for name in ROOF if module == name or module.startswith(f"{name}.")), parts[0])


def imported() -> set[tuple[str, str]]:
    graph = grimp.build_graph(*PACKAGES)
    pairs = {
        (floor_of(module), floor_of(other))
        for module in graph.modules
        for other in graph.find_modules_directly_imported_by(module)
    }
    return {(one, other) for one, other in pairs if one != other}


def test_the_pictures_arrows_are_the_imports_and_no_others() -> None:
    assert imported() == ARROWS


def rooms() -> list[str]:
    """Folders of modules, as paths."""
    found = {path.parent.relative_to(ROOT).as_posix() for name in PACKAGES for path in (ROOT / name).rglob("*.py")}
    return sorted(found)


@pytest.mark.parametrize("floor", [name for name in NODES if name not in ("main", "commands", "vouch", "device_sim")])
def test_the_pictures_rooms_are_the_folders(floor: str) -> None:
    name, drawn = NODES[floor]
    folder = name.replace(".", "/")

    assert drawn.split(", ") == [one.rpartition("/")[2] for one in rooms() if one.rpartition("/")[0] == folder]


def rows(section: str) -> str:
    return PAGE.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]


def test_every_room_says_what_it_owns() -> None:
    named = re.findall(r"`([a-z_/]+)/`", rows("The rooms"))

    assert sorted(set(named) - {"measures", "judges", "prices"}) == rooms()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`([\w./]+)`", rows("Where to change")))))
def test_every_place_to_change_is_there(path: str) -> None:
    assert (ROOT / path).exists()
