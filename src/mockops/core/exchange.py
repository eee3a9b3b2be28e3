"""One request and its answer, as every slice sees them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

import msgspec

if TYPE_CHECKING:
    from mockops.core.json import Json


MAX_JSON_VALUES = 500_000
"""Values in one JSON body, give or take: what takes a few bytes on the wire takes a hundred in memory, and its time."""
MAX_FORM_FIELDS = 10_000
MAX_FORM_ESCAPES = 200_000
"""Percent-encoded bytes in one form body; decoding them takes 100 ms."""


class NotJson(ValueError):
    """The body is not JSON, or more of it than is read."""


class NotForm(ValueError):
    """The body has more fields than a form may have."""


def decode_json(raw: bytes) -> Json:
    """Return a JSON text as a value.

    Raises:
        NotJson: It is none (in the parser's words), or has too many values.

    """
    # counted at the speed of memchr; what stands in texts counts too, and no usual text has that many
    if len(raw) > MAX_JSON_VALUES and raw.count(b",") + raw.count(b"[") + raw.count(b"{") > MAX_JSON_VALUES:
        raise NotJson(f"more than {MAX_JSON_VALUES:,} values")
    try:
        value: Json = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotJson(str(error)) from error
    return value


def decode_form(text: str) -> tuple[tuple[str, str], ...]:
    """Return the decoded fields of an `application/x-www-form-urlencoded` text, in order, empty values kept.

    Raises:
        NotForm: There are too many fields or percent-encoded bytes.

    """
    if text.count("%") > MAX_FORM_ESCAPES:
        raise NotForm(f"more than {MAX_FORM_ESCAPES:,} percent-encoded bytes")
    try:
        return tuple(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS))
    except ValueError as error:
        raise NotForm(f"more than {MAX_FORM_FIELDS:,} fields") from error


class Request(msgspec.Struct, frozen=True, kw_only=True, dict=True, weakref=True):
    """A request as it came in, addressed to one service: target prefix and base path already stripped."""

    method: str
    """In upper case."""
    path: str
    """The path as sent, percent-encoding intact, without query; starts with `/`."""
    query_string: str = ""
    """What followed `?`, percent-encoding intact."""
    headers: tuple[tuple[str, str], ...] = ()
    """Field names in lower case, values stripped, in the order sent; a repeated field appears repeatedly."""
    body: bytes = b""

    @cached_property
    def query(self) -> tuple[tuple[str, str], ...]:
        """Decoded name-value pairs of the query string, in order, empty values kept; a head's size bounds them."""
        return tuple(parse_qsl(self.query_string, keep_blank_values=True))

    @cached_property
    def form(self) -> tuple[tuple[str, str], ...]:
        """Decoded name-value pairs of the body as a form; none where it is no form or has too many."""
        try:
            return decode_form(self.text)
        except NotForm:
            return ()

    @cached_property
    def header_map(self) -> dict[str, str]:
        """Field values by lower-case name; repeated fields joined with `, ` (RFC 9110 section 5.3)."""
        joined: dict[str, str] = {}
        for name, value in self.headers:
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
        return joined

    def header(self, name: str) -> str | None:
        """Return a field's value by lower-case name, or None."""
        return self.header_map.get(name)

    @cached_property
    def cookies(self) -> dict[str, str]:
        """Cookies by name (RFC 6265 section 5.4); values percent-decoded, surrounding quotes removed."""
        found: dict[str, str] = {}
        for pair in self.header_map.get("cookie", "").split(";"):
            name, sign, value = pair.strip().partition("=")
            if sign:
                found.setdefault(name, unquote(value.strip('"')))
        return found

    @cached_property
    def media_type(self) -> str:
        """The body's media type in lower case, without parameters; empty when not said."""
        return self.header_map.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def text(self) -> str:
        """The body as text: UTF-8, what is not is replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Json:
        """The body as a JSON value; raises NotJson with the parser's words."""
        value, problem = self._json
        if problem is not None:
            raise NotJson(problem)
        return value

    @cached_property
    def _json(self) -> tuple[Json, str | None]:
        """The value, or why there is none: a body that is not JSON is read once, however many stubs ask for it."""
        try:
            return decode_json(self.body), None
        except NotJson as error:
            return None, str(error)
