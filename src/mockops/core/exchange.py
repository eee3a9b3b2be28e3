"""One request and its answer, as every slice sees them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

import msgspec

if TYPE_CHECKING:
    from mockops.core.json import Json


class NotJson(ValueError):
    """The body is not JSON."""


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
        """Decoded name-value pairs of the query string, in order, empty values kept."""
        return tuple(parse_qsl(self.query_string, keep_blank_values=True, max_num_fields=10_000))

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

    @cached_property
    def json(self) -> Json:
        """The body as a JSON value; raises NotJson with the parser's words."""
        try:
            value: Json = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NotJson(str(error)) from error
        return value
