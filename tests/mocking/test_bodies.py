"""Bodies of every media type, and XML read back."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.contracts.model import MediaType
from mockops.core.exchange import Request
from mockops.mocking.rules.bodies.encode import BOUNDARY, content_type_for, encode
from mockops.mocking.rules.bodies.xml_read import XmlUnreadable, read_xml
from mockops.mocking.rules.validate.bodies import BodyReader

PERSON: dict[str, Any] = {
    "type": "object",
    "xml": {"name": "person", "namespace": "urn:x", "prefix": "p"},
    "properties": {
        "id": {"type": "integer", "xml": {"attribute": True}},
        "fullName": {"type": "string", "xml": {"name": "full-name"}},
        "tags": {"type": "array", "items": {"type": "string", "xml": {"name": "tag"}}, "xml": {"wrapped": True}},
        "nick": {"type": "array", "items": {"type": "string"}},
        "home": {"$ref": "#/$defs/Address"},
        "active": {"type": "boolean"},
    },
}
ADDRESS = {"type": "object", "properties": {"city": {"type": "string"}, "zip": {"type": "integer"}}}
DEFINITIONS: dict[str, Any] = {"Address": ADDRESS, "Person": PERSON}

plain = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"), min_size=1
).filter(lambda text: text.strip() == text and text.isprintable())
people = st.fixed_dictionaries(
    {
        "id": st.integers(0, 999),
        "fullName": plain,
        "active": st.booleans(),
        "home": st.fixed_dictionaries({"city": plain}),
    },
    optional={"tags": st.lists(plain, max_size=3), "nick": st.lists(plain, min_size=1, max_size=3)},
)


@given(people)
@settings(max_examples=100)
def test_xml_reads_back_as_what_was_written(person: dict[str, Any]) -> None:
    schema = {"$ref": "#/$defs/Person"}
    body = encode(person, "application/xml", MediaType(media_type="application/xml", schema=schema), DEFINITIONS)
    ET.fromstring(body)
    assert read_xml(body, schema, DEFINITIONS) == person


def test_xml_follows_the_xml_objects_of_the_schema() -> None:
    media = MediaType(media_type="text/xml", schema={"$ref": "#/$defs/Person"})
    value = {"id": 1, "fullName": "A & <B>", "tags": ["x"], "nick": ["n", "m"], "home": {"city": "C"}}
    body = encode(value, "text/xml; charset=utf-8", media, DEFINITIONS).decode()
    assert body.splitlines()[1] == (
        '<p:person xmlns:p="urn:x" id="1"><full-name>A &amp; &lt;B&gt;</full-name><tags><tag>x</tag></tags>'
        "<nick>n</nick><nick>m</nick><home><city>C</city></home></p:person>"
    )


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        (
            [{"city": "A"}],
            {"type": "array", "items": {"$ref": "#/$defs/Address"}},
            "<root><item><city>A</city></item></root>",
        ),
        ({"a b": 1, "1x": None}, None, "<root><a_b>1</a_b><_1x/></root>"),
        ("bell\x07", {"type": "string"}, "<root>bell\ufffd</root>"),
        ("<ready/>", {"type": "string"}, "<ready/>"),
    ],
)
def test_xml_of_what_has_no_names_is_well_formed(value: Any, schema: Any, expected: str) -> None:
    body = encode(value, "application/xml", MediaType(media_type="application/xml", schema=schema), DEFINITIONS)
    ET.fromstring(body)
    assert body.decode().endswith(expected)


@pytest.mark.parametrize(
    "body",
    [b"", b"<a>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<a>" * 300 + b"</a>" * 300],
)
def test_xml_that_is_broken_or_dangerous_is_refused(body: bytes) -> None:
    with pytest.raises(XmlUnreadable):
        read_xml(body, True, {})


FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "n": {"type": "integer"},
        "ids": {"type": "array", "items": {"type": "integer"}},
        "deep": {"type": "object", "properties": {"a": {"type": "string"}}},
    },
}


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
@given(
    value=st.fixed_dictionaries(
        {"name": plain, "n": st.integers(-5, 5), "ids": st.lists(st.integers(0, 9), min_size=2, max_size=3)},
        optional={"deep": st.fixed_dictionaries({"a": plain})},
    )
)
@settings(max_examples=40)
def test_forms_read_back_as_what_was_written(media_type: str, value: dict[str, Any]) -> None:
    sent = content_type_for(media_type)
    media = MediaType(media_type=media_type, schema=FORM)
    body = encode(value, sent, media, {})
    request = Request(method="POST", path="/", headers=(("content-type", sent),), body=body)
    assert BodyReader(media, {}, sent).read(request) == value


def test_a_file_in_a_form_has_a_name_and_a_type() -> None:
    schema = {"type": "object", "properties": {"photo": {"type": "string", "format": "binary"}}}
    media = MediaType(media_type="multipart/form-data", schema=schema, encoding={"photo": {"contentType": "image/png"}})
    body = encode({"photo": "x"}, "multipart/form-data", media, {})
    assert b'name="photo"; filename="file"\r\nContent-Type: image/png\r\n\r\n\x89PNG' in body
    assert body.endswith(f"--{BOUNDARY}--\r\n".encode())


def test_csv_has_a_header_and_a_row_each() -> None:
    rows = [{"a": 'x,"y"', "b": 1}, {"a": None, "c": [1]}]
    read = list(csv.reader(io.StringIO(encode(rows, "text/csv").decode())))
    assert read == [["a", "b", "c"], ['x,"y"', "1", ""], ["", "", "[1]"]]


def test_lines_hold_one_item_each() -> None:
    assert encode([{"a": 1}, 2], "application/x-ndjson") == b'{"a":1}\n2\n'
    assert encode({"a": 1}, "application/jsonl") == b'{"a":1}\n'
    assert encode([1], "application/json-seq") == b"\x1e1\n"


def test_events_are_written_as_browsers_read_them() -> None:
    events = [{"id": "1", "event": "tick", "data": {"n": 1}}, "two\nlines"]
    assert encode(events, "text/event-stream") == b'id: 1\nevent: tick\ndata: {"n":1}\n\ndata: two\ndata: lines\n\n'


def test_json_holds_numbers_of_any_size_and_text_stays_text() -> None:
    assert encode({"n": 10**30}, "application/json") == b'{"n":1000000000000000000000000000000}'
    assert encode("grün", "text/plain") == "grün".encode()
    assert msgspec.json.decode(encode([1], "text/plain")) == [1]
    assert encode({"a": 1}, "application/problem+json; charset=utf-8") == b'{"a":1}'


@pytest.mark.parametrize(
    ("media_type", "start"),
    [
        ("image/png", b"\x89PNG\r\n\x1a\n"),
        ("image/gif", b"GIF89a"),
        ("image/jpeg", b"\xff\xd8\xff"),
        ("application/pdf", b"%PDF-1.4"),
        ("application/zip", b"PK\x05\x06"),
        ("audio/wav", b"RIFF"),
        ("application/octet-stream", b"text"),
    ],
)
def test_binary_bodies_are_small_and_begin_as_they_should(media_type: str, start: bytes) -> None:
    body = encode("text", media_type)
    assert body.startswith(start)
    assert len(body) < 1000
    assert body == encode("text", media_type)


def test_files_can_be_opened() -> None:
    png = encode("", "image/png")
    assert zlib.decompress(png[png.index(b"IDAT") + 4 : -16]) == b"\x00\x1e\x6f\xd9"
    assert gzip.decompress(encode("", "application/gzip")) == b"mock"
    pdf = encode("", "application/pdf")
    assert pdf[int(pdf.split(b"startxref\n")[1].split(b"\n")[0]) :].startswith(b"xref")


@pytest.mark.parametrize(
    ("declared", "sent"),
    [
        ("*/*", "application/json"),
        ("text/*", "text/plain"),
        ("image/*", "image/png"),
        ("multipart/form-data", f"multipart/form-data; boundary={BOUNDARY}"),
        ("application/json; charset=utf-8", "application/json; charset=utf-8"),
    ],
)
def test_the_content_type_sent_is_concrete(declared: str, sent: str) -> None:
    assert content_type_for(declared) == sent
