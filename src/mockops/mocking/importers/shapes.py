"""Reading what people wrote into nouns: shorthands spelled out, and every problem told with its place."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec
from msgspec import inspect

from mockops.core.diagnostics import Diagnostic, Severity, pointer

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.json import Json

S = TypeVar("S", bound=msgspec.Struct)


class Source(Protocol):
    """A document, as far as importers look at it."""

    @property
    def data(self) -> Json: ...  # noqa: D102 (as in core.documents)
    @property
    def source(self) -> str: ...  # noqa: D102 (as above)
    def locate(self, pointer: str) -> tuple[int, int] | None: ...  # noqa: D102 (as above)


class Plain:
    """JSON that came over an API: no file, no lines."""

    def __init__(self, data: Json, source: str = "api") -> None:
        self.data = data
        self.source = source

    def locate(self, pointer: str) -> tuple[int, int] | None:
        """Return None: there is no text."""
        return None


class Problems:
    """Collects diagnostics about one document."""

    def __init__(self, document: Source, code: str) -> None:
        self.document = document
        self.found: list[Diagnostic] = []
        self._code = code

    @property
    def errors(self) -> int:
        """How many of them are errors."""
        return sum(each.severity is Severity.ERROR for each in self.found)

    def add(
        self, tokens: tuple[str | int, ...], message: str, *, hint: str = "", severity: Severity = Severity.ERROR
    ) -> None:
        """Note a problem with the value that reference tokens lead to."""
        place = self.locate(tokens)
        self.found.append(
            Diagnostic(
                code=self._code,
                severity=severity,
                message=message,
                source=self.document.source,
                pointer=pointer(*tokens),
                line=place[0] if place else None,
                column=place[1] if place else None,
                hint=hint,
            )
        )

    def locate(self, tokens: tuple[str | int, ...]) -> tuple[int, int] | None:
        """Return line and column of a value, or of the nearest one around it that stands in the text."""
        for end in range(len(tokens), -1, -1):
            place = self.document.locate(pointer(*tokens[:end]))
            if place is not None:
                return place
        return None

    def place(self, tokens: tuple[str | int, ...]) -> str:
        """Return `file:line` of a value."""
        place = self.locate(tokens)
        return f"{self.document.source}:{place[0]}" if place else self.document.source


@cache
def _type_info(kind: type) -> inspect.Type:
    return inspect.type_info(kind)


def snake_case(name: str) -> str:
    """Return a camelCase or kebab-case key in snake_case."""
    letters = []
    for at, letter in enumerate(name.replace("-", "_")):
        if letter.isupper() and at and name[at - 1].islower():
            letters.append("_")
        letters.append(letter.lower())
    return "".join(letters)


class Shaper:
    """Walks a value along the fields of a struct; shorthands are spelled out by hooks before, checks run after."""

    def __init__(
        self,
        problems: Problems,
        *,
        spell_out: dict[type, Callable[[Json, tuple[str | int, ...], Problems], Json]],
        check: dict[type, Callable[[dict[str, Json], tuple[str | int, ...], Problems], None]],
        aliases: dict[type, dict[str, str]],
    ) -> None:
        self._problems = problems
        self._spell_out = spell_out
        self._check = check
        self._aliases = aliases

    def read(self, value: Json, kind: type[S], tokens: tuple[str | int, ...]) -> S | None:
        """Return the struct that a value stands for, or None with the problems noted."""
        before = self._problems.errors
        shaped = self._shape(value, _type_info(kind), tokens)
        if self._problems.errors > before:
            return None
        try:
            return msgspec.convert(shaped, kind)
        except (msgspec.ValidationError, RecursionError) as error:
            self._problems.add(tokens, str(error))
            return None

    def _shape(self, value: Json, kind: inspect.Type, tokens: tuple[str | int, ...]) -> Json:
        match kind:
            case inspect.StructType():
                return self._shape_struct(value, kind, tokens)
            case inspect.DictType():
                return self._shape_members(value, kind.value_type, tokens)
            case inspect.ListType() | inspect.VarTupleType():
                return self._shape_items(value, kind.item_type, tokens)
            case inspect.UnionType():
                return self._shape_union(value, kind, tokens)
            case inspect.StrType():
                return self._shape_text(value, tokens)
            case inspect.AnyType():
                return value
            case _:
                return self._shape_leaf(value, kind, tokens)

    def _shape_struct(self, value: Json, kind: inspect.StructType, tokens: tuple[str | int, ...]) -> Json:
        spell_out = self._spell_out.get(kind.cls)
        if spell_out is not None:
            value = spell_out(value, tokens, self._problems)
        if not isinstance(value, dict):
            self._problems.add(tokens, f"{_shown(value)} stands where {_struct_name(kind)} should (an object)")
            return value
        fields = {field.encode_name: field for field in kind.fields}
        shaped: dict[str, Json] = {}
        for key, member in value.items():
            name = self._known_key(str(key), kind, fields)
            if name is None:
                self._refuse_key(str(key), fields, kind, tokens)
            elif name in shaped:
                self._problems.add((*tokens, key), f"{key!r} says {name!r} a second time")
            else:
                shaped[name] = self._shape(member, fields[name].type, (*tokens, key))
        for name, field in fields.items():
            if field.required and name not in shaped:
                self._problems.add(tokens, f"{name!r} is missing from {_struct_name(kind)}")
        check = self._check.get(kind.cls)
        if check is not None:
            check(shaped, tokens, self._problems)
        return shaped

    def _known_key(self, key: str, kind: inspect.StructType, fields: dict[str, inspect.Field]) -> str | None:
        for name in (key, snake_case(key)):
            if name in fields:
                return name
            alias = self._aliases.get(kind.cls, {}).get(name)
            if alias is not None:
                return alias
        return None

    def _refuse_key(
        self, key: str, fields: dict[str, inspect.Field], kind: inspect.StructType, tokens: tuple[str | int, ...]
    ) -> None:
        names = [name for name in fields if name != "source" or kind.cls.__name__.endswith("Transition")]
        near = get_close_matches(snake_case(key), names, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"
        self._problems.add((*tokens, key), f"{_struct_name(kind)} has no {key!r}", hint=hint)

    def _shape_members(self, value: Json, kind: inspect.Type, tokens: tuple[str | int, ...]) -> Json:
        if not isinstance(value, dict):
            self._problems.add(tokens, f"{_shown(value)} stands where an object should")
            return value
        return {str(key): self._shape(member, kind, (*tokens, key)) for key, member in value.items()}

    def _shape_items(self, value: Json, kind: inspect.Type, tokens: tuple[str | int, ...]) -> Json:
        if not isinstance(value, list):
            self._problems.add(tokens, f"{_shown(value)} stands where a list should")
            return value
        return [self._shape(item, kind, (*tokens, at)) for at, item in enumerate(value)]

    def _shape_union(self, value: Json, kind: inspect.UnionType, tokens: tuple[str | int, ...]) -> Json:
        if value is None and any(isinstance(each, inspect.NoneType) for each in kind.types):
            return None
        kinds = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
        if len(kinds) == 1:
            return self._shape(value, kinds[0], tokens)
        for each in kinds:
            if isinstance(each, _PYTHON.get(type(value), inspect.StrType)):
                return self._shape(value, each, tokens)
        return self._shape_leaf(value, kind, tokens)

    def _shape_text(self, value: Json, tokens: tuple[str | int, ...]) -> Json:
        if isinstance(value, str):
            return value
        if isinstance(value, bool | int | float):
            return text_of(value)
        self._problems.add(tokens, f"{_shown(value)} stands where text should")
        return value

    def _shape_leaf(self, value: Json, kind: inspect.Type, tokens: tuple[str | int, ...]) -> Json:
        expected = _EXPECTED.get(type(kind))
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        match kind:
            case inspect.LiteralType():
                if value not in kind.values:
                    near = get_close_matches(str(value), [str(each) for each in kind.values], n=1)
                    hint = f"did you mean {near[0]!r}?" if near else ""
                    words = ", ".join(map(str, kind.values))
                    self._problems.add(tokens, f"{_shown(value)} is none of {words}", hint=hint)
            case inspect.BoolType() if not isinstance(value, bool):
                self._problems.add(tokens, f"{_shown(value)} stands where {expected} should")
            case inspect.IntType() if not isinstance(value, int) or isinstance(value, bool):
                self._problems.add(tokens, f"{_shown(value)} stands where {expected} should")
            case inspect.FloatType() if not is_number:
                self._problems.add(tokens, f"{_shown(value)} stands where {expected} should")
            case _:
                pass
        return value


_EXPECTED: dict[type, str] = {
    inspect.BoolType: "true or false",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
}
_PYTHON: dict[type, type | tuple[type, ...]] = {
    dict: (inspect.StructType, inspect.DictType),
    list: (inspect.ListType, inspect.VarTupleType),
    str: inspect.StrType,
    bool: (inspect.BoolType, inspect.StrType),
}


def text_of(value: Json) -> str:
    """Return a scalar as it stands in a URL or header: `true`, `10`, `1.5`."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _shown(value: Json) -> str:
    text = msgspec.json.encode(value, enc_hook=str).decode()
    return text if len(text) <= 60 else text[:60] + "…"


def _struct_name(kind: inspect.StructType) -> str:
    return _NAMES.get(kind.cls.__name__, kind.cls.__name__)


_NAMES = {
    "Stub": "a stub",
    "RequestMatch": "a match",
    "ValueMatcher": "a matcher",
    "BodyMatcher": "a body matcher",
    "StubResponse": "a respond block",
    "Delay": "a delay",
    "Scenario": "a scenario",
    "ScenarioRule": "a rule",
    "Transition": "a transition",
    "Persona": "a persona",
    "Override": "an override",
    "Lifecycle": "a lifecycle",
    "LifecycleTransition": "a transition",
}
