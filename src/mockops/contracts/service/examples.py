"""Examples held against the schemas they stand beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.contracts.rules.direction import standalone_schema
from mockops.contracts.rules.validators import SchemaInvalid, compile_schema
from mockops.core.diagnostics import Diagnostic, Severity, pointer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from mockops.contracts.model import Example, MediaType, Operation
    from mockops.contracts.rules.artefact import Contract

_MAX_MESSAGE = 300


def example_problems(contract: Contract, source: str) -> Iterator[Diagnostic]:
    """Yield a warning for every JSON example of a body that breaks its own schema.

    Args:
        contract: The compiled contract.
        source: Its document, as the user named it.

    """
    for index in range(len(contract.entries)):
        operation = contract.operation(index)
        if operation.request_body is not None:
            place = operation.pointer + pointer("requestBody")
            for media in operation.request_body.content:
                yield from _in_media(operation, media, "request", place, source)
        for response in operation.responses:
            place = operation.pointer + pointer("responses", response.status)
            for media in response.content:
                yield from _in_media(operation, media, "response", place, source)


def _in_media(
    operation: Operation, media: MediaType, direction: Literal["request", "response"], place: str, source: str
) -> Iterator[Diagnostic]:
    if not media.examples or media.schema is None or "json" not in media.media_type:
        return
    try:
        validator = compile_schema(standalone_schema(operation, media.schema, direction=direction))
    except SchemaInvalid:
        return  # said when the contract was imported
    for example in media.examples:
        error = next(validator.iter_errors(example.value), None)
        if error is not None:
            where = "/".join(str(token) for token in error.instance_path)
            yield _complaint(
                operation, media, example, f"{where}: {error.message}" if where else error.message, place, source
            )


def _complaint(
    operation: Operation, media: MediaType, example: Example, why: str, place: str, source: str
) -> Diagnostic:
    last = pointer("example") if example.name == "default" else pointer("examples", example.name, "value")
    return Diagnostic(
        code="contract.example_invalid",
        severity=Severity.WARNING,
        message=f"{operation.key}: example {example.name!r} breaks its own schema: {why[:_MAX_MESSAGE]}",
        source=source,
        pointer=place + pointer("content", media.media_type) + last,
        hint="correct the example or the schema; until then a conforming value close to it is answered",
    )
