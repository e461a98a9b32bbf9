"""What a module says of itself, `Pure.` or `Shell.`, held against what it imports and asks.

A pure module computes: it reaches no file, network, clock or environment, and imports only pure modules of ours and
libraries that reach nothing either. Everything else is a shell, and says so.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

# What computes and reaches nothing. `babel` and `zoneinfo` read tables that their packages ship, and nothing else.
LIBRARIES: Final = frozenset(
    """
    array babel base64 bisect collections contextlib csv dataclasses datetime decimal difflib enum fractions functools
    google.protobuf hashlib itertools json math operator pydantic random re struct types typing
    typing_extensions tzdata uuid yaml zlib zoneinfo
    """.split()
)
# What datetime and uuid tell, under whatever name they were imported.
CLOCKS: Final = frozenset({"now", "utcnow", "today", "uuid1", "uuid4"})
OUTSIDE: Final = frozenset({"open", "input", "print", "__import__", "exec", "eval"})


def impurities(root: Path, packages: Collection[str]) -> Iterator[str]:
    """What modules of these packages below `root` say wrongly of themselves, a sentence each."""
    trees = {
        _name(root, path): ast.parse(path.read_text()) for name in packages for path in (root / name).rglob("*.py")
    }
    said = {name: _said(tree) for name, tree in trees.items()}
    for name, tree in sorted(trees.items()):
        if said[name] is None and not _is_generated(tree) and len(tree.body) > 1:
            yield f"{name} says neither Pure nor Shell"
        if said[name] == "Pure":
            yield from (f"{name} is pure and {fault}" for fault in _faults(tree, trees, said))


def _faults(tree: ast.Module, trees: Mapping[str, ast.Module], said: Mapping[str, str | None]) -> Iterator[str]:
    telling = _telling(tree)
    for node in ast.walk(tree):
        for wanted in _imported(node):
            ours = next((name for name in (wanted, wanted.rpartition(".")[0]) if name in trees), None)
            if ours is None and not _is_harmless(wanted):
                yield f"imports {wanted}"
            if ours is not None and said[ours] == "Shell":
                yield f"imports {ours}, a shell"
            if wanted.startswith("uuid.") and wanted.removeprefix("uuid.") in CLOCKS:
                yield f"imports {wanted}"
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS and ast.unparse(node).split(".")[0] in telling:
            yield f"asks {ast.unparse(node)}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in OUTSIDE:
            yield f"calls {node.func.id}"


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _telling(tree: ast.Module) -> set[str]:
    """The module's own names for datetime and uuid, and for what it imports from them."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if (node.module if isinstance(node, ast.ImportFrom) else alias.name) in ("datetime", "uuid")
    }


def _is_harmless(wanted: str) -> bool:
    return any(wanted == library or wanted.startswith(f"{library}.") for library in LIBRARIES)


def _said(tree: ast.Module) -> str | None:
    found = re.search(r"^(Pure|Shell)\.", ast.get_docstring(tree) or "", re.MULTILINE)
    return found[1] if found else None


def _is_generated(tree: ast.Module) -> bool:
    return (ast.get_docstring(tree) or "").startswith("Generated protocol buffer code")


def _name(root: Path, path: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
