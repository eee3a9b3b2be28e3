"""A schema with its references followed and its `allOf` merged: what one value has to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from mockops.core.json import Json, JsonObject

Schema: TypeAlias = JsonObject | bool
"""A JSON Schema 2020-12 schema."""

Number: TypeAlias = int | float


@dataclass(slots=True, kw_only=True)
class Choice:
    """An `anyOf` or `oneOf`."""

    branches: tuple[Schema, ...]
    is_exclusive: bool
    """Exactly one may match (`oneOf`)."""
    discriminator: str = ""
    """The property that says which branch was taken (OpenAPI Discriminator Object)."""
    mapping: dict[str, str] = field(default_factory=dict)
    """Value of the discriminator to the component name of its branch."""


@dataclass(slots=True, kw_only=True)
class Shape:
    """Everything asked of one value; what is left at its default is not asked."""

    is_possible: bool = True
    """False once two keywords have been seen to contradict each other."""
    types: tuple[str, ...] | None = None
    options: tuple[Json, ...] | None = None
    """The values of `enum` or `const`."""
    low: Number | None = None
    high: Number | None = None
    low_open: Number | None = None
    """`exclusiveMinimum`."""
    high_open: Number | None = None
    """`exclusiveMaximum`."""
    steps: tuple[Number, ...] = ()
    """Of what the number is a multiple."""
    min_length: int = 0
    max_length: int | None = None
    patterns: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    content: str = ""
    """`contentEncoding`, when the text is another value encoded."""
    min_items: int = 0
    max_items: int | None = None
    is_unique: bool = False
    prefix: tuple[Schema, ...] = ()
    items: Schema = True
    contains: tuple[tuple[Schema, int, int | None], ...] = ()
    """What some items must be, how many at least and at most."""
    properties: dict[str, Schema] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    additional: Schema | None = None
    """None: nothing said, so anything goes and nothing is made up."""
    pattern_properties: tuple[tuple[str, Schema], ...] = ()
    names: tuple[Schema, ...] = ()
    """`propertyNames`."""
    min_properties: int = 0
    max_properties: int | None = None
    dependent: tuple[tuple[str, tuple[str, ...]], ...] = ()
    dependent_schemas: tuple[tuple[str, Schema], ...] = ()
    choices: tuple[Choice, ...] = ()
    nots: tuple[Schema, ...] = ()
    conditions: tuple[tuple[Schema, Schema, Schema], ...] = ()
    """`if`, `then`, `else`."""
    is_closed: bool = False
    """`unevaluatedProperties` or `unevaluatedItems` is said."""
    components: tuple[str, ...] = ()
    """Names of the component schemas it consists of, outermost first."""
    examples: tuple[Json, ...] = ()
    default: tuple[Json, ...] = ()
    """The default value, or nothing."""
    discriminator: str = ""
    """A discriminator without a choice beside it: its base schema's."""
    mapping: dict[str, str] = field(default_factory=dict)
    is_read_only: bool = False
    is_write_only: bool = False

    @property
    def is_hard(self) -> bool:
        """Tell whether a value made to its measure may still not conform and has to be checked."""
        return bool(
            self.choices
            or self.nots
            or self.conditions
            or self.dependent_schemas
            or self.contains
            or self.is_closed
            or len(self.patterns) + len(self.formats) > 1
            or (self.options is not None and self.has_bounds)
        )

    @property
    def has_bounds(self) -> bool:
        """Tell whether an option of the `enum` may be forbidden by something else."""
        return bool(self.patterns or self.low is not None or self.high is not None or self.max_length is not None)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The types it may have, the first one meant most; empty when nothing tells."""
        if self.types is not None:
            return self.types
        for kind, is_said in (
            ("object", self.speaks_of_objects),
            ("array", self.prefix or self.items is not True or self.min_items or self.contains or self.is_unique),
            ("string", self.patterns or self.formats or self.min_length or self.max_length is not None),
            ("number", self.steps or any(x is not None for x in (self.low, self.high, self.low_open, self.high_open))),
        ):
            if is_said:
                return (kind,)
        return ()

    @property
    def speaks_of_objects(self) -> bool:
        """Tell whether a keyword for objects is there."""
        return bool(
            self.properties
            or self.required
            or self.additional is not None
            or self.pattern_properties
            or self.min_properties
            or self.names
        )


IMPOSSIBLE = Shape(is_possible=False)
"""`false`: no value conforms."""
