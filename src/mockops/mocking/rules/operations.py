"""Which operation of a contract a request means, and operations decoded on first use."""

from __future__ import annotations

from collections import OrderedDict
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from mockops.contracts.model import Location, OperationEntry
from mockops.mocking.rules.generate import Generator
from mockops.mocking.rules.parameters import ParameterReader
from mockops.mocking.rules.paths import PathInvalid, Router
from mockops.mocking.rules.segments import divide, has_shared_segment
from mockops.mocking.rules.validate import RequestValidator
from mockops.mocking.rules.validate.validator import choose_media

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockops.contracts.model import Operation, Selector
    from mockops.contracts.rules.artefact import Contract
    from mockops.core.exchange import Request
    from mockops.core.json import JsonObject
    from mockops.mocking.model import Violation

CACHE_BYTES = 64 << 20
"""How much decoded operations may take in one process unless the caller says otherwise."""

_LOOKED_BACK = 8
_OBJECTS_PER_TEXT = 12
"""Decoded JSON with its validator and generator takes about this many times its text."""


class Ready:
    """An operation decoded, with what is compiled from it on first use."""

    __slots__ = ("generator", "headers_used", "operation", "parameters", "validator")

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.generator = Generator(operation.definitions)
        self.parameters = ParameterReader(operation)
        self.validator = RequestValidator(operation)
        self.headers_used = frozenset(_headers_used(operation))
        """Lower-case names of the request headers that its answer depends on."""

    def check(self, request: Request, params: dict[str, str]) -> tuple[Violation, ...]:
        """Return how a request breaks the contract."""
        if self.validator.is_trivial:
            return ()
        return self.validator.check(request, self.parameters.read(request, params))

    def fits_path(self, request: Request, params: dict[str, str]) -> bool:
        """Tell whether path parameters are what the contract allows."""
        wrong = self.validator.check_parameters(self.parameters.read(request, params))
        return all(violation.location != Location.PATH.value for violation in wrong)


def _headers_used(operation: Operation) -> Iterator[str]:
    for parameter in operation.parameters:
        if parameter.location is Location.HEADER:
            yield parameter.name.lower()
        elif parameter.location is Location.COOKIE:
            yield "cookie"
    for scheme in (scheme for alternative in operation.security for scheme in alternative):
        if scheme.location == "cookie":
            yield "cookie"
        elif scheme.location == "header":
            yield scheme.parameter.lower()
        elif scheme.location != "query":
            yield "authorization"
    for selector in operation.selectors:
        if selector.location == "header":
            yield selector.name.lower()


class OperationCache:
    """Operations of any number of contracts, decoded and compiled; the longest unused leave past `max_bytes`."""

    def __init__(self, *, max_bytes: int = CACHE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._ready: OrderedDict[tuple[str, int], tuple[Ready, int]] = OrderedDict()

    @property
    def size_bytes(self) -> int:
        """About how much memory the operations take."""
        return self._size_bytes

    def get(self, contract: Contract, index: int) -> Ready:
        """Return an operation of a contract, decoding it when it is not at hand."""
        key = (contract.digest, index)
        found = self._ready.get(key)
        if found is not None:
            self._ready.move_to_end(key)
            return found[0]
        operation, decoded_bytes = contract.decode(index, self._definitions_of(contract))
        ready = Ready(operation)
        size = decoded_bytes * _OBJECTS_PER_TEXT
        self._ready[key] = (ready, size)
        self._size_bytes += size
        while self._size_bytes > self._max_bytes and len(self._ready) > 1:
            _, (_, gone_bytes) = self._ready.popitem(last=False)
            self._size_bytes -= gone_bytes
        return ready

    def _definitions_of(self, contract: Contract) -> dict[str, JsonObject | bool] | None:
        """Return the definitions of the contract's operation that was used last: others share most of them."""
        for digest, index in islice(reversed(self._ready), _LOOKED_BACK):
            if digest == contract.digest:
                return self._ready[digest, index][0].operation.definitions
        return None


class OperationHit(msgspec.Struct, frozen=True):
    """The operation a request means."""

    index: int
    entry: OperationEntry
    params: dict[str, str]
    """Path parameters, decoded."""
    path: str
    """The path below the contract's base path, as sent."""


class Operations:
    """A contract's routing: every operation under every base path of its servers, and without."""

    def __init__(self, contract: Contract | None, cache: OperationCache) -> None:
        self.contract = contract
        """None: there is none, only stubs answer."""
        self._cache = cache
        self.entries: tuple[OperationEntry, ...] = contract.entries if contract is not None else ()
        self._bases = sorted({base for entry in self.entries for base in entry.base_paths}, key=len, reverse=True)
        self._router: Router[list[int]] = Router()
        # where `/api/pets` is an operation below `/api` and one without: the URL that the contract means comes first
        for index, entry in enumerate(self.entries):
            self._route(index, entry, [base for base in entry.base_paths if base])
        for index, entry in enumerate(self.entries):
            self._route(index, entry, [""])
        self._shared = frozenset(index for index, entry in enumerate(self.entries) if has_shared_segment(entry.path))

    def _route(self, index: int, entry: OperationEntry, bases: Iterable[str]) -> None:
        for base in bases:
            try:
                known = self._router.add(base + entry.path, [index], entry.method)
            except PathInvalid:
                continue  # the importer reports templates that cannot be understood; a server's may be one too
            if known != [index] and index not in known:
                known.append(index)

    def find(self, request: Request, method: str) -> OperationHit | None:
        """Return the operation that `method` on the request's path means, or None."""
        found = self._router.find(request.path, method)
        if found is None:
            return None
        index = found.value[0]
        if len(found.value) > 1:
            # What one operation asks for may be part of what another does: the one that asks for most is meant.
            selected = [each for each in found.value if self._is_selected(each, request)]
            index = max(selected, key=lambda each: len(self.entries[each].selectors), default=index)
            if not self._takes(index, request):
                # some contracts tell overloads apart by name alone (`#overload=stream`), and mean what they consume
                index = next((each for each in found.value if self._takes(each, request)), index)
        entry, params = self.entries[index], found.params
        if index in self._shared:
            ready = self.ready(index)
            params = divide(entry.path, params, lambda divided: ready.fits_path(request, divided))
        return OperationHit(index, entry, params, self.below_base(request.path))

    def methods(self, path: str) -> list[str]:
        """Return the methods that the path has, for `Allow`."""
        return sorted(self._router.methods(path))

    def ready(self, index: int) -> Ready:
        """Return the operation of an entry, decoded."""
        assert self.contract is not None  # noqa: S101 (an entry comes from a contract)
        return self._cache.get(self.contract, index)

    def below_base(self, path: str) -> str:
        """Return the path without the contract's base path; as it is where it has none."""
        for base in self._bases:
            if base and path.startswith(base) and (len(path) == len(base) or path[len(base)] == "/"):
                return path[len(base) :] or "/"
        return path

    def keys(self) -> dict[str, str]:
        """Return what people may call an operation, its operationId or key, to its key."""
        names = {entry.key: entry.key for entry in self.entries}
        for entry in self.entries:
            if entry.operation_id:
                names.setdefault(entry.operation_id, entry.key)
        return names

    def _takes(self, index: int, request: Request) -> bool:
        """Tell whether an operation takes what a request says its body is."""
        body = self.ready(index).operation.request_body
        sent = request.header("content-type") or ""
        return not sent or (body is not None and choose_media(body.content, sent) is not None)

    def _is_selected(self, index: int, request: Request) -> bool:
        return all(_holds(selector, request) for selector in self.entries[index].selectors)


def _holds(selector: Selector, request: Request) -> bool:
    """Say whether a request carries what tells an operation apart from others on its path."""
    if selector.location == "header":
        given = request.header(selector.name)
        return given is not None and (not selector.value or given == selector.value)
    pairs = list(request.query)
    if request.media_type == "application/x-www-form-urlencoded":
        pairs += request.form
    return any(name == selector.name and (not selector.value or value == selector.value) for name, value in pairs)
