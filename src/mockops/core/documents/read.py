"""Bytes to a document: encoding and format are found out, everything is bounded."""

from __future__ import annotations

import codecs

from mockops.core.documents.document import MAX_BYTES, Document, DocumentInvalid, refusal
from mockops.core.documents.json_text import read_json
from mockops.core.documents.yaml_text import read_yaml

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_document(raw: bytes, source: str, *, max_bytes: int = MAX_BYTES) -> Document:
    """Read JSON (RFC 8259) or YAML (1.2, core schema) from bytes.

    Args:
        raw: the document, in UTF-8, or in UTF-16 or UTF-32 with or without a byte order mark.
        source: the file or URL, as the user named it; a name ending in `.json` makes it JSON, otherwise a text that
            begins with a bracket is tried as JSON first.
        max_bytes: longer documents are refused.

    Returns:
        The document; keys of mappings are text, whatever YAML thought of them. Its `warnings` name duplicate keys
        and values that JSON has no words for.

    Raises:
        DocumentInvalid: with the line and column of what is wrong.

    """
    if len(raw) > max_bytes:
        raise refusal(
            f"the document is {len(raw):,} bytes long; at most {max_bytes:,} are read",
            source,
            hint="split it into several files with $ref, or raise the limit",
        )
    text_bytes = _as_utf8(raw, source)
    start = text_bytes.lstrip()[:1]
    if not start:
        raise refusal("the document is empty", source, line=1, column=1)
    if source.lower().endswith(".json"):
        return read_json(text_bytes, source)
    if start not in (b"{", b"["):
        return read_yaml(text_bytes, source)
    return _read_either(text_bytes, source)


def _read_either(text_bytes: bytes, source: str) -> Document:
    """Read what looks like JSON but may be YAML in flow style; JSON's complaint is the one a person gets."""
    try:
        return read_json(text_bytes, source)
    except DocumentInvalid as json_error:
        try:
            return read_yaml(text_bytes, source)
        except DocumentInvalid:
            raise json_error from None


def _as_utf8(raw: bytes, source: str) -> bytes:
    """Return the document in UTF-8 without byte order mark."""
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return _recode(raw[len(mark) :], encoding, source)
    if raw[1:4:2] == b"\0\0":
        return _recode(raw, "utf-16-le", source)
    if raw[0:3:2] == b"\0\0":
        return _recode(raw, "utf-16-be", source)
    return _recode(raw, "utf-8", source)


def _recode(raw: bytes, encoding: str, source: str) -> bytes:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise refusal(
            f"byte {error.start} is not valid {encoding.upper()} ({error.reason})",
            source,
            line=line,
            column=error.start - raw.rfind(b"\n", 0, error.start),
            hint="save the file as UTF-8",
        ) from error
    return raw if encoding == "utf-8" else text.encode()
