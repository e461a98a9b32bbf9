"""What holds for the source as a whole: exactness, docstrings, names that nobody else ships."""

import ast
import importlib.metadata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("vouch", "ingest", "contracts", "billing", "web", "device_sim")
MODULE_LINES_MAX: Final = 400
# Overrides whose meaning is that of the library's own method.
OVERRIDES: Final = {"JsonFormatter.format", "Settings.settings_customise_sources"}
MODULES: Final = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
EXACT: Final = [path for path in MODULES if path.relative_to(ROOT).parts[0] in ("contracts", "billing")]

Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@pytest.mark.parametrize("path", EXACT, ids=name_of)
def test_nothing_is_a_float_between_reading_and_line(path: Path) -> None:
    found = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            found.append(f"line {node.lineno}: {node.value!r}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            found.append(f"line {node.lineno}: float()")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "total_seconds":
            found.append(f"line {node.lineno}: total_seconds() is a float")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "timestamp":
            found.append(f"line {node.lineno}: timestamp() is a float")
        if isinstance(node, ast.ImportFrom | ast.Import) and any(name.name == "math" for name in node.names):
            found.append(f"line {node.lineno}: math")

    assert found == []


def public(body: list[ast.stmt], within: str = "") -> Iterator[tuple[str, Documented]]:
    for node in body:
        if isinstance(node, Documented) and not node.name.startswith("_"):
            yield within + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{within}{node.name}.")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_and_whatever_is_public_says_what_it_is_for(path: Path) -> None:
    tree = tree_of(path)
    silent = [name for name, node in public(tree.body) if not ast.get_docstring(node) and name not in OVERRIDES]

    assert ast.get_docstring(tree)
    assert silent == []


def test_modules_stay_short() -> None:
    long = [name_of(path) for path in MODULES if len(path.read_text().splitlines()) > MODULE_LINES_MAX]

    assert long == []


def test_no_other_distribution_ships_a_package_of_our_names() -> None:
    # PyPI's web.py ships `web`, PyContracts ships `contracts`, and pip overwrites without a word.
    shipped = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        for file in distribution.files or ():
            first = PurePosixPath(file).parts[0].removesuffix(".py")
            if first in PACKAGES and name.lower() != "vouch":
                shipped[first] = name

    assert shipped == {}


def test_folders_of_tests_are_no_packages() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []
