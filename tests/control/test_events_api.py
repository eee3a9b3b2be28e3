"""The event log over HTTP: from the change to the stream, and events of others."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from live_control import EventSource, LiveControl

from mockops.core.actor import Role
from mockops.core.errors import Invalid
from mockops.core.events import Custom

Opener = Callable[..., EventSource]


def announce(control: LiveControl, *types: str, **more: Any) -> None:
    def perform(tx: Any) -> None:
        for each in types:
            tx.announce(Custom(type=each, payload={"is": each}), **more)

    control.write(perform)


def types(client: httpx.Client, **query: Any) -> list[str]:
    return [item["type"] for item in client.get("/api/v1/events", params=query).json()["items"]]


def test_a_change_reaches_the_stream(control: LiveControl, open_stream: Opener) -> None:
    stream = open_stream("/api/v1/events/stream?type=workspace.*")
    shop = control.workspace("shop")
    sequence, event = stream.next()
    assert (event["specversion"], event["type"], event["sequence"]) == ("1.0", "workspace.created", sequence)
    assert (event["workspace"], event["org"], event["data"]["name"]) == ("shop", "default", "shop")
    assert event["workspaceid"] == shop.id
    assert event["time"] == "2026-03-02T12:00:00Z"


def test_what_rolls_back_never_appears(control: LiveControl, open_stream: Opener) -> None:
    stream = open_stream("/api/v1/events/stream")

    def fail(tx: Any) -> None:
        tx.announce(Custom(type="never"))
        raise Invalid("no")

    for _ in range(3):
        with pytest.raises(Invalid):
            control.write(fail)
    announce(control, "then")
    assert stream.next()[1]["type"] == "then"


def test_an_event_of_one_control_is_streamed_by_the_other(
    control: LiveControl, second_control: LiveControl, open_stream: Opener
) -> None:
    streams = [open_stream("/api/v1/events/stream?type=x.*", url=each.url) for each in (control, second_control)]
    announce(control, "x.first")
    announce(second_control, "x.second")
    for stream in streams:
        assert [stream.next()[1]["type"] for _ in range(2)] == ["x.first", "x.second"]


def test_postgresql_notifies_without_looking(postgresql_database: Any, clock: Any) -> None:
    from live_control import control_over

    from mockops.infra.db.database import open_database

    url = postgresql_database.engine.url.render_as_string(hide_password=False)
    other = open_database(url, clock=clock)
    with control_over(postgresql_database, clock, look_every_s=3600) as first:
        pause = threading.Event()
        while not first.live.wakeup.is_listening.is_set():
            pause.wait(0.01)
        with (
            httpx.Client(base_url=first.url, timeout=20) as client,
            client.stream("GET", "/api/v1/events/stream") as got,
        ):
            stream = EventSource(got)
            with other.write(first.caller) as tx:
                tx.announce(Custom(type="from.elsewhere"))
            assert stream.next()[1]["type"] == "from.elsewhere"
    other.close()


def test_a_stream_goes_on_where_it_was(control: LiveControl, open_stream: Opener) -> None:
    announce(control, *(f"t{n}" for n in range(1200)))
    first = open_stream("/api/v1/events/stream?type=t*&after=0")
    found = [first.next() for _ in range(700)]
    again = open_stream("/api/v1/events/stream?type=t*", headers={"Last-Event-ID": str(found[-1][0])})
    announce(control, "t-last")
    found += [again.next() for _ in range(501)]
    assert [event["type"] for _, event in found] == [*(f"t{n}" for n in range(1200)), "t-last"]
    assert [sequence for sequence, _ in found] == sorted({sequence for sequence, _ in found})


def test_streams_end_when_the_process_stops(control: LiveControl, open_stream: Opener) -> None:
    stream = open_stream("/api/v1/events/stream?type=none")
    control.live.events._changes.signal(10**9)  # beyond the log's end: nothing comes of it
    threading.Thread(target=control.live.end).start()
    assert stream.rest() == []


def test_heartbeats_keep_a_quiet_stream_open(control: LiveControl, open_stream: Opener) -> None:
    control.live.events.heartbeat_s = 0.01
    stream = open_stream("/api/v1/events/stream?type=none")
    assert next(stream._lines) == ":"


def test_a_viewer_of_one_workspace_sees_its_events_alone(control: LiveControl, open_stream: Opener) -> None:
    shop = control.workspace("shop")
    control.workspace("other")
    viewer = control.token("api", workspaces=[shop.id])
    listed = httpx.get(f"{control.url}/api/v1/events", headers=viewer).json()["items"]
    assert {event["workspace"] for event in listed} == {"shop"}
    foreign = httpx.get(f"{control.url}/api/v1/events", params={"workspace": "other"}).json()["items"][0]["id"]
    assert httpx.get(f"{control.url}/api/v1/events/{foreign}", headers=viewer).status_code == 404
    stream = open_stream("/api/v1/events/stream", headers=viewer)
    announce(control, "org.wide")
    announce(control, "of.shop", workspace_id=shop.id, workspace="shop")
    assert stream.next()[1]["type"] == "of.shop"
    globex = control.organization("globex")
    strangers = httpx.get(f"{control.url}/api/v1/events", headers=control.token("api", globex)).json()["items"]
    assert "shop" not in {event.get("workspace") for event in strangers}


def test_events_are_found(control: LiveControl, client: httpx.Client) -> None:
    announce(control, "a.one", "a.two", "A.one", "b.one", "a%one", subject="stubs/x")
    assert types(client, type="a.*") == ["a.two", "a.one"]
    assert types(client, type="?.one", order="oldest") == ["a.one", "A.one", "b.one"]
    assert types(client, type=["a.one", "b.*"]) == ["b.one", "a.one"]
    assert types(client, type="a%*") == ["a%one"]
    assert types(client, type="[ab].one") == []
    assert len(types(client, subject="stubs/*")) == 5
    page = client.get("/api/v1/events", params={"subject": "stubs/*", "limit": 2, "order": "oldest"}).json()
    rest = client.get(
        "/api/v1/events", params={"subject": "stubs/*", "limit": 3, "order": "oldest", "cursor": page["next"]}
    ).json()
    found = [*page["items"], *rest["items"]]
    assert ([item["type"] for item in found], rest["next"]) == (["a.one", "a.two", "A.one", "b.one", "a%one"], None)
    assert types(client, subject="stubs/*", after=found[2]["sequence"]) == ["a%one", "b.one"]
    assert types(client, **{"from": "2026-03-02T12:00:01Z"}) == []
    assert len(types(client, to="2026-03-02T12:00:01Z", type="a.one")) == 1
    assert client.get("/api/v1/events", params={"from": "2026-03-02T12:00:01"}).status_code == 422
    assert client.get(f"/api/v1/events/{found[0]['id']}").json() == found[0]
    assert client.get("/api/v1/events/none").json()["code"] == "events.unknown"
    assert client.get("/api/v1/events/stream", headers={"Last-Event-ID": "x"}).status_code == 400


def event(**more: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": "1", "source": "/ci", "type": "build.done", "data": {"ok": True}} | more


def post(client: httpx.Client, content: Any, media_type: str = "application/cloudevents+json", **headers: str) -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post("/api/v1/events", content=body, headers={"Content-Type": media_type, **headers})


def test_a_structured_event_is_taken_once(control: LiveControl, client: httpx.Client) -> None:
    control.workspace("shop")
    sent = event(
        time="2026-03-01T10:00:00+02:00",
        subject="main",
        workspace="shop",
        traceparent="00-1",
        attempts=3,
        dataschema="/s",
    )
    answer = post(client, sent, "application/cloudevents+json; charset=utf-8")
    assert answer.status_code == 202
    assert answer.json() == {"items": [{"id": "1", "source": "/ci", "is_new": True}]}
    assert post(client, sent).json()["items"][0]["is_new"] is False
    found = client.get("/api/v1/events/1").json()
    expected = sent | {"time": "2026-03-01T08:00:00Z"}
    assert {name: found[name] for name in sent} == expected
    assert (found["org"], found["depth"], found["actor"].partition(":")[0]) == ("default", 0, "local")
    assert types(client, type="build.done") == ["build.done"]


def test_a_binary_event_is_taken(client: httpx.Client) -> None:
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "b1",
        "ce-source": "/ci",
        "ce-type": "build.done",
        "ce-subject": "Euro%20%E2%82%AC%20%F0%9F%98%80",
        "ce-note": '"a \\"quoted\\" one"',
    }
    assert post(client, {"n": 10**30}, "application/json", **headers).status_code == 202
    found = client.get("/api/v1/events/b1").json()
    assert (found["subject"], found["note"], found["data"]) == ("Euro € 😀", 'a "quoted" one', {"n": 10**30})
    assert post(client, b"\x00\xff", "image/png", **{**headers, "ce-id": "b2"}).status_code == 202
    found = client.get("/api/v1/events/b2").json()
    assert (found["data_base64"], found["datacontenttype"]) == ("AP8=", "image/png")
    assert post(client, "hé".encode(), "text/plain", **{**headers, "ce-id": "b3"}).status_code == 202
    assert client.get("/api/v1/events/b3").json()["data"] == "hé"
    assert post(client, b"", "", **{**headers, "ce-id": "b4"}).status_code == 202
    assert "data" not in client.get("/api/v1/events/b4").json()


def test_a_batch_is_taken_whole_or_not(client: httpx.Client) -> None:
    batch = "application/cloudevents-batch+json"
    several = [event(id="1"), event(id="2"), event(id="1"), event(id="1", source="/other")]
    taken = post(client, several, batch).json()["items"]
    assert [each["is_new"] for each in taken] == [True, True, False, True]
    assert client.get("/api/v1/events/1").json()["code"] == "events.ambiguous"
    assert client.get("/api/v1/events/1", params={"source": "/other"}).status_code == 200
    wrong = post(client, [event(id="9"), event(id="", type="x")], batch)
    assert (wrong.status_code, [each["pointer"] for each in wrong.json()["errors"]]) == (422, ["/1/id"])
    assert client.get("/api/v1/events/9").status_code == 404
    assert post(client, [], batch).json() == {"items": []}
    assert post(client, [event()] * 1001, batch).status_code == 400


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"specversion": "0.3"}, "/specversion"),
        ({"id": None}, "/id"),
        ({"id": "x" * 256}, "/id"),
        ({"source": "a b"}, "/source"),
        ({"source": "/orgs/default"}, "/source"),
        ({"type": 5}, "/type"),
        ({"type": "workspace.created"}, "/type"),
        ({"type": "drift.threshold_exceeded"}, "/type"),
        ({"type": "mockops.anything"}, "/type"),
        ({"time": "yesterday"}, "/time"),
        ({"time": "2026-03-01"}, "/time"),
        ({"time": "2026-03-01T10:00:00"}, "/time"),
        ({"Upper": "x"}, "/Upper"),
        ({"with-dash": "x"}, "/with-dash"),
        ({"list": [1]}, "/list"),
        ({"large": 2**31}, "/large"),
        ({"sequence": 5}, "/sequence"),
        ({"actor": "me"}, "/actor"),
        ({"depth": 9}, "/depth"),
        ({"depth": -1}, "/depth"),
        ({"subject": "a\nb"}, "/subject"),
        ({"subject": "a\u0000b"}, "/subject"),
        ({"data_base64": "AA=="}, "/data_base64"),
        ({"data_base64": "?"}, "/data_base64"),
    ],
)
def test_what_is_wrong_with_an_event_is_said_where_it_is(change: dict[str, Any], pointer: str) -> None:
    from mockops.control.cloudevents import EventInvalid, read_events

    with pytest.raises(EventInvalid) as caught:
        read_events("application/cloudevents+json", [], json.dumps(event(**change)).encode())
    assert pointer in [each.pointer for each in caught.value.diagnostics]


def test_what_is_no_event_is_refused(client: httpx.Client) -> None:
    assert post(client, event(), "application/json").json()["code"] == "events.media_type_unknown"
    assert post(client, event(), "application/cloudevents+avro").status_code == 415
    assert post(client, b"{no").status_code == 400
    assert post(client, b"[" * 100_000).status_code == 400
    assert post(client, [event()]).status_code == 400
    assert post(client, {"a": 1}, "application/cloudevents-batch+json").status_code == 400
    assert post(client, b"x", "application/json", **{"ce-id": "%FF"}).status_code == 400
    assert post(client, event(workspace="nowhere")).status_code == 404


def test_chains_end(client: httpx.Client) -> None:
    for number in range(9):
        cause = {"causationid": f"c{number - 1}"} if number else {}
        assert post(client, event(id=f"c{number}", **cause)).status_code == 202
    assert client.get("/api/v1/events/c8").json()["depth"] == 8
    refused = post(client, event(id="c9", causationid="c8"))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/causationid")


def test_viewers_send_no_events(control: LiveControl, client: httpx.Client) -> None:
    shop = control.workspace("shop")
    viewer = control.token("api")
    assert post(client, event(), **viewer).status_code == 403
    editor = control.token("api", replace(control.caller), role=Role.EDITOR, workspaces=[shop.id])
    assert post(client, event(), **editor).status_code == 403
    assert post(client, event(workspace="shop"), **editor).status_code == 202
