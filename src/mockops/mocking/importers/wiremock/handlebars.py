"""WireMock's Handlebars templates, written in Jinja2."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TAG = re.compile(r"\{\{!--.*?--\}\}|\{\{\{(.+?)\}\}\}|\{\{(.+?)\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'[^']*'|"[^"]*")|(?P<name>[A-Za-z]\w*)=|(?P<open>\()|(?P<close>\))|(?P<word>[^\s()=]+))"""
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_STEP = re.compile(r"\.?\[([^\]]*)\]|\.?([^.\[\]]+)")
_JSON_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^']*)'\]|\[(\d+)\]")
_OFFSET = re.compile(r"([+-]?\d+) *(second|minute|hour|day|week)s?")
_DATE_PIECE = re.compile(r"'([^']*)'|(([A-Za-z])\3*)|([^A-Za-z'])")
_MAX_DEPTH = 20

_DATE_LETTERS = {
    "yyyy": "%Y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
    "a": "%p",
    "EEEE": "%A",
    "EEE": "%a",
    "DDD": "%j",
    "Z": "+0000",
    "X": "Z",
    "XXX": "Z",
    "z": "UTC",
}


class Untranslatable(Exception):
    """A template says something that has no counterpart here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What a tool adds to Handlebars: its helpers, its values, its blocks."""

    helpers: Mapping[str, Callable[[list[str], dict[str, str]], str]]
    """By name: positional and named arguments, as Jinja2 expressions, to an expression."""
    path: Callable[[str], str]
    """A look-up (`request.query.page`) to an expression; raises Untranslatable."""
    block: Callable[[str, str], tuple[str, str] | None]
    """A block's name and what follows it to the tags that open and close it; None: none of its own."""
    unknown: Callable[[str, Untranslatable], str] | None = None
    """What to put for a tag (its whole text) that cannot be translated; None: nothing can be."""


def translate(source: str, dialect: Dialect | None = None) -> str:
    """Return a response template of WireMock, or of another tool that uses Handlebars, as Jinja2.

    Raises:
        Untranslatable: It uses a helper or value that has no counterpart; the text names it.

    """
    dialect = dialect or WIREMOCK
    pieces: list[str] = []
    open_blocks: list[tuple[str, str]] = []
    at = 0
    for tag in _TAG.finditer(source):
        pieces.append(literal(source[at : tag.start()]))
        at = tag.end()
        inner = (tag[1] or tag[2] or "!").strip().strip("~").strip()
        if not inner.startswith("!"):
            pieces.append(_known_tag(tag[0], inner, open_blocks, dialect))
    pieces.append(literal(source[at:]))
    if open_blocks:
        raise Untranslatable(f"the block {{{{#{open_blocks[-1][0]}}}}} is never closed")
    return "".join(pieces)


def literal(text: str) -> str:
    """Return text in which Jinja2 sees nothing to act on."""
    return re.sub(r"\{(?=[%#{])", "{{ '{' }}", text)


def _known_tag(whole: str, inner: str, open_blocks: list[tuple[str, str]], dialect: Dialect) -> str:
    try:
        return _tag(inner, open_blocks, dialect)
    except Untranslatable as error:
        if dialect.unknown is None or inner.startswith(("#", "/", "else", ">", "^")):
            raise
        return dialect.unknown(whole, error)


def _tag(inner: str, open_blocks: list[tuple[str, str]], dialect: Dialect) -> str:
    if inner.startswith("#"):
        return _open_block(inner[1:].strip(), open_blocks, dialect)
    if inner.startswith("/"):
        name = inner[1:].strip()
        opened, closing = open_blocks.pop() if open_blocks else ("", "")
        if opened != name:
            raise Untranslatable(f"{{{{/{name}}}}} closes no open block")
        return closing
    if inner == "else":
        return "{% else %}"
    if inner.startswith(("else ", ">", "&", "^")):
        raise Untranslatable(f"{{{{{inner}}}}} has no counterpart")
    return "{{ " + _Parser(inner, dialect).whole() + " }}"


def _open_block(text: str, open_blocks: list[tuple[str, str]], dialect: Dialect) -> str:
    name, _, rest = text.partition(" ")
    if len(open_blocks) >= _MAX_DEPTH:
        raise Untranslatable(f"blocks are nested more than {_MAX_DEPTH} deep")
    opening, closing = dialect.block(name, rest) or _usual_block(name, rest, dialect)
    open_blocks.append((name, closing))
    return opening


def expressions(text: str, dialect: Dialect) -> list[str]:
    """Return the values that a text lists, as Jinja2 expressions; raises Untranslatable."""
    return _Parser(text, dialect).values()


def _usual_block(name: str, rest: str, dialect: Dialect) -> tuple[str, str]:
    """Return the tags of a block that Handlebars itself and its usual helpers have."""
    if name == "each":
        items, _, alias = rest.partition(" as ")
        variable = alias.strip(" |").split()[0] if alias.strip(" |") else "this"
        return f"{{% for {variable} in {_Parser(items, dialect).whole()} %}}", "{% endfor %}"
    if name in ("if", "unless"):
        return f"{{% if {'not ' if name == 'unless' else ''}{_Parser(rest, dialect).whole()} %}}", "{% endif %}"
    if name in ("eq", "neq"):
        values = expressions(rest, dialect)
        if len(values) != 2:
            raise Untranslatable("a comparison takes two values")
        return f"{{% if {values[0]} {'==' if name == 'eq' else '!='} {values[1]} %}}", "{% endif %}"
    raise Untranslatable(f"the block helper {name!r} has no counterpart; there are if, unless, each, eq, neq")


class _Parser:
    """Reads one Handlebars expression."""

    def __init__(self, text: str, dialect: Dialect) -> None:
        self._dialect = dialect
        self._tokens: list[tuple[str, str]] = []
        at = 0
        text = text.strip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                raise Untranslatable(f"{text!r} cannot be read")
            self._tokens.append((match.lastgroup, match[match.lastgroup]))
            at = match.end()
        self._at = 0

    def whole(self) -> str:
        """Return all of it as a Jinja2 expression."""
        is_call = bool(self._tokens) and self._tokens[0][0] == "word"
        expression = self._call(0) if is_call else self._value(0)
        if self._at < len(self._tokens):
            raise Untranslatable(f"{self._tokens[self._at][1]!r} is left over in an expression")
        return expression

    def values(self) -> list[str]:
        """Return the values it lists."""
        found = []
        while self._at < len(self._tokens):
            found.append(self._value(0))
        return found

    def _call(self, depth: int) -> str:
        if self._at >= len(self._tokens) or depth > _MAX_DEPTH:
            raise Untranslatable("an expression is empty, or nested too deeply")
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind != "word" or _NUMBER.fullmatch(text):
            return _constant(text)
        positional: list[str] = []
        named: dict[str, str] = {}
        while self._at < len(self._tokens) and self._tokens[self._at][0] != "close":
            if self._tokens[self._at][0] == "name":
                name = self._tokens[self._at][1]
                self._at += 1
                named[name] = self._value(depth)
            else:
                positional.append(self._value(depth))
        helper = self._dialect.helpers.get(text)
        if helper is not None:
            return helper(positional, named)
        if positional or named:
            known = ", ".join(sorted(self._dialect.helpers))
            raise Untranslatable(f"the helper {text!r} has no counterpart; there are {known}")
        return self._dialect.path(text)

    def _value(self, depth: int) -> str:
        if self._at >= len(self._tokens):
            raise Untranslatable("an expression ends too early")
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "open":
            inner = self._call(depth + 1)
            if self._at >= len(self._tokens) or self._tokens[self._at][0] != "close":
                raise Untranslatable("a parenthesis is not closed")
            self._at += 1
            return inner
        if kind == "word" and not _NUMBER.fullmatch(text) and text not in ("true", "false"):
            return self._dialect.path(text)
        return _constant(text)


def _constant(text: str) -> str:
    return quote(text[1:-1]) if text[:1] in "'\"" else text


def quote(text: str) -> str:
    """Return a text as a constant of Jinja2."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def unquote(value: str) -> str:
    """Return the text that a constant stands for; another expression stays."""
    return value[1:-1].replace("\\'", "'").replace("\\\\", "\\") if value[:1] == "'" else value


def _path(text: str) -> str:
    """Return a look-up; what is missing is empty, as in WireMock."""
    if text in ("@index", "@first", "@last"):
        return {"@index": "loop.index0", "@first": "loop.first", "@last": "loop.last"}[text]
    steps: list[str] = [bracket or name for bracket, name in _STEP.findall(text)]
    if steps[0] != "request":
        root = steps[0]
        if not root.isidentifier() or root in ("parameters", "wireMock"):
            raise Untranslatable(f"{text!r} has no counterpart")
        return root + "".join(map(_member, steps[1:]))
    if len(steps) == 1:
        raise Untranslatable("'request' alone is no value")
    reader = _REQUEST.get(steps[1])
    if reader is None:
        raise Untranslatable(f"{text!r} has no counterpart; of request there are {', '.join(sorted(_REQUEST))}")
    return reader(steps[2:])


def _member(step: str) -> str:
    return f"[{step}]" if step.isdigit() else f"[{quote(step)}]"


def _segments(steps: list[str]) -> str:
    if not steps:
        return "request.path"
    if steps[0].isdigit():
        return f"(request.path.split('/')[{int(steps[0]) + 1}]|default(''))"
    return f"(request.params[{quote(steps[0])}]|default(''))"


def _query(steps: list[str]) -> str:
    if len(steps) == 2 and steps[1].isdigit():
        return f"((request.queries[{quote(steps[0])}]|default([]))[{steps[1]}]|default(''))"
    return _one_of("query")(steps)


def _one_of(group: str) -> Callable[[list[str]], str]:
    def read(steps: list[str]) -> str:
        if not steps:
            return f"request.{group}"
        return f"(request.{group}[{quote(steps[0])}]|default(''))"

    return read


_REQUEST: dict[str, Callable[[list[str]], str]] = {
    "url": lambda _: "request.url",
    "path": _segments,
    "pathSegments": _segments,
    "method": lambda _: "request.method",
    "query": _query,
    "headers": _one_of("headers"),
    "cookies": _one_of("cookies"),
    "body": lambda _: "request.text",
    "bodyAsBase64": lambda _: "(request.text|b64encode)",
    "host": lambda _: "((request.headers['host']|default('localhost')).split(':')[0])",
    "id": lambda _: "uuid()",
}


def _json_path(positional: list[str], named: dict[str, str]) -> str:
    if len(positional) != 2 or positional[0] != "request.text":
        raise Untranslatable("jsonPath reads request.body alone")
    path = unquote(positional[1])
    expression, at = "request.body", 1
    while at < len(path):
        match = _JSON_STEP.match(path, at)
        if match is None or not path.startswith("$"):
            raise Untranslatable(f"the JSONPath {path!r} in a template is more than members and indexes")
        expression = f"{expression}[{match[3]}]" if match[3] else f"{expression}[{quote(match[1] or match[2] or '')}]"
        expression = f"({expression}|default({{}}))" if match.end() < len(path) else expression
        at = match.end()
    return f"({expression}|default({named.get('default', quote(''))}))"


def _now(positional: list[str], named: dict[str, str]) -> str:
    if positional or unquote(named.get("timezone", "UTC")) not in ("UTC", "GMT", "Z"):
        raise Untranslatable("now: only UTC is available, and no date but the present one")
    arguments = []
    if "offset" in named:
        match = _OFFSET.fullmatch(unquote(named["offset"]))
        if match is None:
            raise Untranslatable(f"now: the offset {named['offset']} is not in seconds, minutes, hours, days or weeks")
        arguments.append(f"{match[2]}s={int(match[1])}")
    if "format" in named:
        pattern = unquote(named["format"])
        arguments.append(f"format={quote(pattern if pattern in ('epoch', 'unix') else date_format(pattern))}")
    return f"now({', '.join(arguments)})"


def date_format(pattern: str) -> str:
    """Return a Java date pattern as `strftime` has it.

    Raises:
        Untranslatable: It has letters without a counterpart.

    """
    pieces = []
    for quoted, letters, _, other in _DATE_PIECE.findall(pattern):
        if letters and letters not in _DATE_LETTERS:
            raise Untranslatable(f"the date format {pattern!r}: {letters!r} has no counterpart")
        pieces.append(_DATE_LETTERS[letters] if letters else (quoted or other).replace("%", "%%"))
    return "".join(pieces)


def _random_value(positional: list[str], named: dict[str, str]) -> str:
    kind = unquote(named.get("type", "'ALPHANUMERIC'"))
    length = named.get("length", "36")
    expression = {
        "UUID": "random.uuid()",
        "ALPHANUMERIC": f"random.string({length})",
        "ALPHANUMERIC_AND_SYMBOLS": f"random.string({length})",
        "ALPHABETIC": f"random.letters({length})",
        "NUMERIC": f"random.digits({length})",
        "HEXADECIMAL": f"random.hex({length})",
    }.get(kind)
    if expression is None or positional:
        raise Untranslatable(f"randomValue: the type {kind!r} has no counterpart")
    is_mixed = kind.startswith("ALPHANUMERIC")
    return (
        f"({expression}|upper)"
        if named.get("uppercase") == "true"
        else f"({expression}|lower)"
        if is_mixed
        else expression
    )


def _random_int(_: list[str], named: dict[str, str]) -> str:
    lower, upper = named.get("lower", "0"), named.get("upper", str(2**31 - 1))
    return f"random.int({lower}, {upper} - 1)"


def _filter(name: str) -> Callable[[list[str], dict[str, str]], str]:
    def apply(positional: list[str], _: dict[str, str]) -> str:
        if len(positional) != 1:
            raise Untranslatable(f"{name} takes one value")
        return f"({positional[0]}|{name})"

    return apply


def _base64(positional: list[str], named: dict[str, str]) -> str:
    return _filter("b64decode" if named.get("decode") == "true" else "b64encode")(positional, {})


_HELPERS: dict[str, Callable[[list[str], dict[str, str]], str]] = {
    "jsonPath": _json_path,
    "now": _now,
    "randomValue": _random_value,
    "randomInt": _random_int,
    "randomDecimal": lambda _, named: f"random.float({named.get('lower', '0.0')}, {named.get('upper', '1.0')})",
    "pickRandom": lambda positional, _: f"random.choice({', '.join(positional)})",
    "base64": _base64,
    "urlEncode": _filter("urlencode"),
    "trim": _filter("trim"),
    "upper": _filter("upper"),
    "lower": _filter("lower"),
    "capitalize": _filter("title"),
    "capitalizeFirst": _filter("capitalize"),
    "size": _filter("length"),
}

WIREMOCK = Dialect(helpers=_HELPERS, path=_path, block=lambda _name, _rest: None)
