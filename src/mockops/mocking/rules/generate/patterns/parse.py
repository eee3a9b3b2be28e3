"""Reading a regular expression (ECMA-262 section 22.2.1, with the `u` flag's escapes, leniently)."""

from __future__ import annotations

from mockops.mocking.rules.generate.patterns.classes import (
    DIGITS,
    NEWLINES,
    PROPERTIES,
    SPACES,
    WORDS,
    all_but,
    chars,
)
from mockops.mocking.rules.generate.patterns.tree import (
    UNBOUNDED,
    Backreference,
    Boundary,
    Branches,
    Chars,
    Group,
    LookAhead,
    Node,
    Repeat,
    Sequence,
)

_MAX_LENGTH = 20_000
_MAX_DEPTH = 60
_MAX_COUNT = 100_000
_CONTROL_ESCAPES = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "0": 0, "a": 7, "e": 27}
_CLASS_ESCAPES = {"d": DIGITS, "w": WORDS, "s": SPACES, "h": ((9, 9), (32, 32))}
_POSIX = ("alpha", "digit", "alnum", "upper", "lower", "punct", "space", "xdigit", "cntrl", "ascii")
_HEX_LENGTHS = {"x": 2, "u": 4, "U": 8}


class PatternUnreadable(ValueError):
    """A regular expression that cannot be read."""


def parse_pattern(pattern: str) -> Node:
    """Return the parts of a pattern; raises PatternUnreadable."""
    if len(pattern) > _MAX_LENGTH:
        raise PatternUnreadable(f"the pattern is longer than {_MAX_LENGTH} characters")
    parser = _Parser(pattern)
    node = parser.branches(0)
    if parser.at < len(pattern):
        raise PatternUnreadable(f"unbalanced `)` at character {parser.at + 1}")
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.groups = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        char = self.peek()
        if not char:
            raise PatternUnreadable("the pattern ends in the middle of something")
        self.at += 1
        return char

    def accept(self, token: str) -> bool:
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def until(self, end: str) -> str:
        stop = self.text.find(end, self.at)
        if stop < 0:
            raise PatternUnreadable(f"`{end}` is missing")
        found = self.text[self.at : stop]
        self.at = stop + len(end)
        return found

    def branches(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise PatternUnreadable(f"groups are nested deeper than {_MAX_DEPTH}")
        options = [self.sequence(depth)]
        while self.accept("|"):
            options.append(self.sequence(depth))
        return options[0] if len(options) == 1 else Branches(tuple(options))

    def sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while self.peek() not in ("", "|", ")"):
            part = self.quantified(self.atom(depth))
            parts.append(part)
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def quantified(self, part: Node) -> Node:
        while True:
            counts = self.counts()
            if counts is None:
                return part
            low, high = counts
            if high < low:
                raise PatternUnreadable(f"the repetition {{{low},{high}}} is the wrong way round")
            part = Repeat(part, low, high)
            if not self.accept("?"):
                self.accept("+")

    def counts(self) -> tuple[int, int] | None:
        for sign, counts in (("*", (0, UNBOUNDED)), ("+", (1, UNBOUNDED)), ("?", (0, 1))):
            if self.accept(sign):
                return counts
        if self.peek() != "{":
            return None
        stop = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : max(stop, 0)].partition(",")
        low, high = low.strip(), high.strip()
        if stop < 0 or not (low or comma) or not all(n == "" or (n.isascii() and n.isdigit()) for n in (low, high)):
            return None  # a brace that stands for itself (ECMA-262 annex B)
        if not low and not high:
            return None
        self.at = stop + 1
        if len(low) > 6 or len(high) > 9:
            raise PatternUnreadable("the repetition is out of bounds")
        fewest = int(low or 0)
        most = (min(int(high), UNBOUNDED) if high else UNBOUNDED) if comma else fewest
        if fewest > _MAX_COUNT:
            raise PatternUnreadable(f"a part is repeated more than {_MAX_COUNT} times")
        return fewest, most

    def atom(self, depth: int) -> Node:
        char = self.take()
        if char in "^$":
            return Boundary()
        if char == ".":
            return all_but(NEWLINES)
        if char == "(":
            return self.group(depth)
        if char == "[":
            return self.char_class()
        if char == "\\":
            return self.escape()
        if char in "*+?":
            raise PatternUnreadable(f"nothing to repeat at character {self.at}")
        return chars([(ord(char), ord(char))])

    def group(self, depth: int) -> Node:
        node = self.opened_group(depth)
        if not self.accept(")"):
            raise PatternUnreadable("`)` is missing")
        return node

    def opened_group(self, depth: int) -> Node:
        if not self.accept("?"):
            return self.captured("", depth)
        for sign, is_negative in (("=", False), ("!", True)):
            if self.accept(sign):
                return LookAhead(self.branches(depth + 1), is_negative)
        if self.accept("<=") or self.accept("<!"):
            self.branches(depth + 1)
            return Boundary()
        if self.accept("P<") or self.accept("<"):
            return self.captured(self.until(">"), depth)
        if self.accept("P="):
            name = self.text[self.at : self.text.find(")", self.at)]
            self.at += len(name)
            return Backreference(name)
        if self.accept(">"):
            return self.branches(depth + 1)
        return self.flagged(depth)

    def flagged(self, depth: int) -> Node:
        """Read `?:…` and `?i:…` (a group without number) or `?i` (flags for the rest allow more, so need nothing)."""
        while self.peek() in set("imsuxUJ-^"):
            self.take()
        if self.accept(":"):
            return self.branches(depth + 1)
        if self.peek() == ")":
            return Boundary()
        raise PatternUnreadable(f"unknown group at character {self.at}")

    def captured(self, name: str, depth: int) -> Node:
        self.groups += 1
        number = self.groups
        return Group(self.branches(depth + 1), number, name)

    def escape(self) -> Node:
        char = self.take()
        if char in "bBAzZG":
            return Boundary()
        if char in "123456789":
            while self.peek() in set("0123456789"):
                char += self.take()
            return Backreference(int(char))
        if char == "k" and self.accept("<"):
            return Backreference(self.until(">"))
        if char == "Q":
            return Sequence(tuple(chars([(ord(c), ord(c))]) for c in self.until("\\E")))
        return self.escaped_set(char)

    def escaped_set(self, char: str) -> Chars:
        if char.lower() in _CLASS_ESCAPES:
            ranges = _CLASS_ESCAPES[char.lower()]
            return chars(ranges) if char.islower() else all_but(ranges)
        if char in "pP":
            return self.property(is_negative=char == "P")
        if char == "R":
            return chars(NEWLINES)
        code = self.escaped_code(char)
        return chars([(code, code)])

    def property(self, *, is_negative: bool) -> Chars:
        name = self.until("}") if self.accept("{") else self.take()
        if name.startswith("^"):
            name, is_negative = name[1:], not is_negative
        key = name.rpartition("=")[2].upper().replace("_", "").removeprefix("IS")
        ranges = PROPERTIES.get(key) or PROPERTIES.get(key[:1])
        if ranges is None:
            raise PatternUnreadable(f"unknown character property `{name}`")
        return all_but(ranges) if is_negative else chars(ranges)

    def escaped_code(self, char: str) -> int:
        if char in _HEX_LENGTHS:
            return self.hex_code(char)
        if char == "c" and self.peek().isalpha():
            return ord(self.take()) % 32
        if char == "0":
            digits = ""
            while self.peek() in set("01234567") and len(digits) < 2:
                digits += self.take()
            return int(digits or "0", 8)
        return _CONTROL_ESCAPES.get(char, ord(char))

    def hex_code(self, char: str) -> int:
        if self.accept("{"):
            digits = self.until("}")
        else:
            digits = self.text[self.at : self.at + _HEX_LENGTHS[char]]
            self.at += len(digits)
        try:
            code = int(digits, 16)
        except ValueError as error:
            raise PatternUnreadable(f"`{digits}` is not a hexadecimal code point") from error
        if code > 0x10FFFF:
            raise PatternUnreadable(f"`{digits}` is beyond the last code point")
        return code

    def char_class(self) -> Chars:
        is_negative = self.accept("^")
        ranges: list[tuple[int, int]] = []
        if self.peek() == "]" and self.text.find("]", self.at + 1) > 0:
            ranges.append((ord(self.take()), ord("]")))  # a leading one stands for itself, as in Rust and PCRE
        while not self.accept("]"):
            ranges += self.class_item()
        return all_but(ranges) if is_negative else chars(ranges)

    def class_item(self) -> tuple[tuple[int, int], ...]:
        first = self.class_atom()
        if self.peek() != "-" or self.text[self.at + 1 : self.at + 2] in ("]", "") or not _is_single(first):
            return first
        mark = self.at
        self.take()
        second = self.class_atom()
        if not _is_single(second):
            self.at = mark
            return (*first, (0x2D, 0x2D)) if self.accept("-") else first
        low, high = first[0][0], second[0][0]
        if high < low:
            raise PatternUnreadable(f"the range {chr(low)}-{chr(high)} is the wrong way round")
        return ((low, high),)

    def class_atom(self) -> tuple[tuple[int, int], ...]:
        char = self.take()
        if char == "[":
            for name in _POSIX:
                if self.accept(f":{name}:]"):
                    return PROPERTIES[name.upper()]
        if char != "\\":
            return ((ord(char), ord(char)),)
        escaped = self.take()
        if escaped == "b":
            return ((8, 8),)
        return self.escaped_set(escaped).ranges


def _is_single(ranges: tuple[tuple[int, int], ...]) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]
