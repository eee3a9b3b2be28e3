"""What a body file is, by its name: a table of our own, so that every machine says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.core.json import Json

_TEXTS = {
    "css": "text/css",
    "csv": "text/csv",
    "htm": "text/html",
    "html": "text/html",
    "ics": "text/calendar",
    "js": "text/javascript",
    "log": "text/plain",
    "md": "text/markdown",
    "mjs": "text/javascript",
    "text": "text/plain",
    "tsv": "text/tab-separated-values",
    "txt": "text/plain",
    "zpl": "text/plain",
}
"""Sent with `charset=utf-8` where the content is."""
_OTHERS = {
    "avif": "image/avif",
    "bin": "application/octet-stream",
    "bmp": "image/bmp",
    "gif": "image/gif",
    "gz": "application/gzip",
    "ico": "image/vnd.microsoft.icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ndjson": "application/x-ndjson",
    "pdf": "application/pdf",
    "png": "image/png",
    "rtf": "application/rtf",
    "svg": "image/svg+xml",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "wasm": "application/wasm",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "woff2": "font/woff2",
    "xhtml": "application/xhtml+xml",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "application/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "zip": "application/zip",
}


def headers_for(name: str, headers: Mapping[str, Json], *, is_utf8: bool) -> dict[str, Json]:
    """Return an answer's headers with the Content-Type that a body file's name says, where they have none.

    A name that says nothing adds nothing.
    """
    _, dot, ending = name.rpartition("/")[2].lower().rpartition(".")
    ending = ending if dot else ""
    text = _TEXTS.get(ending, "")
    found = _OTHERS.get(ending, "") or (f"{text}; charset=utf-8" if text and is_utf8 else text)
    if not found or any(field.lower() == "content-type" for field in headers):
        return dict(headers)
    return {"Content-Type": found, **headers}


def ending_of(media_type: str) -> str:
    """Return the usual ending of files of a media type, without the dot; `bin` for what is not known."""
    usual = {
        "text/html": "html",
        "text/javascript": "js",
        "text/plain": "txt",
        "image/jpeg": "jpg",
        "image/tiff": "tiff",
    }
    if media_type in usual:
        return usual[media_type]
    known = next((ending for table in (_TEXTS, _OTHERS) for ending, each in table.items() if each == media_type), "")
    if known:
        return known
    if media_type.endswith("json"):
        return "json"
    if media_type.endswith("xml"):
        return "xml"
    return "txt" if media_type.startswith("text/") else "bin"
