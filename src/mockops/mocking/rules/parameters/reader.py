"""The declared parameters of one operation, read from a request."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote

import msgspec

from mockops.contracts.model import Location, Operation, Parameter
from mockops.core.diagnostics import pointer
from mockops.core.json import Json
from mockops.mocking.model import Violation
from mockops.mocking.rules.parameters import styles
from mockops.mocking.rules.parameters.coerce import Coercion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mockops.core.exchange import Request
    from mockops.mocking.rules.parameters.coerce import Raw
    from mockops.mocking.rules.parameters.styles import Pair

IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that OpenAPI says to ignore (3.1 section 4.8.12.1)."""


class ParameterValues(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters that a request carries, by declared location and name; absent ones are absent."""

    values: dict[str, dict[str, Json]] = msgspec.field(default_factory=dict)
    """`path`, `query`, `header`, `cookie` to name to value; a text that is not of its type stays text."""
    violations: tuple[Violation, ...] = ()
    """What could not be read at all: malformed JSON, half of a pair, a missing prefix."""

    def get(self, location: str, name: str) -> Json:
        """Return one value, or None."""
        return self.values.get(location, {}).get(name)


class _Sources:
    """The raw material of one request, split once and only when asked for."""

    __slots__ = ("_cookie_pairs", "_query_pairs", "path", "request")

    def __init__(self, request: Request, path: Mapping[str, str]) -> None:
        self.request = request
        self.path = path
        self._query_pairs: tuple[Pair, ...] | None = None
        self._cookie_pairs: tuple[Pair, ...] | None = None

    @property
    def query_pairs(self) -> tuple[Pair, ...]:
        if self._query_pairs is None:
            self._query_pairs = styles.query_pairs(self.request.query_string)
        return self._query_pairs

    @property
    def cookie_pairs(self) -> tuple[Pair, ...]:
        if self._cookie_pairs is None:
            self._cookie_pairs = styles.cookie_pairs(self.request.header("cookie") or "")
        return self._cookie_pairs


class Unreadable(ValueError):
    """A parameter is there but cannot be taken apart; its text says what was expected."""


def _from_text(parameter: Parameter, coercion: Coercion, text: str) -> Raw:
    """Read a path or header parameter."""
    if parameter.style == "matrix":
        raw = styles.read_matrix(parameter.name, text, coercion, explode=parameter.explode)
        form = f";{parameter.name}=…"
    elif parameter.style == "label":
        raw = styles.read_label(text, coercion, explode=parameter.explode)
        form = ".…"
    else:
        raw = styles.read_simple(text, coercion, explode=parameter.explode)
        form = "name=value,…" if parameter.explode else "name,value,…"
    if raw is None:
        raise Unreadable(f"style {parameter.style}: `{form}`")
    return raw


def _from_path(parameter: Parameter, coercion: Coercion, sources: _Sources) -> Raw | None:
    text = sources.path.get(parameter.name)
    return None if text is None else _from_text(parameter, coercion, text)


def _from_header(parameter: Parameter, coercion: Coercion, sources: _Sources) -> Raw | None:
    text = sources.request.header(parameter.name.lower())
    return None if text is None else _from_text(parameter, coercion, text)


def _from_cookie(parameter: Parameter, coercion: Coercion, sources: _Sources) -> Raw | None:
    if not coercion.is_structured:
        return sources.request.cookies.get(parameter.name)
    return _from_pairs(parameter, coercion, sources.cookie_pairs)


def _from_query(parameter: Parameter, coercion: Coercion, sources: _Sources) -> Raw | None:
    if not sources.request.query_string:
        return None
    return _from_pairs(parameter, coercion, sources.query_pairs)


def _from_pairs(parameter: Parameter, coercion: Coercion, pairs: tuple[Pair, ...]) -> Raw | None:
    decode = styles.decoder(allow_reserved=parameter.allow_reserved)
    if parameter.style == "deepObject":
        return styles.read_deep(parameter.name, pairs, coercion, decode)
    if parameter.explode and coercion.wants_object and parameter.style == "form":
        spread = styles.read_spread(pairs, coercion.members(), decode)
        # OpenAPI leaves open how nested values travel in style `form`; clients write them as `deepObject` does.
        return styles.read_deep(parameter.name, pairs, coercion, decode) if spread is None else spread
    raw = styles.read_form(
        parameter.name, pairs, coercion, style=parameter.style, explode=parameter.explode, decode=decode
    )
    if raw is None and any(name == parameter.name for name, _ in pairs):
        raise Unreadable("pairs of name and value")
    if raw is None and coercion.is_structured:
        return styles.read_deep(parameter.name, pairs, coercion, decode)
    return raw


def _json_text(parameter: Parameter, sources: _Sources) -> str | None:
    match parameter.location:
        case Location.PATH:
            return sources.path.get(parameter.name)
        case Location.HEADER:
            return sources.request.header(parameter.name.lower())
        case Location.COOKIE:
            return sources.request.cookies.get(parameter.name)
        case Location.QUERY:
            found = next((value for name, value in sources.query_pairs if name == parameter.name), None)
            return None if found is None else styles.decoder(allow_reserved=parameter.allow_reserved)(found)


def _read_document(parameter: Parameter, sources: _Sources) -> Json:
    """Read a `content` parameter: JSON is decoded, any other media type stays text."""
    text = _json_text(parameter, sources)
    if text is None or "json" not in (parameter.media_type or ""):
        return msgspec.UNSET if text is None else text
    try:
        return msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        if parameter.location is Location.COOKIE or "%" not in text:
            raise Unreadable("a JSON document") from None
    try:
        return msgspec.json.decode(unquote(text).encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        raise Unreadable("a JSON document") from None


_SOURCES: dict[Location, Callable[[Parameter, Coercion, _Sources], Raw | None]] = {
    Location.PATH: _from_path,
    Location.QUERY: _from_query,
    Location.HEADER: _from_header,
    Location.COOKIE: _from_cookie,
}


def _read_styled(parameter: Parameter, coercion: Coercion, sources: _Sources) -> Json:
    raw = _SOURCES[parameter.location](parameter, coercion, sources)
    return msgspec.UNSET if raw is None else coercion.value(raw)


def _scalar_reader(parameter: Parameter, coercion: Coercion) -> Callable[[_Sources], Json] | None:
    """Return a short way for what most parameters are, a lone value in the usual style; None for all others."""
    if coercion.is_structured:
        return None
    name, value = parameter.name, coercion.value
    if parameter.location is Location.QUERY and parameter.style in {"form", "simple"}:
        decode = styles.decoder(allow_reserved=parameter.allow_reserved)

        def in_query(sources: _Sources) -> Json:
            if sources.request.query_string:
                for key, text in sources.query_pairs:
                    if key == name:
                        return value(decode(text))
            return msgspec.UNSET

        return in_query
    if parameter.location is Location.PATH and parameter.style == "simple":
        return lambda sources: value(sources.path[name]) if name in sources.path else msgspec.UNSET
    if parameter.location is Location.HEADER:
        lower = name.lower()

        def in_header(sources: _Sources) -> Json:
            text = sources.request.header_map.get(lower)
            return msgspec.UNSET if text is None else value(text)

        return in_header
    return None


class ParameterReader:
    """Reads the declared parameters of one operation; made once, used for every request."""

    __slots__ = ("_locations", "_readers", "is_empty")

    is_empty: bool
    """Nothing is declared: reading can be skipped."""

    def __init__(self, operation: Operation) -> None:
        self._readers: list[tuple[Parameter, Callable[[_Sources], Json]]] = []
        for parameter in operation.parameters:
            if parameter.location is Location.HEADER and parameter.name.lower() in IGNORED_HEADERS:
                continue
            if parameter.media_type is not None:
                self._readers.append((parameter, partial(_read_document, parameter)))
            else:
                coercion = Coercion(parameter.schema, operation.definitions)
                short = _scalar_reader(parameter, coercion)
                self._readers.append((parameter, short or partial(_read_styled, parameter, coercion)))
        self.is_empty = not self._readers
        self._locations = tuple(dict.fromkeys(parameter.location.value for parameter, _ in self._readers))

    def read(self, request: Request, path_params: Mapping[str, str]) -> ParameterValues:
        """Return what the request carries; `path_params` are percent-decoded, by name as in the template."""
        values: dict[str, dict[str, Json]] = {location: {} for location in self._locations}
        violations: list[Violation] = []
        sources = _Sources(request, path_params)
        for parameter, read in self._readers:
            try:
                value = read(sources)
            except Unreadable as error:
                violations.append(_unreadable(parameter, str(error)))
                continue
            if value is not msgspec.UNSET:
                values[parameter.location.value][parameter.name] = value
        return ParameterValues(values=values, violations=tuple(violations))


def _unreadable(parameter: Parameter, expected: str) -> Violation:
    rule = "json" if parameter.media_type else "style"
    return Violation(
        location=parameter.location.value,
        pointer=pointer(parameter.name),
        rule=rule,
        expected=expected,
        actual="something else",
        message=f"{parameter.location.value} parameter `{parameter.name}` cannot be read: expected {expected}",
    )
