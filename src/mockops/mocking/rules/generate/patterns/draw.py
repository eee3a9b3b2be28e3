"""Drawing a text that matches."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mockops.mocking.rules.generate.patterns.tree import (
    UNBOUNDED,
    Backreference,
    Branches,
    Chars,
    Group,
    LookAhead,
    Node,
    Repeat,
    Sequence,
    least_work,
    lengths,
)
from mockops.mocking.rules.generate.place import DeadEnd

if TYPE_CHECKING:
    from mockops.mocking.rules.generate.dice import Dice

_PLAIN = "abcdefghijklmnopqrstuvwxyz0123456789"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MARKS = "-_.~!@#$%&*+,:;=?/|()[]{}<>'\"^`\\ "
_BEYOND = "éüñßåøçπЖ中\t\n\r\u00a0"
_MAX_TEXT = 100_000
_MAX_WORK = 150_000
"""Parts of a pattern written for one text; those that write nothing count, too."""
_NEGLIGIBLE = 64
"""How many characters a text may be longer than need be, at most."""


def draw_match(node: Node, dice: Dice, *, low: int = 0, high: int | None = None, is_wide: bool = False) -> str:
    """Return a text that matches, its length between `low` and `high` as far as the pattern lets it be.

    Look-arounds and boundaries are not honoured (positive look-aheads roughly): the caller checks and draws again.

    Args:
        node: The pattern.
        dice: Chance.
        low: Fewest characters wanted.
        high: Most characters wanted.
        is_wide: Draw from all kinds of characters, not the plain ones alone.

    Raises:
        DeadEnd: Every text that matches is too long, or takes too much work.

    """
    fewest, most = lengths(node)
    if least_work(node) > _MAX_WORK:
        raise DeadEnd("its pattern repeats too much within itself")
    if fewest > _MAX_TEXT:
        raise DeadEnd(f"what matches its pattern has at least {fewest:,} characters; at most {_MAX_TEXT:,} are made")
    ceiling = min(most, high if high is not None else UNBOUNDED, _MAX_TEXT)
    floor = min(max(low, fewest), ceiling)
    wanted = dice.between(floor, max(floor, min(ceiling, floor + (12 if floor < _NEGLIGIBLE else 0))))
    writer = _Writer(dice, is_wide=is_wide)
    text = writer.write(node, max(0, wanted - fewest))
    return writer.with_needed(text)


@lru_cache(maxsize=2048)
def _alphabet(chars: Chars, is_wide: bool) -> str:
    """Return characters of a set, the plainest there are (or of all kinds); empty for an empty set."""
    tiers = [_PLAIN + _UPPER + _MARKS, _BEYOND] if is_wide else [_PLAIN, _UPPER, _MARKS, _BEYOND]
    for tier in tiers:
        if found := "".join(char for char in tier if chars.has(ord(char))):
            return found
    return "".join(chr(low) for low, _ in chars.ranges[:50] if not 0xD800 <= low <= 0xDFFF)


class _Writer:
    def __init__(self, dice: Dice, *, is_wide: bool) -> None:
        self.dice = dice
        self.is_wide = is_wide
        self.captured: dict[int | str, str] = {}
        self.needed: list[str] = []
        self.work = 0

    def write(self, node: Node, extra: int) -> str:
        """Write a node in about `extra` characters more than it needs."""
        self.work += 1
        if self.work > _MAX_WORK:
            raise DeadEnd("its pattern repeats too much within itself")
        match node:
            case Chars():
                alphabet = _alphabet(node, self.is_wide)
                return self.dice.pick(alphabet) if alphabet else ""
            case Sequence(parts):
                return self.sequence(parts, extra)
            case Branches(options):
                return self.branches(options, extra)
            case Repeat():
                return self.repeat(node, extra)
            case Group(part, number, name):
                text = self.write(part, extra)
                self.captured[number] = text
                self.captured[name or number] = text
                return text
            case Backreference(group):
                return self.captured.get(group, "")
            case LookAhead(part, is_negative):
                if not is_negative:
                    self.needed.append(self.write(_without_lead(part), 0))
                return ""
            case _:
                return ""

    def sequence(self, parts: tuple[Node, ...], extra: int) -> str:
        shares = [0] * len(parts)
        sizes = [lengths(part) for part in parts]
        elastic = [index for index, (fewest, most) in enumerate(sizes) if most > fewest]
        while elastic and extra > 0:
            index = elastic.pop(self.dice.below(len(elastic)))
            room = sizes[index][1] - sizes[index][0]
            share = min(room, extra if not elastic else max(1, extra // 2))
            shares[index] = share
            extra -= share
        return "".join([self.write(part, share) for part, share in zip(parts, shares, strict=True)])

    def branches(self, options: tuple[Node, ...], extra: int) -> str:
        sizes = [lengths(option) for option in options]
        fewest = min(low for low, _ in sizes)
        near = [index for index, (low, _) in enumerate(sizes) if low - fewest <= extra]
        roomy = [index for index in near if sizes[index][1] - fewest >= extra]
        index = self.dice.pick(roomy or near)
        return self.write(options[index], extra - (sizes[index][0] - fewest))

    def repeat(self, node: Repeat, extra: int) -> str:
        fewest, most = lengths(node.part)
        shares = [0] * node.low
        room = most - fewest
        for index in range(len(shares)):
            shares[index] = min(room, extra)
            extra -= shares[index]
        while extra > 0 and extra >= fewest and len(shares) < node.high and most > 0:
            share = min(room, extra - fewest, max(0, extra // 2))
            shares.append(share if fewest or share else min(room, 1))
            extra -= fewest + shares[-1]
        return "".join([self.write(node.part, share) for share in shares])

    def with_needed(self, text: str) -> str:
        """Put what look-aheads ask for over characters of the text, from its end backwards."""
        end = len(text)
        for piece in self.needed:
            start = end - len(piece)
            if start < 0:
                break
            text = text[:start] + piece + text[end:]
            end = start
        return text


def _without_lead(node: Node) -> Node:
    """Drop the `.*` a look-ahead begins with: what follows it may be anywhere."""
    if isinstance(node, Sequence) and node.parts and isinstance(node.parts[0], Repeat) and node.parts[0].low == 0:
        return Sequence(node.parts[1:])
    return node
