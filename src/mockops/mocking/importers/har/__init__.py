"""HTTP archives (HAR 1.2): exchanges recorded by browsers, proxies and tests become stubs, without secrets."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from mockops.core.diagnostics import Severity
from mockops.core.redact import mask_values
from mockops.mocking.importers.foreign_parts import (
    MAX_STUBS,
    Ids,
    Tally,
    address,
    finish_stub,
    is_json_type,
    specificity,
)
from mockops.mocking.importers.har.content import BodyLost
from mockops.mocking.importers.har.entries import Place, Recorded, place_of, read_entry
from mockops.mocking.importers.har.redaction import Redactor
from mockops.mocking.importers.shapes import Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mockops.core.diagnostics import Diagnostic
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.importers.shapes import Source
    from mockops.mocking.model import Stub

_CODE = "mocking.har"
_MAX_ENTRIES = 200_000
_MAX_SEQUENCE = 1_000


def is_har(data: Json) -> bool:
    """Whether a document is an HTTP archive."""
    return isinstance(data, dict) and isinstance(data.get("log"), dict) and isinstance(data["log"].get("entries"), list)


def read_har(
    document: Source,
    *,
    read_file: Callable[[str], bytes],
    hosts: Sequence[str] = (),
    path_prefix: str = "",
    include_static: bool = False,
    redact_emails: bool = False,
) -> tuple[list[Stub], list[Diagnostic]]:
    """Read an HTTP archive.

    Equal exchanges become one stub. Several answers to one request are given in the order of the recording, each once,
    the last one from then on. Secrets are masked in what is answered and never take part in what is matched.

    Args:
        document: The file, parsed.
        read_file: Returns the content of a body that Playwright keeps in a file beside it; raises Invalid or OSError.
        hosts: Only exchanges with these hosts (`api.example.com`, `localhost:3000`); empty: the one with the most.
        path_prefix: Only exchanges whose path begins so.
        include_static: Whether pages, scripts, styles, images and fonts are kept, too.
        redact_emails: Whether e-mail addresses are replaced.

    Returns:
        The stubs, of equal priorities the most specific last, and what is not imported or was masked.

    """
    problems = Problems(document, _CODE)
    if not is_har(document.data):
        problems.add((), "an HTTP archive is {log: {entries: [...]}}", hint="export the network log as HAR")
        return [], problems.found
    entries = document.data["log"]["entries"]
    if len(entries) > _MAX_ENTRIES:
        problems.add(
            ("log", "entries"), f"{len(entries):,} entries are more than {_MAX_ENTRIES:,}; the rest is left out"
        )
    tally = Tally(problems)
    places = _chosen(entries[:_MAX_ENTRIES], tally, hosts, path_prefix, include_static=include_static)
    counts: Counter[str] = Counter()
    redactor = Redactor(counts, emails=redact_emails)
    recorded = []
    for place in places:
        try:
            recorded.append(read_entry(place, redactor, read_file))
        except BodyLost as error:
            name = f"{place.method} {mask_values(place.path)[0]}"
            tally.add(f"{{n}} entr{{ies}} left out: {error}", ("log", "entries", place.at), name)
    stubs = _stubs(recorded, problems, tally)
    tally.report()
    _report(counts, problems)
    return stubs, problems.found


def _chosen(
    entries: Sequence[Json], tally: Tally, hosts: Sequence[str], prefix: str, *, include_static: bool
) -> list[Place]:
    """Return the entries that are asked for, and count the others."""
    places: list[Place] = []
    for at, entry in enumerate(entries):
        found = place_of(entry, at, include_static=include_static)
        if isinstance(found, str):
            tally.add("skipped {n} " + found, ("log", "entries", at))
        elif not found.path.startswith(prefix):
            tally.add("skipped {n} request{s} to other paths", ("log", "entries", at), mask_values(found.path)[0])
        else:
            places.append(found)
    wanted = {host.lower().removeprefix("https://").removeprefix("http://").strip("/") for host in hosts}
    wanted = wanted or _main_host(places)
    kept = []
    for place in places:
        if place.host in wanted or place.host.partition(":")[0] in wanted:
            kept.append(place)
        else:
            hint = "choose hosts: --host NAME, as often as wanted"
            tally.add("skipped {n} request{s} to other hosts", ("log", "entries", place.at), place.host, hint=hint)
    return kept


def _main_host(places: Iterable[Place]) -> set[str]:
    """Return the host with the most exchanges; those in JSON count most: a page's API, not what it is measured by."""
    weights: Counter[str] = Counter()
    for place in places:
        content = place.entry["response"].get("content")
        kind = str(content.get("mimeType", "")) if isinstance(content, dict) else ""
        weights[place.host] += 100 if is_json_type(kind.partition(";")[0].strip().lower()) else 1
    return {host for host, _ in weights.most_common(1)}


def _stubs(recorded: list[Recorded], problems: Problems, tally: Tally) -> list[Stub]:
    groups: dict[bytes, list[Recorded]] = {}
    for each in recorded:
        groups.setdefault(each.question, []).append(each)
    drafts: list[tuple[tuple[int, int, int, int], Recorded, JsonObject]] = []
    for group in groups.values():
        drafts += _drafts(group, tally)
    drafts.sort(key=lambda draft: draft[0])
    ids = Ids()
    stubs = []
    for _, each, draft in drafts[:MAX_STUBS]:
        stub = finish_stub({"id": ids.take(*draft.pop("named")), **draft}, each.tokens, problems)
        if stub is not None:
            stubs.append(stub)
    if len(drafts) > MAX_STUBS:
        problems.add(("log", "entries"), f"{len(drafts):,} stubs are more than {MAX_STUBS:,}; the rest is left out")
    return stubs


def _drafts(group: list[Recorded], tally: Tally) -> Iterator[tuple[tuple[int, int, int, int], Recorded, JsonObject]]:
    """Yield the stubs of one request line: by body where bodies differ, and for each the answers in order."""
    by_body: dict[bytes, list[Recorded]] = {}
    for each in group:
        by_body.setdefault(msgspec.json.encode(each.body, order="sorted"), []).append(each)
    has_bodies = len(by_body) > 1
    for alike in by_body.values():
        answers: list[Recorded] = []
        for each in alike:
            if not answers or answers[-1].respond != each.respond:
                answers.append(each)
        if len(answers) > _MAX_SEQUENCE:
            tally.add("{n} request{s} with more answers than are kept", answers[0].tokens, answers[0].path)
            answers = answers[:_MAX_SEQUENCE]
        last = len(answers) - 1
        for number, each in reversed(list(enumerate(answers))):  # the last one is tried first
            body = each.body if has_bodies else None
            rest = {"query": each.query, "body": body}
            text = f"{each.method} {each.path}" + (f" ({number + 1} of {last + 1})" if last else "")
            query = "&".join(f"{name}={value}" for name, value in each.query.items())
            of_body = msgspec.json.encode(body).decode() if body is not None else ""
            draft: JsonObject = {
                "named": (each.method, each.path, query, of_body[:60], str(number + 1) if last else ""),
                "name": text,
                "match": address(each.method, each.path, rest),
                "respond": each.respond,
            }
            if number < last:
                draft["times"] = 1
            yield specificity(each.path, len(each.query) + (body is not None)), each, draft


def _report(counts: Counter[str], problems: Problems) -> None:
    """Say what was masked."""
    if not counts:
        return
    kinds = ", ".join(f"{kind} ({count})" for kind, count in counts.most_common(12))
    more = f" and {len(counts) - 12} more kinds" if len(counts) > 12 else ""
    message = f"masked {counts.total():,} secret{'' if counts.total() == 1 else 's'}: {kinds}{more}"
    hint = "look through the files before you share them: what no name tells is not found"
    problems.add(("log", "entries"), message, hint=hint, severity=Severity.WARNING)
