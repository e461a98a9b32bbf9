"""Documents people write: YAML (or JSON, which is YAML) read with the line of every value.

Pure. Numbers become int or Decimal, never float; `22:00` and dates stay text; a key given twice is a fault. Models
are pydantic's with `extra="forbid"`; their faults come back as one message with file, line, path, what was found and
what was expected.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any, Final, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, PlainSerializer, ValidationError

from vouch.canonical import plain
from vouch.errors import Invalid

Path = tuple[str | int, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)

_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL: Final = re.compile(r"[-+]?[0-9]+\.[0-9]+")
_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_WORDS: Final = {"null": None, "~": None, "": None, "true": True, "false": False}
_LENGTH_MAX: Final = 4_000_000
_DEPTH_MAX: Final = 50
_OPENING: Final = (
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
)
_CLOSING: Final = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)


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


class DocumentFaults(Invalid):
    """All mistakes of one document, a line each."""

    def __init__(self, lines: Iterable[str]) -> None:
        super().__init__("\n".join(lines))


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
        return DocumentFaults(
            f"{self.name}:{self._line(fault.path)}: {_spell(fault.path)}: {fault.message}" for fault in faults
        )

    def _line(self, path: Path) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse_document(text: str, name: str) -> Document:
    """Parse YAML text. Raises DocumentFaults with the line of a syntax error, a double key or an alias."""
    if len(text) > _LENGTH_MAX:
        raise Invalid(f"{name}: longer than {_LENGTH_MAX} characters")
    depth = 0
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            line = token.start_mark.line + 1
            if isinstance(token, yaml.AliasToken | yaml.AnchorToken | yaml.TagToken):
                raise DocumentFaults([f"{name}:{line}: anchors, aliases and tags are not allowed"])
            depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
            if depth > _DEPTH_MAX:
                raise DocumentFaults([f"{name}:{line}: nested too deeply"])
        root = yaml.compose(text, Loader=yaml.SafeLoader)
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


def _faults_of(error: ValidationError, model: type[BaseModel], content: Any) -> list[Fault]:
    faults = []
    for detail in error.errors(include_url=False):
        path = _written_path(detail["loc"], content)
        faults.append(Fault(path, _word(detail, path, model)))
    return faults


def _written_path(location: Path, content: Any) -> Path:
    """The path as it stands in the file: pydantic adds the names of union branches in between."""
    if not location:
        return ()
    path: Path = ()
    part: Any
    for part in location[:-1]:
        if isinstance(content, list) or (isinstance(content, dict) and part in content):
            path, content = (*path, part), content[part]
    is_branch = isinstance(content, dict) and location[-1] in (content.get("kind"), content.get("says"))
    return path if is_branch else (*path, location[-1])


def _word(detail: Any, path: Path, model: type[BaseModel]) -> str:
    kind, found = detail["type"], detail.get("input")
    if kind == "missing":
        return "required, but missing"
    if kind == "extra_forbidden":
        near = get_close_matches(str(path[-1]), _field_names(model), n=1, cutoff=0.7)
        return "unknown key" + (f"; did you mean {near[0]!r}?" if near else "")
    if kind == "union_tag_invalid":
        key, tags = detail["ctx"]["discriminator"].strip("'"), detail["ctx"]["expected_tags"]
        return f"found {key} {detail['ctx']['tag']!r}; expected one of {tags}"
    if kind == "union_tag_not_found":
        return f"{detail['ctx']['discriminator']} is required, but missing"
    message = str(detail["msg"]).removeprefix("Value error, ")
    shown = repr(str(found) if isinstance(found, Decimal) else found)
    scalar = isinstance(found, str | int | Decimal) or found is None
    return f"found {shown[:80]}; expected: {message}" if scalar else message


def _field_names(model: type[BaseModel]) -> set[str]:
    """Names of all fields of a model and of the models within it, for near misses."""
    names: set[str] = set()
    schema = model.model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        names |= set(part.get("properties", {}))
    return names
