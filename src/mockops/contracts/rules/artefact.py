"""The compiled contract: one block of bytes, of which an operation is decoded when it is first needed.

Layout: 8 bytes magic with version, 32 bytes SHA-256 of what follows, 8 bytes length of the head (big endian), the head
as JSON, then JSON blobs: first one for each operation, then one for each definition. JSON and not msgpack inside,
because contracts hold integers beyond 64 bits.
"""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import msgspec

from mockops.contracts.model import ContractInvalid, ImportedContract, Operation, OperationEntry
from mockops.core.diagnostics import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mockops.core.documents import Document
    from mockops.core.json import Json, JsonObject

MAGIC = b"MOCKOPS\x01"
"""First bytes of a compiled contract; the last one is the version of the layout."""

_PREFIX = len(MAGIC) + 32 + 8
_REFERENCE = re.compile(rb'"#/\$defs/([A-Za-z0-9._-]+)"')


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    version: str
    dialect: str
    entries: tuple[OperationEntry, ...]
    operation_bytes: list[int]
    """Length of each operation's blob."""
    names: list[str]
    """Of the definitions."""
    definition_bytes: list[int]


_head_decoder = msgspec.json.Decoder(_Head)
_operation_decoder = msgspec.json.Decoder(Operation)


class Contract:
    """A compiled contract: an index of operations over bytes that may be a file, memory or a message."""

    __slots__ = (
        "__weakref__",
        "_buffer",
        "_definitions",
        "_names",
        "_operations",
        "_references",
        "dialect",
        "digest",
        "entries",
        "title",
        "version",
    )

    def __init__(self, buffer: bytes | memoryview, head: _Head, start: int) -> None:
        self.title = head.title
        self.version = head.version
        self.dialect = head.dialect
        """`openapi-3.0`, `openapi-3.1`, `openapi-3.2` or `swagger-2.0`."""
        self.entries = head.entries
        self._buffer = memoryview(buffer)
        self.digest = bytes(self._buffer[len(MAGIC) : len(MAGIC) + 32]).hex()
        """SHA-256 of the content, in hex."""
        ends = [*accumulate((*head.operation_bytes, *head.definition_bytes), initial=start)]
        spans = [slice(first, last) for first, last in pairwise(ends)]
        self._operations = spans[: len(head.operation_bytes)]
        self._definitions = dict(zip(head.names, spans[len(head.operation_bytes) :], strict=True))
        self._names = {name: name for name in self._definitions}
        self._references: dict[str, list[str]] = {}

    @classmethod
    def from_bytes(cls, buffer: bytes | memoryview, *, verify: bool = False) -> Contract:
        """Open a compiled contract; nothing is decoded but its head.

        Args:
            buffer: what `to_bytes` returned, in memory or mapped; it must not change while the contract lives.
            verify: check the digest as well, for bytes that came from a disk or a network.

        Raises:
            ContractInvalid: it is no compiled contract of this version, or damaged.

        """
        view = memoryview(buffer)
        if len(view) < _PREFIX or bytes(view[: len(MAGIC)]) != MAGIC:
            raise ContractInvalid("these bytes are no compiled contract of this version of MockOps")
        start = _PREFIX + int.from_bytes(view[_PREFIX - 8 : _PREFIX], "big")
        try:
            head = _head_decoder.decode(view[_PREFIX:start])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ContractInvalid(f"the compiled contract is damaged: {error}") from error
        if start + sum(head.operation_bytes) + sum(head.definition_bytes) != len(view):
            raise ContractInvalid("the compiled contract is damaged: it is cut off or has bytes too many")
        if verify and sha256(view[len(MAGIC) + 32 :]).digest() != view[len(MAGIC) : len(MAGIC) + 32]:
            raise ContractInvalid("the compiled contract is damaged: its digest does not fit")
        return cls(buffer, head, start)

    def to_bytes(self) -> bytes:
        """Return the compiled contract, self-contained."""
        return bytes(self._buffer)

    def operation(self, index: int) -> Operation:
        """Decode the operation of `entries[index]` with the definitions it needs; the caller keeps it."""
        return self.decode(index)[0]

    def decode(self, index: int, known: Mapping[str, JsonObject | bool] | None = None) -> tuple[Operation, int]:
        """Decode an operation, taking the definitions that another one has decoded already.

        Args:
            index: Of the operation in `entries`.
            known: Definitions of another operation of this contract; shared, not copied.

        Returns:
            The operation, and how many bytes of JSON were decoded for it.

        """
        blob = self._buffer[self._operations[index]]
        operation = _operation_decoder.decode(blob)
        decoded_bytes = len(blob)
        found: dict[str, JsonObject | bool] = {}
        pending = self._names_in(blob)
        while pending:
            name = pending.pop()
            if name in found:
                continue
            if known is not None and name in known:
                found[name] = known[name]
            else:
                blob = self._buffer[self._definitions[name]]
                found[name] = msgspec.json.decode(blob)
                decoded_bytes += len(blob)
            pending += self._references_of(name)
        return msgspec.structs.replace(operation, definitions=found), decoded_bytes

    def _references_of(self, name: str) -> list[str]:
        """Return the definitions that one refers to; remembered, because large closures share most of their parts."""
        found = self._references.get(name)
        if found is None:
            found = self._references[name] = self._names_in(self._buffer[self._definitions[name]])
        return found

    def _names_in(self, blob: memoryview) -> list[str]:
        names = {match.decode() for match in _REFERENCE.findall(blob)}
        # an example may hold what looks like a reference; the names that are kept are those of `_definitions`
        return [self._names[name] for name in names if name in self._names]


def compile_contract(imported: ImportedContract) -> Contract:
    """Compile what an importer read."""
    operations = [_encoded(operation) for operation in imported.operations]
    definitions = [_encoded(schema) for schema in imported.definitions.values()]
    head = msgspec.json.encode(
        _Head(
            title=imported.title,
            version=imported.version,
            dialect=imported.dialect,
            entries=tuple(map(_entry, imported.operations, imported.base_paths)),
            operation_bytes=[*map(len, operations)],
            names=[*imported.definitions],
            definition_bytes=[*map(len, definitions)],
        )
    )
    content = b"".join((len(head).to_bytes(8, "big"), head, *operations, *definitions))
    digest = sha256(content).digest()
    return Contract.from_bytes(b"".join((MAGIC, digest, content)))


def import_contract(root: Document, resolve: Callable[[str], Document]) -> ImportedContract:
    """Read a document of any dialect; arguments and result as of `import_openapi`.

    Raises:
        ContractInvalid: the document is of no known dialect.

    """
    if type(root.data) is dict:
        openapi, swagger = (str(root.data.get(key, "")) for key in ("openapi", "swagger"))
        # a compiled contract needs no importer: a gateway started from the cache never loads one
        if openapi.startswith("3."):
            from mockops.contracts.importers.openapi import import_openapi  # noqa: PLC0415 (40 ms)

            return import_openapi(root, resolve)
        if swagger.startswith("2"):
            from mockops.contracts.importers.swagger import import_swagger  # noqa: PLC0415 (40 ms)

            return import_swagger(root, resolve)
    raise _unknown_dialect(root)


def _unknown_dialect(root: Document) -> ContractInvalid:
    data: Json = root.data
    pointer, hint = "", "begin it with `openapi: 3.1.0`, `openapi: 3.0.3` or `swagger: '2.0'`"
    message = "this is neither an OpenAPI nor a Swagger document"
    for key in ("openapi", "swagger", "swaggerVersion", "asyncapi"):
        if type(data) is dict and key in data:
            pointer, message = f"/{key}", f"{key} {data[key]} cannot be served; OpenAPI 3.x and Swagger 2.0 can"
            break
    line, column = root.locate(pointer) or (None, None)
    found = Diagnostic(
        code=ContractInvalid.code,
        message=message,
        source=root.source,
        pointer=pointer,
        line=line,
        column=column,
        hint=hint,
    )
    return ContractInvalid(f"{found.place}: {message}", [found])


def _entry(operation: Operation, base_paths: tuple[str, ...]) -> OperationEntry:
    return OperationEntry(
        method=operation.method,
        path=operation.path,
        operation_id=operation.operation_id,
        tags=operation.tags,
        deprecated=operation.deprecated,
        base_paths=base_paths,
        is_open=not operation.security or () in operation.security,
        selectors=operation.selectors,
    )


def _encoded(value: Operation | JsonObject | bool) -> bytes:
    return msgspec.json.encode(value)
