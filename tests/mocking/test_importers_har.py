"""HTTP archives: what was recorded is replayed, and no secret gets into a file."""

from __future__ import annotations

import base64
import importlib.util
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.core.redact import MASK, is_telling, mask_values
from mockops.mocking.importers.foreign import detect_format
from mockops.mocking.importers.foreign_parts import MAX_BODY_BYTES
from mockops.mocking.importers.har import read_har
from mockops.mocking.importers.shapes import Plain
from mockops.mocking.importers.written import as_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.testing import MockServer

_spec = importlib.util.spec_from_file_location("foreign_files", Path(__file__).with_name("foreign_files.py"))
assert _spec is not None
assert _spec.loader is not None
_files = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_files)
DATA = _files.DATA
hostile = _files.hostile
import_data = _files.import_data
import_sample = _files.import_sample
messages = _files.messages
served = _files.served


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MockServer]:
    with served(import_sample("har", "shop.har"), tmp_path / "w") as running:
        yield running


def test_answers_to_one_request_come_in_order_and_the_last_stays(server: MockServer) -> None:
    states = [httpx.get(f"{server.url}/v1/orders?page=1").json()["items"][0]["state"] for _ in range(3)]
    assert states == ["new", "paid", "paid"]
    assert httpx.get(f"{server.url}/v1/orders?page=2").json() == {"items": []}


def test_requests_that_differ_by_body_alone_are_told_apart(server: MockServer) -> None:
    cart = {"operationName": "Cart", "query": "query Cart { cart { total } }"}
    assert httpx.post(f"{server.url}/graphql", json=cart).json() == {"data": {"cart": {"total": 12}}}


def test_bodies_come_as_they_were(server: MockServer) -> None:
    pdf = httpx.get(f"{server.url}/v1/invoice.pdf")
    assert (pdf.content, pdf.headers["content-type"]) == (b"%PDF-1.7\n\xff\xfe\x00", "application/pdf")
    report = httpx.get(f"{server.url}/v1/report")
    assert report.json() == {"total": 3}
    assert "content-encoding" not in report.headers
    gone = httpx.delete(f"{server.url}/v1/orders/1")
    assert (gone.status_code, gone.content, gone.headers.get("content-type")) == (204, b"", None)


def test_a_login_answers_without_its_secrets(server: MockServer) -> None:
    answer = httpx.post(f"{server.url}/v1/login", json={"user": "kim", "password": "another"})
    body = answer.json()
    assert (body["accessToken"], body["refresh_token"], body["user"]["password"]) == (MASK, MASK, MASK)
    assert (body["user"]["id"], body["user"]["email"], body["expires_in"]) == (7, "kim@example.com", 3600)
    assert answer.headers.get_list("set-cookie") == [f"sid={MASK}; Path=/; HttpOnly", f"lang={MASK}; Path=/"]
    assert answer.headers["x-ratelimit-remaining"] == "99"


def test_no_secret_of_the_recording_is_written() -> None:
    imported = import_sample("har", "shop.har", redact_emails=True)
    text = as_yaml(imported.documents) + "".join(map(str, imported.files.values())) + messages(imported)
    recorded = (DATA / "shop.har").read_text()
    for secret in (
        "hunter2",
        "s3cr3t-session",
        "r-77f1c2",
        "AKIA1234567890ABCDEF",
        "eyJhbGciOi",
        "abc123",
        "kim@example.com",
    ):
        assert secret in recorded
        assert secret not in text
    assert "masked 9 secrets" in text
    assert "header set-cookie (2)" in text


def test_what_is_skipped_is_counted() -> None:
    text = messages(import_sample("har", "shop.har"))
    for words in (
        "skipped 4 static files",
        "skipped 1 OPTIONS request",
        "skipped 1 failed or cancelled request",
        "skipped 1 WebSocket connection",
        "skipped 1 entry that",
        "skipped 1 request to other hosts: collect.metrics.example",
        "1 entry left out: bodies that the recorder did not keep",
    ):
        assert words.replace("entry that", "entry that") in text or words in text


def test_entries_can_be_chosen() -> None:
    assert len(import_sample("har", "shop.har", path_prefix="/v1/orders").stubs) == 4
    others = import_sample("har", "shop.har", hosts=("collect.metrics.example",)).stubs
    assert [stub.id for stub in others] == ["post-x"]
    pages = import_sample("har", "shop.har", hosts=("shop.example",), include_static=True)
    assert [stub.name for stub in pages.stubs] == ["GET /", "GET /app.9f2.js", "GET /logo.png"]


def entry(url: str = "https://a.example/x", *, method: str = "GET", status: int = 200, **more: Any) -> dict[str, Any]:
    content = more.pop("content", {"mimeType": "application/json", "text": "{}"})
    headers = [{"name": name, "value": value} for name, value in more.pop("headers", {}).items()]
    request = {"method": method, "url": url, **more}
    return {"request": request, "response": {"status": status, "headers": headers, "content": content}}


def archive(*entries: Any) -> dict[str, Any]:
    return {"log": {"version": "1.2", "entries": list(entries)}}


def compressed(body: bytes, coding: str) -> dict[str, Any]:
    packed = {"deflate": zlib.compress, "zstd": zstandard.compress}.get(coding, bytes)(body)
    return {"mimeType": "text/plain", "encoding": "base64", "text": base64.b64encode(packed).decode()}


@pytest.mark.parametrize("coding", ["deflate", "zstd", "gzip", "br", "identity"])
def test_compressed_and_already_decoded_bodies_are_read(coding: str) -> None:
    content = compressed(b"hello", coding)
    imported = import_data("har", archive(entry(content=content, headers={"Content-Encoding": coding})))
    assert imported.stubs[0].respond.text == "hello"


def test_a_decompression_bomb_is_left_out() -> None:
    bomb = compressed(b"\0" * (MAX_BODY_BYTES + 10), "deflate")
    imported = import_data("har", archive(entry(content=bomb, headers={"Content-Encoding": "deflate"})))
    assert imported.stubs == []
    assert "bodies above 16 MiB" in messages(imported)


def test_playwrights_bodies_in_files_are_read_from_beside_the_recording() -> None:
    data = archive(
        entry(content={"mimeType": "application/json", "_file": "1.json"}),
        entry("https://a.example/y", content={"_file": "../secret"}),
    )
    stubs, found = read_har(Plain(data, "x.har"), read_file={"1.json": b'{"a": 1}'}.__getitem__)
    assert [stub.respond.json for stub in stubs] == [{"a": 1}]
    assert "not beside the recording" in str(found[0])


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({"mimeType": "application/json", "text": '{"user": "a", "password": "p"}'}, {"json_subset": {"user": "a"}}),
        ({"mimeType": "application/json", "text": f'{{"ids": ["{JWT}"], "n": 1}}'}, {"json_subset": {"n": 1}}),
        ({"mimeType": "application/x-www-form-urlencoded", "text": "u=a&client_secret=s"}, {"form": {"u": "a"}}),
        (
            {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "u", "value": "a"}]},
            {"form": {"u": "a"}},
        ),
        ({"mimeType": "text/plain", "text": "plain"}, "plain"),
        ({"mimeType": "text/plain", "text": f"Bearer {JWT}"}, None),
        ({"mimeType": "multipart/form-data; boundary=x", "text": "--x"}, None),
    ],
    ids=str,
)
def test_matching_never_uses_a_secret(body: dict[str, Any], kept: Any) -> None:
    other = {"mimeType": "text/plain", "text": "another"}
    data = archive(entry(method="POST", postData=body), entry(method="POST", postData=other))
    document = next(
        each for each in import_data("har", data).documents if '"another"' not in msgspec.json.encode(each).decode()
    )
    match = document["match"]
    assert (match.get("body") if isinstance(match, dict) else None) == kept


def test_credentials_in_paths_and_queries_are_not_matched() -> None:
    data = archive(entry(f"https://u:p@a.example/reset/{JWT}/x?sig=1&userAccessToken=2&q=3"))
    assert import_data("har", data).documents[0]["match"] == {
        "method": "GET",
        "path": "/reset/{secret1}/x",
        "query": {"q": "3"},
    }


@pytest.mark.parametrize(
    "name",
    [
        "accessToken",
        "userAccessToken",
        "client_secret",
        "X-Api-Key",
        "password",
        "newPassword",
        "otp",
        "cvv",
        "session_id",
        "privateKey",
        "X-Amz-Signature",
    ],
)
def test_telling_names(name: str) -> None:
    assert is_telling(name)


@pytest.mark.parametrize(
    "name", ["page_token", "tokens_used", "id", "keyboard", "author", "monkey", "passport", "next"]
)
def test_names_that_tell_nothing(name: str) -> None:
    assert not is_telling(name)


@pytest.mark.parametrize(
    "secret",
    [JWT, "ghp_" + "a1" * 18, "sk_live_4eC39HqLyjWDarjtT1", "xoxb-123456789012-abc", "AIza" + "b" * 35],
)
def test_credentials_are_masked_wherever_they_stand(secret: str) -> None:
    masked, count, _ = mask_values(f"see '{secret}', please")
    assert (masked, count) == (f"see '{MASK}', please", 1)


def test_xml_and_lines_are_masked() -> None:
    xml = entry(content={"mimeType": "application/xml", "text": "<a><s:password>x1</s:password><b>2</b></a>"})
    lines = entry(
        "https://a.example/l", content={"mimeType": "application/x-ndjson", "text": '{"token": "t1"}\n{"b": 2}\n'}
    )
    texts = [stub.respond.text for stub in import_data("har", archive(xml, lines)).stubs]
    assert texts == [f"<a><s:password>{MASK}</s:password><b>2</b></a>", f'{{"token": "{MASK}"}}\n{{"b": 2}}\n']


def test_ids_are_the_same_when_recorded_again() -> None:
    first = import_data("har", archive(entry()))
    again = import_data("har", archive(entry("https://a.example/other"), entry()))
    assert [stub.id for stub in first.stubs] == ["get-x"]
    assert {stub.id for stub in again.stubs} == {"get-x", "get-other"}
    assert detect_format(archive()) == "har"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [{"name": ("content-encoding", "Set-Cookie", "a\n"), "value": ("gzip", "br, zstd", "a=b\nc")}]
ENTRY = {
    "_resourceType": ("xhr", "image"),
    "request": {
        "method": ("GET", "POST", ""),
        "url": ("https://h/a?b=c", "https://[", "data:,x", "http://h/%zz?=&token=x"),
        "postData": {
            "mimeType": ("application/json", "x"),
            "text": ('{"a":1}', "{"),
            "params": [{"name": "a", "value": "b"}],
        },
    },
    "response": {
        "status": (200, 304, "201", 0),
        "headers": FIELDS,
        "content": {
            "mimeType": ("application/json", "image/png"),
            "text": ("{}", "H4sIAAAA", "é"),
            "encoding": "base64",
            "size": 1,
            "_file": "x",
        },
    },
}


@given(hostile(JSON, {"log": {"entries": [ENTRY]}}))
@settings(max_examples=150, deadline=None)
def test_any_json_is_read_or_refused_without_a_traceback(data: Any) -> None:
    import_data("har", data)


@pytest.mark.parametrize("depth", [50, 500, 5_000, 100_000])
def test_deeply_nested_bodies_are_kept_as_text(depth: int) -> None:
    text = "[" * depth + "]" * depth
    imported = import_data("har", archive(entry(content={"mimeType": "application/json", "text": text})))
    respond = imported.stubs[0].respond
    assert (respond.json is msgspec.UNSET) == (depth > 100)
    assert depth <= 100 or respond.text == text
