"""Reading the settings of a target: what is wrong is said where it stands, and left out; the rest holds."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from mockops.core.diagnostics import Diagnostic, pointer
from mockops.workspaces.model.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockops.core.documents import Document
    from mockops.core.json import Json, JsonObject

Tokens = tuple[str, ...]

CODE = "publishing.setting_invalid"
_MAX_SHOWN = 60


def read_settings(
    written: JsonObject, overrides: JsonObject, documents: Sequence[Document] = ()
) -> tuple[Settings, list[Diagnostic]]:
    """Return settings from what files say, laid over with what options say, and what is wrong with either.

    Args:
        written: What stands at `settings` in the documents, the former laid over the latter.
        overrides: Settings that win, by the names of `Settings`.
        documents: Where `written` was read from, to tell line and column.

    """
    found: list[Diagnostic] = []
    usable: JsonObject = {}
    for key, value in {**written, **overrides}.items():
        origin = () if key in overrides else documents
        usable.update(_usable({key: value}, Settings, (), origin, found))
    return msgspec.convert(usable, Settings), found


def _usable(
    value: JsonObject,
    kind: type[msgspec.Struct],
    tokens: Tokens,
    documents: Sequence[Document],
    found: list[Diagnostic],
) -> JsonObject:
    """Return the members that can be used."""
    try:
        msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError:
        pass  # looked at member by member below, to say what is wrong in words
    else:
        return value
    return dict(_members(value, kind, tokens, documents, found))


def _members(
    value: JsonObject,
    kind: type[msgspec.Struct],
    tokens: Tokens,
    documents: Sequence[Document],
    found: list[Diagnostic],
) -> Iterator[tuple[str, Json]]:
    fields = {each.name: each.type for each in msgspec.structs.fields(kind)}
    for key, member in value.items():
        place = (*tokens, str(key))
        if key not in fields:
            found.append(_unknown(place, tuple(fields), documents))
        elif isinstance(fields[key], type) and issubclass(fields[key], msgspec.Struct) and isinstance(member, dict):
            yield key, _usable(member, fields[key], place, documents, found)
        elif wrong := list(_wrong(member, fields[key], place)):
            found.extend(_of_wrong_type(at, bad, fields[key], documents) for at, bad in wrong)
        else:
            yield key, member


def _wrong(value: Json, kind: Any, place: Tokens) -> Iterator[tuple[Tokens, Json]]:
    """Give what does not fit: the items of a list one by one, else the value."""
    if _is_fitting(value, kind):
        return
    if get_args(kind)[1:] == (...,) and isinstance(value, list):
        wanted = get_args(kind)[0]
        yield from (((*place, str(at)), item) for at, item in enumerate(value) if not _is_fitting(item, wanted))
    else:
        yield place, value


def _is_fitting(value: Json, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError:
        return False
    return True


def _unknown(place: Tokens, known: tuple[str, ...], documents: Sequence[Document]) -> Diagnostic:
    near = get_close_matches(place[-1], known, 1)
    within = f" in `{'.'.join(place[:-1])}`" if place[1:] else ""
    hint = f"did you mean `{near[0]}`?" if near else f"known{within}: {', '.join(known)}"
    return _complain(place, f"unknown setting {'.'.join(place)!r}", hint, documents)


def _of_wrong_type(place: Tokens, value: Json, kind: Any, documents: Sequence[Document]) -> Diagnostic:
    expected = _in_words(kind if not place[-1].isdecimal() else get_args(kind)[0])
    near = get_close_matches(str(value), [str(each) for each in get_args(kind)], 1)
    hint = f"did you mean `{near[0]}`?" if near else f"write {expected}"
    shown = msgspec.json.encode(value, enc_hook=str).decode()
    shown = shown if len(shown) <= _MAX_SHOWN else shown[:_MAX_SHOWN] + "…"
    return _complain(place, f"setting {'.'.join(place)!r} is {shown}, but must be {expected}", hint, documents)


_WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    tuple[str, ...]: "a list of texts",
    int | None: "a whole number",
}


def _in_words(kind: Any) -> str:
    """Return what a value of a type is, for people."""
    if kind in _WORDS:
        return _WORDS[kind]
    choices = get_args(kind)
    return f"one of {', '.join(map(str, choices))}" if choices else "a mapping"


def _complain(place: Tokens, message: str, hint: str, documents: Sequence[Document]) -> Diagnostic:
    tokens = ("settings", *place)
    document = next((each for each in documents if _holds(each.data, tokens)), None)
    where = pointer(*tokens)
    line, column = (document.locate(where) if document is not None else None) or (None, None)
    return Diagnostic(
        code=CODE,
        message=message,
        source=document.source if document is not None else "options",
        pointer=where,
        line=line,
        column=column,
        hint=hint,
    )


def _holds(data: Json, tokens: Tokens) -> bool:
    """Say whether a document has something at a place."""
    for token in tokens:
        if isinstance(data, dict) and token in data:
            data = data[token]
        elif isinstance(data, list) and token.isdecimal() and int(token) < len(data):
            data = data[int(token)]
        else:
            return False
    return True
