"""JSON Schemas as they are published: draft 2020-12, with the bounds of exact decimals spelled in its own words.

Pure. A decimal may stand as a number or as text; bounds can be stated of the number only.
"""

from typing import Any, Final

from pydantic import BaseModel, TypeAdapter

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_BOUNDS: Final = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
_DECIMAL: Final = r"^[-+]?[0-9]{1,30}(\.[0-9]{1,30})?$"


def published(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its dialect, and without words that no validator knows."""
    tidy: dict[str, Any] = _tidy(schema)
    return {"$schema": DIALECT} | tidy


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The published schema of what the model reads."""
    return published(model.model_json_schema())


def schema_of_form(form: Any) -> dict[str, Any]:
    """The published schema of a TypedDict's form."""
    return published(TypeAdapter(form).json_schema())


def _tidy(node: Any) -> Any:
    if isinstance(node, list):
        return [_tidy(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: _tidy(one) for key, one in node.items() if key not in ("discriminator", "max_digits", "decimal_places")
    }
    if "properties" in kept or "anyOf" not in kept or "type" in kept:
        return kept
    bounds = {_BOUNDS[key]: kept.pop(key) for key in _BOUNDS if key in kept}
    number, *others = kept["anyOf"]
    if number == {"type": "number"} and {"type": "string"} in others:
        kept["anyOf"] = [number | bounds, *({"type": "string", "pattern": _DECIMAL} for _ in others)]
    return kept
