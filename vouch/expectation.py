"""Expectations: what a model's JSON Schema lets stand at a place of a document, in words.

Pure. The schema is walked along pydantic's locations, which name the branches of unions between the keys: a branch
chosen by a key such as `kind` by its value, any other by a tag that begins with a dot (contracts/terms/base.py).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel

Path = tuple[str | int, ...]
Node = Mapping[str, Any]

_BRANCH: Final = "·"
_KEY: Final = "[key]"
_BOUNDS: Final = (("minimum", "maximum", "exclusiveMinimum"), ("ge", "le", "gt"))


@dataclass(frozen=True, slots=True)
class Shape:
    """What may stand at a place: one of these nodes of the schema, unions taken apart."""

    nodes: tuple[Node, ...]
    root: Node

    def step(self, part: str | int) -> "Shape":
        """What may stand one part of a location further on."""
        found: list[Node] = []
        for node in self.nodes:
            found += _step(node, part)
        # A tag that the schema does not show narrows nothing.
        return self if not found and self.is_branch(part) else _shape(found, self.root)

    def is_branch(self, part: str | int) -> bool:
        """Whether this part of a location chooses a branch, and is no key or index of the document."""
        if not isinstance(part, str):
            return False
        return part.startswith(_BRANCH) or any(part in _mapping(node) for node in self.nodes)

    def keys(self) -> list[str]:
        """The keys that are known here."""
        return list(dict.fromkeys(key for node in self.nodes for key in node.get("properties", {})))

    def tags(self, key: str) -> list[str]:
        """The values of `key` that choose a branch here."""
        deciding = [node for node in self.nodes if node.get("discriminator", {}).get("propertyName") == key]
        return list(dict.fromkeys(tag for node in deciding for tag in _mapping(node)))

    def words(self) -> str:
        """What is expected here; empty where the schema does not say."""
        return listed(dict.fromkeys(word for node in self.nodes for word in _words(node)))

    def values(self) -> list[str]:
        """The words that may stand here, where there is a list of them."""
        values = [value for node in self.nodes for value in node.get("enum", [node.get("const")])]
        return [value for value in values if isinstance(value, str)]


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a document: its path, what may stand there, in the branch that was chosen, and around it."""

    path: Path
    shape: Shape
    branch: Shape
    around: Shape


def place_of(location: Path, model: type[BaseModel], content: Any) -> Place:
    """The place in the document that a location of pydantic means."""
    path: Path = ()
    around = whole = narrowed = _root(model)
    for part in location:
        if part == _KEY:
            names = [node["propertyNames"] for node in around.nodes if "propertyNames" in node]
            found = _shape(names, narrowed.root)
            return Place(path, found, found, around)
        if narrowed.is_branch(part):
            narrowed = narrowed.step(part)
            continue
        inner = narrowed.step(part)
        stands = isinstance(content, list) or (isinstance(content, dict) and part in content)
        if not inner.nodes and not stands:
            continue
        path, around = (*path, part), narrowed
        whole = narrowed = inner
        content = _within(content, part)
    return Place(path, whole, narrowed, around)


def near(found: Any, known: Iterable[str], cutoff: float = 0.6) -> str:
    """A hint at the nearest of the known words, or nothing."""
    word, words = str(found).casefold(), {one.casefold(): one for one in known}
    close = get_close_matches(word, words, n=1, cutoff=cutoff)
    if not close and len(word) > 2:
        close = [one for one in words if one.startswith(word)]
    return f"; did you mean {words[close[0]]!r}?" if close else ""


def listed(words: Iterable[str], last: str = "or") -> str:
    """Words as a list in a sentence."""
    several = list(words)
    return f" {last} ".join([", ".join(several[:-1]), several[-1]] if len(several) > 1 else several)


@lru_cache(maxsize=64)
def all_keys(model: type[BaseModel]) -> tuple[str, ...]:
    """All keys that the model knows anywhere."""
    root = _root(model).root
    parts = (root, *root.get("$defs", {}).values())
    return tuple(dict.fromkeys(key for part in parts for key in part.get("properties", {})))


@lru_cache(maxsize=64)
def _root(model: type[BaseModel]) -> Shape:
    schema = model.model_json_schema()
    return _shape([schema], schema)


def _within(content: Any, part: str | int) -> Any:
    if isinstance(content, list):
        return content[part] if isinstance(part, int) and part < len(content) else None
    return content.get(part) if isinstance(content, dict) else None


def _shape(nodes: Iterable[Node], root: Node) -> Shape:
    return Shape(tuple(leaf for node in nodes for leaf in _leaves(node, root)), root)


def _leaves(node: Node, root: Node) -> Iterator[Node]:
    """The alternatives of a node, each by itself; a union with a key that decides stays one."""
    if "$ref" in node:
        yield from _leaves(root["$defs"][node["$ref"].rpartition("/")[2]], root)
        return
    several = node.get("anyOf", node.get("oneOf"))
    if several is None or "discriminator" in node or _is_decimal(several):
        yield node
        return
    for one in several:
        yield from _leaves(one, root)


def _is_decimal(several: Sequence[Node]) -> bool:
    return len(several) == 2 and several[0].get("type") == "number" and several[1].get("type") == "string"


def _mapping(node: Node) -> Mapping[str, Any]:
    found: Mapping[str, Any] = node.get("discriminator", {}).get("mapping", {})
    return found


def _step(node: Node, part: str | int) -> list[Node]:
    if isinstance(part, int):
        fixed = node.get("prefixItems", ())
        return [fixed[part]] if part < len(fixed) else [node["items"]] if "items" in node else []
    if part.startswith(_BRANCH):
        return [node] if _fits(node, part.removeprefix(_BRANCH)) else []
    if "discriminator" in node:
        found = _mapping(node).get(part)
        return [] if found is None else [{"$ref": found}] if isinstance(found, str) else [found]
    if part in node.get("properties", {}):
        return [node["properties"][part]]
    others = node.get("additionalProperties")
    return [others] if isinstance(others, Mapping) else []


def _fits(node: Node, branch: str) -> bool:
    if branch in ("word", "given"):
        return (branch == "word") == ("const" in node)
    return branch in node.get("properties", {})


def _words(node: Node) -> list[str]:
    if "const" in node or "enum" in node:
        return [repr(value) for value in node.get("enum", [node.get("const")])]
    if "discriminator" in node:
        key = node["discriminator"]["propertyName"]
        return [f"a mapping whose {key!r} is {listed(map(repr, _mapping(node)))}"]
    if "anyOf" in node:
        return [_number("a number", node, *_BOUNDS[1])]
    match node.get("type"):
        case "integer":
            return [_number("a whole number", node, *_BOUNDS[0])]
        case "number":
            return [_number("a number", node, *_BOUNDS[0])]
        case "string":
            return [_text(node)]
        case "boolean":
            return ["true", "false"]
        case "array":
            least = node.get("minItems", 0)
            return [f"a list of at least {least}" if least else "a list"]
        case "object":
            keys = node.get("required", ())
            least = node.get("minProperties", 0)
            empty = f"a mapping of at least {least}" if least else "a mapping"
            return [f"a mapping with {listed(map(repr, keys), 'and')}" if keys else empty]
    return []


def _number(what: str, node: Node, least: str, most: str, above: str) -> str:
    if above in node:
        return f"{what} above {node[above]}" + (f", at most {node[most]}" if most in node else "")
    if least in node and most in node:
        return f"{what} from {node[least]} to {node[most]}"
    return f"{what} of at least {node[least]}" if least in node else what


def _text(node: Node) -> str:
    match node.get("format"):
        case "date":
            return "a date such as 2026-10-01"
        case "date-time":
            return "an instant with its offset from UTC such as 2026-10-01T00:00:00+02:00"
    least, most = node.get("minLength", 0), node.get("maxLength")
    length = "" if most is None else f" of {least} to {most} characters" if least else f" of at most {most} characters"
    form = f"text of the form {node['pattern']}" if "pattern" in node else "text"
    return f"{node.get('description', form)}{length}"
