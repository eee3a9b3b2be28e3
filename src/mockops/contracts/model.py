"""What an API promises, as nouns that live in snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from mockops.core.diagnostics import Diagnostic
from mockops.core.errors import Invalid, NotFound, Stale
from mockops.core.json import Json, JsonObject

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class ContractInvalid(Invalid):
    """A document cannot be served as a contract at all."""

    code: ClassVar[str] = "contract.invalid"


class BundleInvalid(Invalid):
    """Files are no bundle: a name is not safe, there are too many of them, or they are too large."""

    code: ClassVar[str] = "contract.bundle_invalid"


class BuildTooCostly(Invalid):
    """Compiling a contract took more time or memory than one contract may take."""

    code: ClassVar[str] = "contract.too_costly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A contract's document with the files that it refers to, below one folder."""

    root: str
    """The name of the document that is the contract."""
    files: Mapping[str, bytes]
    """Contents by name: relative POSIX paths, normalised, without `..`. `rules.bundles.make_bundle` checks them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What came of compiling a bundle."""

    artefact: bytes
    """What `rules.artefact.Contract.from_bytes` opens."""
    artefact_digest: str
    """SHA-256 of the artefact in hex, as content-addressed storage names it."""
    diagnostics: tuple[Diagnostic, ...]
    """With lines and columns; sources are names of the bundle."""
    title: str
    version: str
    dialect: str
    """`openapi-3.0`, `openapi-3.1`, `openapi-3.2` or `swagger-2.0`."""
    operations: tuple[OperationEntry, ...]


class ContractConflict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value that was edited by hand and that the provider changed as well; unset: there is none."""

    source: str
    """The file, by its name in the bundle."""
    pointer: str = ""
    """JSON Pointer into what was imported last; empty: the whole file. `-` stands for an item that it has not."""
    base: Json | UnsetType = UNSET
    ours: Json | UnsetType = UNSET
    theirs: Json | UnsetType = UNSET
    left_out: tuple[str, ...] = ()
    """Sides (`base`, `ours`, `theirs`) that have a value too large to be shown, or no JSON."""


class Reimported(msgspec.Struct, frozen=True, kw_only=True):
    """What came of merging an imported contract with hand edits."""

    bundle: Bundle
    built: Built
    conflicts: tuple[ContractConflict, ...] = ()
    conflict_count: int = 0
    """Of all, listed or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedContract:
    """A compiled contract that an organization has."""

    org_id: str
    digest: str
    """Of its bundle (`rules.bundles.bundle_digest`)."""
    root: str
    files: Mapping[str, str]
    """SHA-256 in hex of each file of the bundle, by name."""
    bundle_blob: str
    """Digest of the blob that is the packed bundle."""
    artefact_digest: str
    """Digest of the blob that is the compiled contract."""
    title: str
    version: str
    """As the document says it."""
    dialect: str
    operation_count: int
    diagnostics: tuple[Diagnostic, ...]
    size_bytes: int
    """Of all files of the bundle together."""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceContract:
    """Which contract a workspace has, in its first environment."""

    workspace_id: str
    digest: str
    base_digest: str
    """Of what was imported or applied last: hand edits are what `digest` has beyond it."""
    base_blob: str
    """Digest of the blob that is the packed bundle of `base_digest`."""
    path: str
    """File or URL it came from; empty: nobody said."""
    version: int
    """Counts changes; its ETag."""
    updated_at: datetime


class ContractUnknown(NotFound):
    """The organization has no such contract."""

    code: ClassVar[str] = "contract.unknown"


class ContractNotSet(NotFound):
    """The workspace has no contract."""

    code: ClassVar[str] = "contract.not_set"


class ContractChanged(Stale):
    """Somebody else changed the workspace's contract since it was read."""

    code: ClassVar[str] = "contract.changed_meanwhile"


class Location(StrEnum):
    """Where a parameter travels."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A named example of a body or parameter."""

    name: str
    """The key under `examples`, or `default` for a lone `example`."""
    value: Json


class MediaType(msgspec.Struct, frozen=True, kw_only=True):
    """One representation of a body."""

    media_type: str
    """As declared, lower case; may be a range such as `*/*`."""
    schema: JsonObject | bool | None = None
    """JSON Schema 2020-12; `$ref`s point into the operation's `definitions`, as `#/$defs/NAME`."""
    examples: tuple[Example, ...] = ()
    encoding: JsonObject = msgspec.field(default_factory=dict)
    """The OpenAPI Encoding Object per property, for form bodies."""


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A declared parameter; defaults of `style` and `explode` are already filled in."""

    name: str
    location: Location
    required: bool = False
    schema: JsonObject | bool | None = None
    style: str = "simple"
    explode: bool = False
    allow_reserved: bool = False
    allow_empty: bool = False
    media_type: str | None = None
    """Set when the value is a serialised document (`content`) and not a styled one."""
    examples: tuple[Example, ...] = ()
    pointer: str = ""
    """JSON Pointer of the declaration in its document."""


class RequestBody(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation accepts as a body."""

    required: bool = False
    content: tuple[MediaType, ...] = ()


class ResponseHeader(msgspec.Struct, frozen=True, kw_only=True):
    """A header that a response declares."""

    name: str
    required: bool = False
    schema: JsonObject | bool | None = None
    examples: tuple[Example, ...] = ()


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A declared response."""

    status: str
    """`200`, a range such as `4XX`, or `default`."""
    description: str = ""
    content: tuple[MediaType, ...] = ()
    headers: tuple[ResponseHeader, ...] = ()


class SecurityScheme(msgspec.Struct, frozen=True, kw_only=True):
    """One way to authenticate, reduced to what a mock can check: whether the credential is there."""

    name: str
    kind: str
    """`apiKey`, `http`, `oauth2`, `openIdConnect` or `mutualTLS`."""
    location: str = ""
    """For `apiKey`: `query`, `header` or `cookie`."""
    parameter: str = ""
    """For `apiKey`: the name of the query parameter, header or cookie."""
    scheme: str = ""
    """For `http`: the scheme of the Authorization header, lower case, such as `bearer`."""


class Selector(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a request must carry, beside method and path, to mean this operation.

    Documents of RPC-like APIs declare many operations on one path and tell them apart in the path's query or
    fragment (`/#Action=ListUsers`, `/?Action=ListUsers`, `/{Bucket}#acl`), which never reach a router as a path.
    """

    location: str
    """`query` (a field of a form body counts as well) or `header`."""
    name: str
    """Header names in lower case."""
    value: str = ""
    """The value it must have; empty: any."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """Method and path template with everything promised about them; self-contained."""

    method: str
    """In upper case."""
    path: str
    """The path template as declared, without any server base path."""
    operation_id: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()
    deprecated: bool = False
    parameters: tuple[Parameter, ...] = ()
    request_body: RequestBody | None = None
    responses: tuple[Response, ...] = ()
    security: tuple[tuple[SecurityScheme, ...], ...] = ()
    """Alternatives, each a set of schemes needed together; an empty one allows anyone. No alternatives: open."""
    definitions: dict[str, JsonObject | bool] = msgspec.field(default_factory=dict)
    """Every schema that the operation's schemas refer to, by the NAME of `#/$defs/NAME`, transitively complete."""
    callbacks: Json = None
    """The declared callbacks, references resolved one level; kept for later use."""
    pointer: str = ""
    """JSON Pointer of the operation in its document."""
    selectors: tuple[Selector, ...] = ()

    @property
    def key(self) -> str:
        """`GET /pets/{petId}`: how people and reports name it."""
        return _key(self.method, self.path, self.selectors)


class OperationEntry(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What routing needs to know of an operation before it is used."""

    method: str
    path: str
    operation_id: str = ""
    tags: tuple[str, ...] = ()
    deprecated: bool = False
    base_paths: tuple[str, ...] = ()
    """Path parts of the servers declared for it, without trailing slash, deduplicated; `""` is always among them."""
    is_open: bool = True
    """False when a security requirement is declared."""
    selectors: tuple[Selector, ...] = ()
    """Of entries with the same method and path, the first whose selectors all hold is meant, else the first."""

    @property
    def key(self) -> str:
        """`GET /pets/{petId}`: how people and reports name it."""
        return _key(self.method, self.path, self.selectors)


class ImportedContract(msgspec.Struct, frozen=True, kw_only=True):
    """What an importer read from a document: operations and the schemas they share, not yet compiled."""

    title: str = ""
    version: str = ""
    dialect: str
    """`openapi-3.0`, `openapi-3.1`, `openapi-3.2` or `swagger-2.0`."""
    operations: tuple[Operation, ...] = ()
    """With empty `definitions`: those are shared, below."""
    base_paths: tuple[tuple[str, ...], ...] = ()
    """Of each operation, as in `OperationEntry`."""
    definitions: dict[str, JsonObject | bool] = msgspec.field(default_factory=dict)
    """All schemas referred to, by the NAME of `#/$defs/NAME`."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """Without lines and columns: positions are looked up when someone wants to read them."""


def _key(method: str, path: str, selectors: tuple[Selector, ...]) -> str:
    query = "&".join(f"{one.name}={one.value}" if one.value else one.name for one in selectors)
    return f"{method} {path}?{query}" if query else f"{method} {path}"
