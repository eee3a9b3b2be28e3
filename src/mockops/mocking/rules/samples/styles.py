"""Putting parameters together as their `style` says (OpenAPI 3.1 section 4.8.12.2, RFC 6570)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from mockops.mocking.rules.bodies.encode import encode_json
from mockops.mocking.rules.bodies.forms import nested, scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockops.contracts.model import Parameter
    from mockops.core.json import Json

_DELIMITERS = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}


def encoded(text: str) -> str:
    """Return a text with everything but RFC 3986's unreserved characters percent-encoded."""
    return quote(text, safe="")


def path_text(parameter: Parameter, value: Json) -> str:
    """Return a path parameter as it stands in the path: styles `simple`, `label` and `matrix`."""
    if parameter.media_type is not None:
        return encoded(document(parameter, value))
    name = encoded(parameter.name)
    if parameter.style == "matrix":
        return _matrix(name, value, explode=parameter.explode)
    if parameter.style == "label":
        return "." + _joined(value, "." if parameter.explode else ",", encoded, explode=parameter.explode)
    return _joined(value, ",", encoded, explode=parameter.explode)


def _matrix(name: str, value: Json, *, explode: bool) -> str:
    if explode and isinstance(value, list):
        return "".join(f";{name}={encoded(scalar(item))}" for item in value)
    if explode and isinstance(value, dict):
        return "".join(f";{encoded(key)}={encoded(scalar(item))}" for key, item in value.items())
    return f";{name}={_joined(value, ',', encoded, explode=False)}"


def _joined(value: Json, delimiter: str, write: Callable[[str], str], *, explode: bool) -> str:
    """Return `a,b` for an array, `R=100,G=200` or `R,100,G,200` for an object, the text of anything else."""
    if isinstance(value, list):
        return delimiter.join(write(scalar(item)) for item in value)
    if isinstance(value, dict):
        sign = "=" if explode else delimiter
        return delimiter.join(f"{write(key)}{sign}{write(scalar(item))}" for key, item in value.items())
    return write(scalar(value))


def query_pairs(parameter: Parameter, value: Json, *, is_open: bool = False) -> Iterator[tuple[str, str]]:
    """Yield encoded names and values of a query parameter.

    Styles `form`, `spaceDelimited`, `pipeDelimited`, `deepObject`, and documents (`content`).

    Args:
        parameter: Its declaration.
        value: Its value.
        is_open: The value has properties that the contract does not name: spread out nobody would know them.

    """
    name = encoded(parameter.name)
    if parameter.media_type is not None:
        yield name, encoded(document(parameter, value))
    elif isinstance(value, list | dict) and (parameter.style == "deepObject" or is_open or _is_nested(value)):
        yield from ((encoded(key), encoded(text)) for key, text in nested(parameter.name, value))
    elif parameter.explode and isinstance(value, dict):
        for key, item in value.items():
            items = item if isinstance(item, list) else [item]
            yield from ((encoded(key), encoded(scalar(each))) for each in items)
    elif parameter.explode and isinstance(value, list):
        yield from ((name, encoded(scalar(item))) for item in value)
    else:
        delimiter = _DELIMITERS.get(parameter.style, ",")
        yield name, _joined(value, delimiter, encoded, explode=False)


def _is_nested(value: Json) -> bool:
    """Tell whether a value has parts within parts, which style `form` has no words for."""
    items = value.values() if isinstance(value, dict) else value
    return any(isinstance(item, dict) or (isinstance(item, list) and _has_parts(item)) for item in items)


def _has_parts(items: list[Json]) -> bool:
    return any(isinstance(item, list | dict) for item in items)


def header_text(parameter: Parameter, value: Json) -> str:
    """Return a header parameter's field value: style `simple`, which encodes nothing."""
    if parameter.media_type is not None:
        return document(parameter, value)
    return _joined(value, ",", str, explode=parameter.explode)


def document(parameter: Parameter, value: Json) -> str:
    """Return a `content` parameter's value: JSON where that is declared, else its text."""
    return encode_json(value).decode() if "json" in (parameter.media_type or "") else scalar(value)
