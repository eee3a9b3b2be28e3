"""Bundles: what may be in one, what identifies it, and the bytes it travels and is stored as."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
import zstandard

from mockops.contracts.model import Bundle, BundleInvalid
from mockops.core.diagnostics import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_FILES = 1_000
MAX_BYTES = 64 << 20
"""Of all files together."""

_MAX_NAME_BYTES = 1_024
_MAX_SEGMENT_BYTES = 255
_MAX_NAMED = 100
"""Violations that are named, of one bundle."""
BUNDLE_TYPE = "application/vnd.mockops.bundle"
"""Media type of a packed bundle."""
_MAGIC = b"MOBUNDLE\x01"
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_NAME_HINT = "name files as they lie below a common folder, such as specs/pets.yaml"


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    root: str
    files: tuple[tuple[str, int], ...]
    """Names in ascending order, with the length of their contents."""


def check_bundle(root: str, sizes: Mapping[str, int]) -> None:
    """Refuse what is no bundle; every violation is a diagnostic with the file as its source.

    Args:
        root: The name of the document that is the contract.
        sizes: Of each file, by name, in bytes.

    Raises:
        BundleInvalid: It breaks the rules.

    """
    found = list(_violations(root, sizes))
    if found:
        more = f" (and {len(found) - 1:,} more)" if len(found) > 1 else ""
        raise BundleInvalid(f"{found[0].message}{more}", found[:_MAX_NAMED])


def _violations(root: str, sizes: Mapping[str, int]) -> Iterator[Diagnostic]:
    if len(sizes) > MAX_FILES:
        message = f"the bundle has {len(sizes):,} files; {MAX_FILES:,} are allowed"
        yield _violation("contract.bundle_too_large", message, root, "bundle the references into fewer files")
    total = sum(sizes.values())
    if total > MAX_BYTES:
        message = f"the bundle's files have {total:,} bytes together; {MAX_BYTES:,} are allowed"
        yield _violation("contract.bundle_too_large", message, root, "split the API into several contracts")
    if root not in sizes:
        message = f"the root {root[:200]!r} is not among the bundle's files"
        yield _violation("contract.bundle_root_missing", message, root, "add the file, or name another root")
    for name in sizes:
        if why := name_fault(name):
            message = f"{name[:200]!r} cannot be the name of a bundle's file: {why}"
            yield _violation("contract.bundle_name_invalid", message, name, _NAME_HINT)
        elif folder := _file_above(name, sizes):
            message = f"{folder!r} is a file, so {name!r} cannot lie in it"
            yield _violation("contract.bundle_name_invalid", message, name, "rename one of them")


def _violation(code: str, message: str, source: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, message=message, source=_CONTROL.sub("\ufffd", source[:200]), hint=hint)


def name_fault(name: str) -> str:
    """Return why a name is no relative POSIX path below the bundle's folder, such as `specs/pets.yaml`; else ``."""
    if not name:
        return "it is empty"
    if _CONTROL.search(name):
        return "it has a control character or half of a surrogate pair"
    if "\\" in name:
        return "it has a backslash; separate folders with /"
    if name.startswith("/") or _DRIVE.match(name):
        return "it is absolute"
    segments = name.split("/")
    if "" in segments or "." in segments:
        return "it is not normalised: it has an empty segment or `.`"
    if ".." in segments:
        return "it leaves its folder with `..`"
    if len(name.encode()) > _MAX_NAME_BYTES or any(len(each.encode()) > _MAX_SEGMENT_BYTES for each in segments):
        return f"it is longer than {_MAX_NAME_BYTES} bytes, or one of its segments than {_MAX_SEGMENT_BYTES}"
    return ""


def _file_above(name: str, names: Mapping[str, int]) -> str:
    """Return the folder of a name that is a file of the bundle as well."""
    folder = name.rpartition("/")[0]
    while folder:
        if folder in names:
            return folder
        folder = folder.rpartition("/")[0]
    return ""


def bundle_digest(root: str, hashes: Mapping[str, str]) -> str:
    """Return what identifies a bundle, in hex: SHA-256 over the root's name and each file's name and content.

    Args:
        root: The name of the document that is the contract.
        hashes: SHA-256 of each file's content in hex, by name.

    """
    return sha256(msgspec.json.encode([root, sorted(hashes.items())])).hexdigest()


def digest_of(bundle: Bundle) -> str:
    """Return `bundle_digest` of a bundle."""
    return bundle_digest(bundle.root, {name: sha256(content).hexdigest() for name, content in bundle.files.items()})


def make_bundle(root: str, files: Mapping[str, bytes]) -> Bundle:
    """Return a bundle of files that came from outside; raises BundleInvalid naming every violation."""
    check_bundle(root, {name: len(content) for name, content in files.items()})
    return Bundle(root=root, files=dict(files))


def pack(bundle: Bundle) -> bytes:
    """Return a bundle as one block of bytes: equal bundles, equal bytes (of one version of zstandard)."""
    names = sorted(bundle.files)
    head = msgspec.json.encode(_Head(root=bundle.root, files=tuple((name, len(bundle.files[name])) for name in names)))
    frame = b"".join((len(head).to_bytes(8, "big"), head, *(bundle.files[name] for name in names)))
    return _MAGIC + zstandard.ZstdCompressor(level=3).compress(frame)


def unpack(packed: bytes) -> Bundle:
    """Return the bundle that `pack` made bytes of; never more than its bounds is unpacked.

    Raises:
        BundleInvalid: It is no packed bundle, or breaks the rules of bundles.

    """
    if not packed.startswith(_MAGIC):
        raise BundleInvalid("these bytes are no packed bundle of this version of MockOps")
    try:
        frame = _unpacked(packed[len(_MAGIC) :])
        start = 8 + int.from_bytes(frame[:8], "big")
        head = msgspec.json.decode(frame[8:start], type=_Head)
    except (zstandard.ZstdError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BundleInvalid(f"the packed bundle is damaged: {error}") from error
    sizes = dict(head.files)
    if len(sizes) < len(head.files) or any(size < 0 for size in sizes.values()):
        raise BundleInvalid("the packed bundle is damaged: a name is given twice, or a length is negative")
    check_bundle(head.root, sizes)
    if start + sum(sizes.values()) != len(frame):
        raise BundleInvalid("the packed bundle is damaged: it is cut off or has bytes too many")
    files = {}
    for name, size in head.files:
        files[name] = frame[start : start + size]
        start += size
    return Bundle(root=head.root, files=files)


def _unpacked(compressed: bytes) -> bytes:
    bound = MAX_BYTES + MAX_FILES * (_MAX_NAME_BYTES * 6 + 40) + 4_096
    with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(compressed) as reader:
        frame: bytes = reader.read(bound + 1)
    if len(frame) > bound:
        raise BundleInvalid(f"the packed bundle holds more than {MAX_BYTES:,} bytes")
    return frame
