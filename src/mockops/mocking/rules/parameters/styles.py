"""Taking apart what a `style` put together (OpenAPI 3.1 section 4.8.12.2, RFC 6570).

Everything here works on text as it was sent, so that a delimiter and an encoded delimiter stay different; a list whose
delimiters were all encoded (as many clients do) is still taken apart.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mockops.mocking.rules.parameters.coerce import Coercion, Raw

Pair = tuple[str, str]
"""A decoded name and a value as sent."""

MAX_PAIRS = 10_000
MAX_NESTING = 8

_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_QUERY_DELIMITERS = {
    "form": (",", "%2C", "%2c"),
    "spaceDelimited": ("%20", "+", " "),
    "pipeDelimited": ("|", "%7C", "%7c"),
}


def query_pairs(text: str) -> tuple[Pair, ...]:
    """Split a query string or form body into pairs, in order; empty values are kept."""
    pairs = [part.partition("=") for part in text.split("&", MAX_PAIRS)[:MAX_PAIRS] if part]
    return tuple([(_decoded(name), value) for name, _, value in pairs])


def cookie_pairs(text: str) -> tuple[Pair, ...]:
    """Split a cookie line into pairs, also at the `&` that an exploded list puts between its items."""
    parts = text.replace("&", ";").split(";", MAX_PAIRS)[:MAX_PAIRS]
    pairs = [part.strip().partition("=") for part in parts if part]
    return tuple([(_decoded(name), value) for name, _, value in pairs])


def _decoded(name: str) -> str:
    return unquote_plus(name) if "%" in name or "+" in name else name


def decoder(*, allow_reserved: bool) -> Callable[[str], str]:
    """Return how a query value is decoded: with `allowReserved` a `+` stands for itself."""
    return unquote if allow_reserved else unquote_plus


def split_encoded(text: str, delimiters: Sequence[str], decode: Callable[[str], str]) -> list[str]:
    """Split at the first delimiter that occurs, and decode the pieces; no text, no pieces."""
    if not text:
        return []
    found = next((mark for mark in delimiters if mark in text), None)
    return [decode(text)] if found is None else [decode(piece) for piece in text.split(found)]


def pairs_of(pieces: Sequence[str]) -> dict[str, Raw] | None:
    """Read `R,100,G,200`, already split; None when a value is missing."""
    if len(pieces) % 2:
        return None
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def named(pieces: Iterable[str]) -> dict[str, Raw] | None:
    """Read `R=100`, `G=200`; None when a piece has no `=`."""
    found: dict[str, Raw] = {}
    for piece in pieces:
        name, sign, value = piece.partition("=")
        if not sign:
            return None
        found[name] = value
    return found


def read_simple(text: str, coercion: Coercion, *, explode: bool) -> Raw | None:
    """Read style `simple`; None when it cannot be taken apart as the schema needs."""
    if not coercion.is_structured:
        return text
    pieces = [piece.strip() for piece in text.split(",")] if text else []
    if coercion.wants_object:
        return named(pieces) if explode else pairs_of(pieces)
    return list(pieces) if coercion.wants_array or len(pieces) > 1 else text


def read_label(text: str, coercion: Coercion, *, explode: bool) -> Raw | None:
    """Read style `label`: `.5`, `.3.4.5`, `.3,4,5`, `.R=100.G=200`."""
    if not text.startswith("."):
        return None
    body = text[1:]
    if not coercion.is_structured:
        return body
    delimiter = "." if explode or "," not in body else ","
    pieces = body.split(delimiter) if body else []
    if coercion.wants_object:
        return named(pieces) if explode else pairs_of(pieces)
    return list(pieces) if coercion.wants_array or len(pieces) > 1 else body


def read_matrix(name: str, text: str, coercion: Coercion, *, explode: bool) -> Raw | None:
    """Read style `matrix`: `;id=5`, `;id=3,4`, `;id=3;id=4`, `;R=100;G=200`."""
    if not text.startswith(";"):
        return None
    if not coercion.is_structured:
        key, _, value = text[1:].partition("=")
        return value if key == name else None
    parts = [part.partition("=") for part in text[1:].split(";")]
    if explode and coercion.wants_object:
        return {key: value for key, _, value in parts if key}
    if any(key != name for key, _, _ in parts):
        return None
    values = [value for _, _, value in parts]
    if explode:
        return list(values) if coercion.wants_array or len(values) > 1 else values[0]
    return read_simple(values[0], coercion, explode=False)


def read_form(
    name: str, pairs: Sequence[Pair], coercion: Coercion, *, style: str, explode: bool, decode: Callable[[str], str]
) -> Raw | None:
    """Read styles `form`, `spaceDelimited` and `pipeDelimited`: None when absent or not to be taken apart."""
    values = [value for key, value in pairs if key == name]
    if not values:
        return None
    if not coercion.is_structured:
        return decode(values[0])
    if values == [""] and coercion.needs_item:
        return [""]  # an array without items is not sent at all (RFC 6570 section 2.3)
    if coercion.wants_object:
        return pairs_of(split_encoded(values[0], _QUERY_DELIMITERS.get(style, (",",)), decode))
    if explode and (len(values) > 1 or style == "form"):
        if len(values) == 1 and not (coercion.wants_array and values[0]):
            return [] if coercion.wants_array else decode(values[0])
        return [decode(value) for value in values]
    pieces = [piece for value in values for piece in split_encoded(value, _QUERY_DELIMITERS.get(style, (",",)), decode)]
    return list(pieces) if coercion.wants_array or len(pieces) > 1 else decode(values[0])


def read_spread(pairs: Sequence[Pair], members: Mapping[str, Coercion], decode: Callable[[str], str]) -> Raw | None:
    """Read an exploded form object, whose properties are parameters of their own; None when none is there."""
    found: dict[str, Raw] = {}
    for name, value in pairs:
        member = members.get(name)
        if member is None:
            continue
        text = decode(value)
        earlier = found.get(name)
        if isinstance(earlier, list):
            earlier.append(text)
        elif earlier is None:
            found[name] = [text] if member.wants_array else text
    return found or None


def read_deep(name: str, pairs: Sequence[Pair], coercion: Coercion, decode: Callable[[str], str]) -> Raw | None:
    """Read style `deepObject`, nested as widely practised: `a[b]=1`, `a[b][c]=1`, `a[b][]=1`, `a[0][b]=1`."""
    root: dict[str, Raw] = {}
    plain: list[str] = []
    for key, value in pairs:
        if key == name:
            plain.append(decode(value))
        elif key.startswith(name + "["):
            _place(root, _BRACKETS.findall(key[len(name) :])[:MAX_NESTING], decode(value))
    if root:
        return _listed(root, coercion)
    if not plain:
        return None
    return list(plain) if coercion.wants_array else plain[0]


def _place(root: dict[str, Raw], keys: list[str], value: str) -> None:
    """Put a value under nested keys; a key met twice, or an empty one, gathers a list under `""`."""
    here = root
    for key in keys[:-1]:
        inner = here.get(key)
        if not isinstance(inner, dict):
            inner = {}
            here[key] = inner
        here = inner
    last = keys[-1] if keys else ""
    earlier = here.get(last)
    if isinstance(earlier, list):
        earlier.append(value)
    elif last == "":
        here[last] = [value]
    else:
        here[last] = value if earlier is None else [earlier, value]


def _listed(node: Raw, coercion: Coercion) -> Raw:
    """Turn `{"": [...]}` and `{"0": ..., "1": ...}` into lists where the schema means arrays."""
    if isinstance(node, str):
        return [node] if coercion.wants_array else node
    if isinstance(node, list):
        return node
    if "array" in coercion.types and node and all(key == "" or key.isdecimal() for key in node):
        inner = coercion.items()
        ordered = sorted(node.items(), key=lambda entry: int(entry[0] or -1))
        flat: list[Raw] = []
        for key, item in ordered:
            flat += item if key == "" and isinstance(item, list) else [_listed(item, inner)]
        return flat
    return {key: _listed(item, coercion.member(key)) for key, item in node.items()}
