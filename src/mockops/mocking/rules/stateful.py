"""Stateful resources within a mock: seeds from examples and persona, gaps filled with generated data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.core.chance import seed_of
from mockops.mocking.rules.generate import Direction, Hints
from mockops.mocking.rules.generate.place import UNSET
from mockops.mocking.rules.negotiate import find_response
from mockops.mocking.rules.resources import World, answer, example_items, infer_collections, persona_items

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockops.contracts.model import Operation
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.model import Reply
    from mockops.mocking.rules.declared import Declared
    from mockops.mocking.rules.operations import Operations
    from mockops.mocking.rules.question import Question
    from mockops.mocking.rules.resources import Collection
    from mockops.mocking.rules.schemas import Schema


class Stateful:
    """The collections of one contract; their items live in sessions."""

    def __init__(self, operations: Operations, seed: int) -> None:
        self._operations = operations
        self._seed = seed
        self._indexes = {entry.key: index for index, entry in enumerate(operations.entries)}
        self._collections = infer_collections(operations.entries, lambda index: operations.ready(index).operation)

    def answer(self, question: Question, declared: Declared) -> Reply | None:
        """Answer from the session's items; None leaves the request to the contract."""
        hit = question.hit
        if hit is None or question.ready is None:
            return None

        def fill(operation: Operation, schema: Schema, given: Json | msgspec.UnsetType, seed: str) -> Json:
            persona = question.persona
            hints = Hints(direction=Direction.RESPONSE, path_params=tuple(hit.params.items()), persona=persona)
            wish = UNSET if given is msgspec.UNSET else given
            number = seed_of(self._seed, operation.key, seed, persona.name if persona is not None else "")
            generator = self._operations.ready(self._indexes[operation.key]).generator
            return generator.value(True if schema is None else schema, seed=number, hints=hints, wish=wish)

        def conforms(operation: Operation, schema: Schema, value: Json) -> bool:
            generator = self._operations.ready(self._indexes[operation.key]).generator
            return generator.conforms(True if schema is None else schema, value)

        def seeds(collection: Collection, parents: Mapping[str, str]) -> Sequence[JsonObject]:
            return [*persona_items(collection, question.persona), *example_items(self._collections, collection)]

        def missing(operation: Operation, status: int) -> Reply | None:
            response = find_response(operation, status)
            if response is None or not response.content:
                return None
            return declared.reply_with(status, "")

        world = World(fill=fill, conforms=conforms, seed=seeds, missing=missing, now=question.now)
        return answer(self._collections, hit.index, question.request, hit.params, question.view, world)
