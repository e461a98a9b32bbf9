"""Documents people write: YAML (or JSON, which is YAML) read with the line of every value.

Pure. Numbers become int or Decimal, never float; `22:00` and dates stay text; a key given twice is a fault. Models
are pydantic's with `extra="forbid"`; their faults come back as one message with file, line, path, what was found and
what was expected.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, PlainSerializer, ValidationError

from vouch.canonical import plain
from vouch.errors import Invalid
from vouch.expectation import Path as Path
from vouch.expectation import Place, all_keys, listed, near, place_of

ModelT = TypeVar("ModelT", bound=BaseModel)

_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL: Final = re.compile(r"[-+]?[0-9]+\.[0-9]+")
_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_WORDS: Final = {"null": None, "~": None, "": None, "true": True, "false": False}
_LENGTH_MAX: Final = 4_000_000
_DEPTH_MAX: Final = 50


def _plain_number(value: Any) -> Any:
    if isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.fullmatch(value)):
        raise ValueError("a plain decimal number such as 12.50")
    return value


# Written as one spelling for one number, so that a respelled price is the same contract.
PlainDecimal = Annotated[Decimal, BeforeValidator(_plain_number), PlainSerializer(plain, str, when_used="json")]


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake: where, what was found, what was expected."""

    path: Path
    message: str


@dataclass(frozen=True, slots=True)
class PlacedFault:
    """One mistake as a program reads it: `place` is the spelled path, empty where it is about the whole document."""

    line: int | None
    place: str
    message: str


class DocumentFaults(Invalid):
    """All mistakes of one document, a line each; `placed` are the same for programs."""

    def __init__(self, lines: Iterable[str], placed: Iterable[PlacedFault] = ()) -> None:
        shown = list(lines)
        super().__init__("\n".join(shown))
        self.placed = tuple(placed) or tuple(PlacedFault(None, "", line) for line in shown)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: its values, and the line on which each path begins."""

    name: str
    content: Any
    lines: dict[Path, int]

    def model(self, model: type[ModelT]) -> ModelT:
        """The document as `model`. Raises DocumentFaults."""
        try:
            return model.model_validate(self.content)
        except ValidationError as error:
            raise self.faults(_faults_of(error, model, self.content)) from error

    def faults(self, faults: Iterable[Fault]) -> DocumentFaults:
        """The error that names each fault with file and line."""
        found = list(faults)
        return DocumentFaults(
            [f"{self.name}:{self._line(fault.path)}: {_spell(fault.path)}: {fault.message}" for fault in found],
            [
                PlacedFault(self._line(fault.path) if self.lines else None, _spell(fault.path), fault.message)
                for fault in found
            ],
        )

    def _line(self, path: Path) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Unwanted(Exception):
    """YAML that documents do without; found before it is acted upon."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


class _Loader(yaml.SafeLoader):
    """Stops at anchors, aliases, tags and deep nesting, so that one pass over a long text is enough."""

    def fetch_more_tokens(self) -> None:
        super().fetch_more_tokens()
        token = self.tokens[-1] if self.tokens else None
        if isinstance(token, yaml.AliasToken | yaml.AnchorToken | yaml.TagToken):
            raise _Unwanted(token.start_mark.line + 1, "anchors, aliases and tags are not allowed")
        if len(self.indents) + self.flow_level > _DEPTH_MAX:
            raise _Unwanted(self.line + 1, "nested too deeply")


def parse_document(text: str, name: str, length_max: int = _LENGTH_MAX) -> Document:
    """Parse YAML text of at most `length_max` characters. Raises Invalid for a longer one, and DocumentFaults with the
    line of a syntax error, a double key or an alias."""
    if len(text) > length_max:
        raise Invalid(f"{name}: longer than {length_max} characters")
    try:
        root = yaml.compose(text, Loader=_Loader)
    except _Unwanted as error:
        raise DocumentFaults([f"{name}:{error.line}: {error}"]) from error
    except yaml.YAMLError as error:
        raise DocumentFaults(
            [f"{name}:{_syntax_line(error, text)}: not readable as YAML: {_problem(error)}"]
        ) from error
    lines: dict[Path, int] = {}
    content = _construct(root, (), lines, name) if root else None
    return Document(name, content, lines)


def _syntax_line(error: yaml.YAMLError, text: str) -> int:
    if isinstance(error, yaml.reader.ReaderError):
        return text.count("\n", 0, error.position) + 1
    mark = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark else 1


def _problem(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        code = error.character if isinstance(error.character, int) else ord(error.character)
        return f"a character that is not allowed, U+{code:04X}"
    return getattr(error, "problem", None) or "syntax error"


def _construct(node: yaml.Node, path: Path, lines: dict[Path, int], name: str) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise DocumentFaults([f"{name}:{line}: a key must be plain text"])
            key = _printable(key_node, name)
            if key in mapping:
                raise DocumentFaults([f"{name}:{line}: {_spell((*path, key))}: given twice"])
            lines[(*path, key)] = line
            mapping[key] = _construct(value_node, (*path, key), lines, name)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_construct(child, (*path, i), lines, name) for i, child in enumerate(node.value)]
    return _scalar(node, _printable(node, name))


def _printable(node: yaml.Node, name: str) -> str:
    """The node's text, which may not hold control characters, however they are spelled."""
    text = str(node.value)
    control = _CONTROL.search(text)
    if control:
        line = node.start_mark.line + 1
        raise DocumentFaults([f"{name}:{line}: a character that is not allowed, U+{ord(control[0]):04X}"])
    return text


def _scalar(node: yaml.Node, text: str) -> Any:
    if getattr(node, "style", None) is not None:
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) < 100 else text
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


def _spell(path: Path) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "document"


# What pydantic finds where the schema itself says what was expected.
_SAID_BY_SCHEMA: Final = re.compile(
    r"(bool|int|float|decimal|string|date|datetime|list|tuple|dict|model|mapping)_(type|parsing|from_float|attributes_type"
    r"|too_short|too_long|pattern_mismatch)|model_attributes_type|too_short|enum|literal_error"
    r"|(greater|less)_than(_equal)?|no_branch"
)


def _faults_of(error: ValidationError, model: type[BaseModel], content: Any) -> list[Fault]:
    placed = [(detail, place_of(detail["loc"], model, content)) for detail in error.errors(include_url=False)]
    faults = {Fault(_path_of(detail, place), _word(detail, place, model)): None for detail, place in placed}
    # A key with a slip in it is one mistake and not two.
    meant = {
        (*place.path[:-1], hint[1])
        for detail, place in placed
        if detail["type"] == "extra_forbidden" and (hint := _MEANT.search(_unknown_key(place, model)))
    }
    missing = {place.path for detail, place in placed if detail["type"] == "missing"}
    return [fault for fault in faults if fault.path not in meant & missing]


_MEANT: Final = re.compile(r"did you mean '([^']+)'")


def _path_of(detail: Any, place: Place) -> Path:
    if detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return (*place.path, _key_of(detail))
    return place.path


def _key_of(detail: Any) -> str:
    return str(detail["ctx"]["discriminator"]).strip("'")


def _word(detail: Any, place: Place, model: type[BaseModel]) -> str:
    kind, found = detail["type"], detail.get("input")
    expected = place.shape.words()
    if kind == "missing":
        return "required, but missing" + (f"; expected: {expected}" if expected else "")
    if kind == "extra_forbidden":
        return _unknown_key(place, model)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        tags = place.branch.tags(_key_of(detail))
        tag = found.get(_key_of(detail)) if isinstance(found, dict) else None
        if isinstance(found, dict) and _key_of(detail) not in found:
            return f"required, but missing; expected: {listed(map(repr, tags))}"
        return f"found {_shown(tag)}; expected: {listed(map(repr, tags))}{near(tag, tags)}"
    if _SAID_BY_SCHEMA.fullmatch(kind) and expected:
        values = place.shape.values() if isinstance(found, str) else []
        return f"found {_shown(found)}; expected: {expected}{near(found, values)}"
    message = str(detail["msg"]).removeprefix("Value error, ")
    scalar = isinstance(found, str | int | Decimal) or found is None
    return f"found {_shown(found)}; expected: {message}" if scalar else message


def _unknown_key(place: Place, model: type[BaseModel]) -> str:
    key, here = str(place.path[-1]), place.around.keys()
    elsewhere = [] if key in all_keys(model) else all_keys(model)
    hint = near(key, here) or near(key, elsewhere, 0.7)
    return f"unknown key{hint}" if hint or not here else f"unknown key; known here: {', '.join(here)}"


def _shown(found: Any) -> str:
    """What was found, as the file spells it."""
    if isinstance(found, bool) or found is None:
        return str(found).lower() if found is not None else "null"
    if isinstance(found, Decimal | int):
        return str(found)[:80]
    if isinstance(found, str):
        return repr(found)[:80]
    if isinstance(found, dict):
        return f"a mapping with {listed(map(repr, found), 'and')[:80]}" if found else "an empty mapping"
    return "a list"
