"""Documents that programs write: the same as people's, in JSON, read as JSON.

Pure. Programs spell some texts as YAML cannot read them, and write documents too long for its reader. Numbers become
int or Decimal, never float; a key given twice is a fault; lines are not kept, as paths say where a mistake is.
"""

import json
import re
from decimal import Decimal
from typing import Any, Final

from vouch.document import Document, DocumentFaults
from vouch.exact_json import parse_exact_json

_LENGTH_MAX: Final = 16_000_000
_DECIMAL: Final = re.compile(r"-?[0-9]+\.[0-9]+")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DIGITS_MAX: Final = 100


def parse_json_document(text: str, name: str) -> Document:
    """Parse JSON text. Raises DocumentFaults for what is no JSON, a double key, or a control character in a text."""
    if len(text) > _LENGTH_MAX:
        raise DocumentFaults([f"{name}: longer than {_LENGTH_MAX} characters"])
    try:
        content = parse_exact_json(text, whole=_integer, broken=_decimal, constant=str)
    except json.JSONDecodeError as error:
        raise DocumentFaults([f"{name}:{error.lineno}: not readable as JSON: {error.msg}"]) from error
    except ValueError as error:
        raise DocumentFaults([f"{name}: {error}"]) from error
    except RecursionError as error:
        raise DocumentFaults([f"{name}: nested too deeply"]) from error
    control = _control_in(content)
    if control:
        raise DocumentFaults([f"{name}: a character that is not allowed, U+{ord(control):04X}"])
    return Document(name, content, {})


def _decimal(text: str) -> Decimal | str:
    """A number with an exponent stays text, as in people's documents, and is refused where a number is meant."""
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


def _integer(text: str) -> int | str:
    return int(text) if len(text) < _DIGITS_MAX else text


def _control_in(content: Any) -> str | None:
    """The first control character in any text, which the stack of what is still to be seen finds without recursion."""
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found = _CONTROL.search(one)
            if found:
                return found[0]
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
    return None
