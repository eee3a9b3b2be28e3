"""Compiled contracts on disk: found by the content of the root, valid while every file it refers to is unchanged."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mockops.contracts.model import ContractInvalid
from mockops.contracts.rules.artefact import MAGIC, Contract
from mockops.core.diagnostics import Diagnostic
from mockops.infra.cache import read_cached, write_cached

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.contracts.service.sources import Sources

_COMPILER = Path(__file__).parents[1]


def compiler_stamp() -> str:
    """Return a mark of the importers and the compiler as they are installed: another code, another mark."""
    stamp = blake2b(digest_size=8)
    for folder in ("importers", "rules"):
        for module in sorted((_COMPILER / folder).glob("*.py")):
            status = module.stat()
            stamp.update(f"{module.name}:{status.st_size}:{status.st_mtime_ns};".encode())
    return stamp.hexdigest()


class _Referred(msgspec.Struct, frozen=True, array_like=True):
    """A file referred to, as it was when the contract was compiled."""

    path: str
    modified_ns: int
    size: int
    digest: str


class _Record(msgspec.Struct, frozen=True):
    referred: tuple[_Referred, ...]
    diagnostics: tuple[Diagnostic, ...]


class Compiled(msgspec.Struct, frozen=True):
    """A contract from the cache."""

    contract: Contract
    files: tuple[Path, ...]
    diagnostics: tuple[Diagnostic, ...]


def find_compiled(folder: Path, sources: Sources, root_bytes: bytes) -> Compiled | None:
    """Return the compiled form of exactly these bytes and of unchanged references; None when there is none."""
    content = read_cached(folder, _name(sources, root_bytes))
    if content is None:
        return None
    try:
        length = int.from_bytes(content[:8], "big")
        record = msgspec.json.decode(content[8 : 8 + length], type=_Record)
        contract = Contract.from_bytes(memoryview(content)[8 + length :], verify=True)
    except (msgspec.DecodeError, UnicodeDecodeError, ContractInvalid):
        # a damaged or foreign file is no file: it is written anew
        return None
    if not all(map(_is_unchanged, record.referred)):
        return None
    files = (*sources.files, *(Path(one.path) for one in record.referred))
    return Compiled(contract, files, record.diagnostics)


def save_compiled(
    folder: Path, sources: Sources, root_bytes: bytes, contract: Contract, diagnostics: Sequence[Diagnostic]
) -> None:
    """Remember a compiled contract, unless it may come out otherwise next time; a folder that refuses is no error."""
    if not sources.is_repeatable:
        return
    try:
        referred = tuple(_referred(path) for path in sources.files if str(path) != str(Path(sources.root)))
    except OSError:
        # a file vanished meanwhile; the next load compiles again
        return
    record = msgspec.json.encode(_Record(referred, tuple(diagnostics)))
    content = b"".join((len(record).to_bytes(8, "big"), record, contract.to_bytes()))
    write_cached(folder, _name(sources, root_bytes), content)


def _name(sources: Sources, root_bytes: bytes) -> str:
    digest = blake2b(root_bytes, digest_size=20)
    # the same bytes elsewhere have other neighbours to refer to, and another name in diagnostics
    place = f"{Path.cwd()}|{sources.root}|{sources.allow_remote_refs}|{compiler_stamp()}|{MAGIC.hex()}"
    digest.update(place.encode("utf-8", "surrogateescape"))
    return f"{digest.hexdigest()}.contract"


def _referred(path: Path) -> _Referred:
    status = path.stat()
    return _Referred(str(path), status.st_mtime_ns, status.st_size, _digest(path))


def _digest(path: Path) -> str:
    return blake2b(path.read_bytes(), digest_size=20).hexdigest()


def _is_unchanged(file: _Referred) -> bool:
    path = Path(file.path)
    try:
        status = path.stat()
        if (status.st_mtime_ns, status.st_size) == (file.modified_ns, file.size):
            return True
        return status.st_size == file.size and _digest(path) == file.digest
    except OSError:
        return False
