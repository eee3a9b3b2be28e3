"""Loading a contract: find it, read it with everything it refers to, compile it, remember the result."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from mockops.contracts.model import ContractInvalid
from mockops.contracts.rules.artefact import Contract, compile_contract, import_contract
from mockops.contracts.service.compiled import find_compiled, save_compiled
from mockops.contracts.service.sources import Sources
from mockops.core.diagnostics import Diagnostic, Severity
from mockops.core.documents import Document, DocumentInvalid, read_document
from mockops.core.errors import MockOpsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

__all__ = ["LoadedContract", "load_contract", "load_sources"]


class LoadedContract:
    """A contract that can be served, and what there is to say about its document."""

    def __init__(
        self, contract: Contract, files: tuple[Path, ...], found: tuple[Diagnostic, ...], sources: Sources
    ) -> None:
        self.contract = contract
        self.files = files
        """Every local file that was read, the root first: what to watch for changes."""
        self.unplaced = found
        """The diagnostics, those of the importer without line and column: cheap."""
        self._sources = sources

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the document, with lines and columns.

        These are looked up on first access: it reads the documents again when the contract came from the cache.
        """
        return self.placed(self.unplaced)

    def placed(self, found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Return diagnostics of this contract with lines and columns: of what they point at, else of what holds it."""
        documents: dict[str, Document | None] = {}
        return tuple(self._placed(each, documents) for each in found)

    def _placed(self, found: Diagnostic, documents: dict[str, Document | None]) -> Diagnostic:
        if found.line is not None or not found.pointer:
            return found
        if found.source not in documents:
            try:
                documents[found.source] = self._sources.document(found.source)
            except MockOpsError:
                # the file is gone since it was compiled; what was found stays true without its line
                documents[found.source] = None
        document = documents[found.source]
        place, where = None, found.pointer
        while document is not None and place is None and where:
            place = document.locate(where)
            where = where.rpartition("/")[0]  # what is reached through a reference stands elsewhere
        if place is None:
            return found
        return Diagnostic(
            code=found.code,
            severity=found.severity,
            message=found.message,
            source=found.source,
            pointer=found.pointer,
            line=place[0],
            column=place[1],
            hint=found.hint,
        )


def load_contract(
    source: str | Path,
    *,
    cache_dir: Path | None = None,
    fetch: Callable[[str], bytes] | None = None,
    allow_remote_refs: bool = False,
) -> LoadedContract:
    """Load an OpenAPI or Swagger document from a file or URL.

    Args:
        source: path or http(s) URL.
        cache_dir: where compiled contracts are kept; None compiles every time.
        fetch: returns the content at a URL; by default `infra.http.fetch`, which reaches public addresses only.
        allow_remote_refs: whether a `$ref` may name a URL when the document is a file, or another host's when it is
            not, or a file outside of the document's folder.

    Raises:
        ContractInvalid: nothing of it can be served; its diagnostics say why and where.

    """
    sources = Sources(str(source), fetch=fetch, allow_remote_refs=allow_remote_refs)
    root_bytes = sources.read_root()
    compiled = find_compiled(cache_dir, sources, root_bytes) if cache_dir is not None else None
    if compiled is not None:
        return LoadedContract(compiled.contract, compiled.files, compiled.diagnostics, sources)
    with _collector_paused():
        loaded = _compile(sources, root_bytes)
    if cache_dir is not None:
        # with their places: whoever loads it from the cache shall not read the documents for them again
        save_compiled(cache_dir, sources, root_bytes, loaded.contract, loaded.diagnostics)
    return loaded


def load_sources(sources: Sources) -> LoadedContract:
    """Load a contract from the documents that `sources` gives, without a cache; raises ContractInvalid."""
    with _collector_paused():
        return _compile(sources, sources.read_root())


def _compile(sources: Sources, root_bytes: bytes) -> LoadedContract:
    try:
        root = read_document(root_bytes, sources.root)
    except DocumentInvalid as error:
        raise ContractInvalid(str(error), error.diagnostics) from error
    imported = import_contract(root, sources.resolve)
    warnings = (*root.warnings, *sources.warnings)
    diagnostics = (*warnings, *imported.diagnostics)
    if not imported.operations:
        diagnostics = (_nothing_to_serve(root), *diagnostics)
    # the document goes before the compiled form comes: both at once would be the peak of memory
    del root
    contract = compile_contract(imported)
    return LoadedContract(contract, sources.files, diagnostics, sources)


def _nothing_to_serve(root: Document) -> Diagnostic:
    return Diagnostic(
        code="contract.empty",
        severity=Severity.WARNING,
        message="the document declares no operation that can be served",
        source=root.source,
        pointer="/paths" if root.locate("/paths") else "",
        hint="declare at least one operation under `paths`",
    )


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the cyclic garbage collector: a document is a big tree without cycles, and scanning it costs a third."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
