"""Stateful resources: what is created can be listed, read, changed and removed, and nothing else can."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from mockops.contracts.model import (
    Example,
    Location,
    MediaType,
    Operation,
    OperationEntry,
    Parameter,
    RequestBody,
    Response,
)
from mockops.core.exchange import Request
from mockops.mocking.model import DeleteItem, Persona, PutItem, Reply, SessionView, SetState
from mockops.mocking.rules.resources import Collections, World, answer, example_items, infer_collections, persona_items

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

PET: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name", "status"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "tag": {"type": "string"},
        "age": {"type": "integer"},
        "status": {"type": "string"},
        "createdAt": {"type": "string", "format": "date-time"},
        "updated_at": {"type": "integer"},
        "secret": {"type": "string", "writeOnly": True},
    },
}
NEW_PET = {
    "type": "object",
    "required": ["name"],
    "properties": {name: PET["properties"][name] for name in ("name", "tag", "age", "secret")},
}
PETS = {"type": "array", "items": {"$ref": "#/$defs/Pet"}}
DEFINITIONS: dict[str, Any] = {"Pet": PET, "NewPet": NEW_PET, "Pets": PETS}


def json_of(schema: Any, *examples: Any) -> tuple[MediaType, ...]:
    found = tuple(Example(name=f"e{number}", value=value) for number, value in enumerate(examples))
    return (MediaType(media_type="application/json", schema=schema, examples=found),)


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def op(
    method: str,
    path: str,
    *responses: tuple[str, Any],
    body: Any = None,
    query: dict[str, Any] | None = None,
    definitions: dict[str, Any] | None = None,
    ids: str = "integer",
    examples: tuple[Any, ...] = (),
) -> Operation:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    parameters = [Parameter(name=each, location=Location.PATH, required=True, schema={"type": ids}) for each in names]
    parameters += [
        Parameter(name=name, location=Location.QUERY, schema=schema, style="form", explode=True)
        for name, schema in (query or {}).items()
    ]
    return Operation(
        method=method,
        path=path,
        parameters=tuple(parameters),
        request_body=None if body is None else RequestBody(content=json_of(body)),
        responses=tuple(
            Response(status=status, content=() if schema is None else json_of(schema, *examples))
            for status, schema in responses
        ),
        definitions=definitions or DEFINITIONS,
    )


PAGING = {
    "limit": {"type": "integer", "maximum": 50, "default": 20},
    "offset": {"type": "integer"},
    "sort": {"type": "string"},
    "tag": {"type": "string"},
}
PET_OPERATIONS = [
    op("GET", "/pets", ("200", ref("Pets")), query=PAGING),
    op("POST", "/pets", ("201", ref("Pet")), body=ref("NewPet")),
    op("GET", "/pets/{petId}", ("200", ref("Pet")), ("404", None)),
    op("PUT", "/pets/{petId}", ("200", ref("Pet")), ("404", None), body=ref("NewPet")),
    op("PATCH", "/pets/{petId}", ("200", ref("Pet")), ("404", None), body=ref("NewPet")),
    op("DELETE", "/pets/{petId}", ("204", None), ("404", None)),
]


def fill(operation: Operation, schema: Any, given: Any, seed: str) -> Any:
    """Fill flat objects, as a generator would."""
    while "$ref" in schema:
        schema = operation.definitions[schema["$ref"].removeprefix("#/$defs/")]
    samples = {"integer": 0, "string": "made up", "boolean": True, "array": [], "object": {}, "number": 0.5}
    made = {
        name: samples[each["type"] if isinstance(each["type"], str) else each["type"][0]]
        for name, each in schema.get("properties", {}).items()
        if "type" in each
    }
    return made | given if isinstance(given, dict) else made


class Client:
    """A session that applies changes as a gateway does."""

    def __init__(self, operations: list[Operation], seeds: dict[str, list[dict[str, Any]]] | None = None) -> None:
        self.operations = operations
        entries = [OperationEntry(method=each.method, path=each.path) for each in operations]
        self.collections = infer_collections(entries, operations.__getitem__)
        self.seeds = seeds or {}
        self.resources: dict[str, dict[str, Any]] = {}
        self.states: dict[str, str] = {}
        self.declared: dict[int, Reply] = {}
        self.conforms = True

    def send(self, method: str, path: str, body: Any = msgspec.UNSET, **more: Any) -> tuple[int, Any] | None:
        reply = self.reply(method, path, body, **more)
        if reply is None:
            return None
        return reply.status, msgspec.json.decode(reply.body) if reply.body else None

    def reply(self, method: str, path: str, body: Any = msgspec.UNSET, **more: Any) -> Reply | None:
        target, _, query = path.partition("?")
        index, params = self._route(method, target)
        headers = tuple(more.get("headers", ()))
        content = b""
        if body is not msgspec.UNSET:
            content = msgspec.json.encode(body)
            headers += (("content-type", more.get("media_type", "application/json")),)
        request = Request(method=method, path=target, query_string=query, headers=headers, body=content)
        view = SessionView(
            states=dict(self.states), resources={key: dict(all_) for key, all_ in self.resources.items()}
        )
        before = msgspec.json.encode(view)
        world = World(
            fill=fill,
            conforms=lambda operation, schema, value: self.conforms,
            seed=lambda collection, parents: self.seeds.get(collection.key(parents), []),
            missing=lambda operation, status: self.declared.get(status),
            now=NOW,
            prefix="/v1",
        )
        reply = answer(self.collections, index, request, params, view, world)
        assert msgspec.json.encode(view) == before, "a decision changed what it was given"
        for change in reply.changes if reply is not None else ():
            if isinstance(change, PutItem):
                self.resources.setdefault(change.collection, {})[change.id] = change.item
            elif isinstance(change, DeleteItem):
                self.resources.get(change.collection, {}).pop(change.id, None)
            elif isinstance(change, SetState):
                self.states[change.name] = change.value
        return reply

    def _route(self, method: str, path: str) -> tuple[int, dict[str, str]]:
        sent = path.split("/")
        for index, operation in enumerate(self.operations):
            wanted = operation.path.split("/")
            if operation.method == method and len(wanted) == len(sent):
                pairs = list(zip(wanted, sent, strict=True))
                if all(name.startswith("{") or name == value for name, value in pairs):
                    return index, {name[1:-1]: value for name, value in pairs if name.startswith("{")}
        raise AssertionError(f"no route for {method} {path}")


TEXTS = st.text("abc", max_size=3)
BODIES = st.fixed_dictionaries({"name": TEXTS}, optional={"tag": TEXTS, "age": st.integers(0, 9)})


class PetStore(RuleBasedStateMachine):
    """Everything that can be done to pets, beside a dictionary that does the same."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.client = Client(PET_OPERATIONS, {"/pets": [{"id": 7, "name": "Rex", "status": "ok", "tag": "dog"}]})
        self.model: dict[int, dict[str, Any]] = {7: {"id": 7, "name": "Rex", "status": "ok", "tag": "dog"}}

    @initialize(target=ids)
    def seeded(self) -> Any:
        return multiple(7, 999)

    @rule(target=ids, body=BODIES)
    def create(self, body: dict[str, Any]) -> int:
        found = self.client.send("POST", "/pets", body)
        assert found is not None
        status, pet = found
        assert status == 201
        assert pet["id"] not in self.model
        assert body.items() <= pet.items()
        assert pet["createdAt"] == "2026-01-02T03:04:05.000Z"
        self.model[pet["id"]] = pet
        return int(pet["id"])

    @rule(pet=ids)
    def read(self, pet: int) -> None:
        found = self.client.send("GET", f"/pets/{pet}")
        if pet in self.model:
            assert found == (200, self.model[pet])
        else:
            assert found is not None
            assert found[0] == 404

    @rule(pet=ids, body=BODIES)
    def replace(self, pet: int, body: dict[str, Any]) -> None:
        found = self.client.send("PUT", f"/pets/{pet}", body)
        assert found is not None
        status, after = found
        if pet not in self.model:
            assert status == 404
            return
        assert status == 200
        kept = {name: self.model[pet][name] for name in ("id", "status", "createdAt") if name in self.model[pet]}
        assert {name: value for name, value in after.items() if name != "updated_at"} == kept | body
        self.model[pet] = after

    @rule(pet=ids, body=st.dictionaries(st.sampled_from(["name", "tag"]), TEXTS, max_size=2), gone=st.booleans())
    def patch(self, pet: int, body: dict[str, Any], gone: bool) -> None:
        sent = body | ({"tag": None} if gone else {})
        found = self.client.send("PATCH", f"/pets/{pet}", sent, media_type="application/merge-patch+json")
        found = found or self.client.send("PATCH", f"/pets/{pet}", sent)
        assert found is not None
        status, after = found
        if pet not in self.model:
            assert status == 404
            return
        expected = self.model[pet] | body
        if gone:
            expected.pop("tag", None)
        assert (status, after) == (200, expected | {"updated_at": after["updated_at"]})
        self.model[pet] = after

    @rule(pet=consumes(ids))
    def delete(self, pet: int) -> None:
        found = self.client.send("DELETE", f"/pets/{pet}")
        assert found is not None
        assert found[0] == (204 if pet in self.model else 404)
        self.model.pop(pet, None)

    @rule(limit=st.integers(0, 5), offset=st.integers(0, 8), sort=st.sampled_from(["name", "-name", "id", "-age", ""]))
    def page(self, limit: int, offset: int, sort: str) -> None:
        found = self.client.send("GET", f"/pets?limit={limit}&offset={offset}&sort={sort}")
        pets = list(self.model.values())
        if sort:
            field = sort.lstrip("-")
            pets.sort(key=lambda pet: (field in pet, pet.get(field, 0)), reverse=sort.startswith("-"))
        assert found == (200, pets[offset : offset + limit])

    @rule(tag=TEXTS.filter(bool))
    def filter(self, tag: str) -> None:
        found = self.client.send("GET", f"/pets?tag={tag}&limit=50")
        assert found == (200, [pet for pet in self.model.values() if pet.get("tag") == tag][:50])

    @invariant()
    def lists_all(self) -> None:
        assert self.client.send("GET", "/pets?limit=50") == (200, list(self.model.values())[:50])


PetStore.TestCase.settings = settings(max_examples=25, stateful_step_count=20)
test_a_pet_store_remembers_like_a_dictionary = PetStore.TestCase


def test_nothing_secret_is_shown_and_generated_fields_are_required_or_the_servers() -> None:
    client = Client(PET_OPERATIONS)
    created = client.send("POST", "/pets", {"name": "A", "secret": "x", "unknown": 1, "id": 40})
    assert created == (
        201,
        {
            "id": 1,
            "name": "A",
            "status": "made up",
            "createdAt": "2026-01-02T03:04:05.000Z",
            "updated_at": int(NOW.timestamp()),
        },
    )
    reply = client.reply("POST", "/pets", {"name": "B"})
    assert reply is not None
    assert ("Location", "/v1/pets/2") in reply.headers


def test_seeds_come_once_and_stay_gone() -> None:
    client = Client(PET_OPERATIONS, {"/pets": [{"id": 1, "name": "Rex", "status": "ok"}]})
    assert client.send("DELETE", "/pets/1") == (204, None)
    assert client.send("GET", "/pets") == (200, [])


def test_the_declared_404_is_used() -> None:
    client = Client(PET_OPERATIONS)
    client.declared[404] = Reply(status=404, body=b'{"oops":true}')
    assert client.send("GET", "/pets/5") == (404, {"oops": True})


def test_an_answer_that_breaks_its_schema_is_filled_again() -> None:
    client = Client(PET_OPERATIONS, {"/pets": [{"id": 1, "name": "Rex", "status": "ok"}]})
    client.conforms = False
    found = client.send("GET", "/pets/1")
    assert found is not None
    assert found[1] == fill(PET_OPERATIONS[2], PET, {"id": 1, "name": "Rex", "status": "ok"}, "")


def test_preferences_and_other_media_types_are_left_to_the_contract() -> None:
    client = Client(PET_OPERATIONS)
    assert client.reply("GET", "/pets", headers=[("prefer", "code=404")]) is None
    assert client.reply("GET", "/pets", headers=[("accept", "text/html")]) is None


def test_only_collections_that_are_written_are_found() -> None:
    def found(*operations: tuple[str, str]) -> list[str]:
        entries = [OperationEntry(method=method, path=path) for method, path in operations]
        collections = infer_collections(entries, lambda _: Operation(method="GET", path="/"))
        return [each.path for each in collections]

    assert found(("GET", "/a"), ("POST", "/a"), ("GET", "/a/{id}")) == ["/a"]
    assert found(("GET", "/a/"), ("POST", "/a/"), ("GET", "/a/{id}/")) == ["/a"]
    assert found(("GET", "/a.json"), ("POST", "/a.json"), ("GET", "/a/{id}.json")) == ["/a"]
    assert found(("GET", "/a"), ("GET", "/a/{id}")) == []
    assert found(("POST", "/a"), ("POST", "/a/{id}/go")) == []
    assert found(("GET", "/a/{id}"), ("DELETE", "/a/{id}")) == []
    nested = (("POST", "/u/{u}/o"), ("GET", "/u/{u}/o/{o}"), ("GET", "/u"), ("PUT", "/u/{u}"))
    assert found(*nested) == ["/u/{u}/o", "/u"]


ORDER = {
    "type": "object",
    "required": ["id", "userId"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "userId": {"type": "string"},
        "sum": {"type": "integer"},
    },
}
USER = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}
SHOP: dict[str, Any] = {"Order": ORDER, "User": USER}
SHOP_OPERATIONS = [
    op(method, path, *responses, body=body, definitions=SHOP, ids="string")
    for method, path, responses, body in [
        ("POST", "/users", [("201", ref("User"))], ref("User")),
        ("DELETE", "/users/{userId}", [("204", None)], None),
        ("GET", "/users/{userId}", [("200", ref("User"))], None),
        ("PUT", "/users/{userId}", [("200", ref("User")), ("201", ref("User"))], ref("User")),
        ("GET", "/users/{userId}/orders", [("200", {"type": "array", "items": ref("Order")})], None),
        ("POST", "/users/{userId}/orders", [("201", ref("Order"))], {"type": "object"}),
        ("GET", "/users/{userId}/orders/{orderId}", [("200", ref("Order"))], None),
    ]
]


def test_nested_collections_are_apart_and_go_with_their_parent() -> None:
    client = Client(SHOP_OPERATIONS)
    for user in ("ann", "bob"):
        assert client.send("POST", "/users", {"id": user}) == (201, {"id": user})
    found = client.send("POST", "/users/ann/orders", {"sum": 3})
    assert found is not None
    order = found[1]
    assert order["userId"] == "ann"
    assert len(order["id"]) == 36
    assert client.send("GET", "/users/ann/orders") == (200, [order])
    assert client.send("GET", "/users/bob/orders") == (200, [])
    missing = client.send("GET", "/users/eve/orders")
    assert missing is not None
    assert missing[0] == 404
    client.send("DELETE", "/users/ann")
    assert client.resources["/users/ann/orders"] == {}
    gone = client.send("GET", f"/users/ann/orders/{order['id']}")
    assert gone is not None
    assert gone[0] == 404


def test_put_creates_only_where_201_is_declared() -> None:
    client = Client(SHOP_OPERATIONS)
    found = client.send("PUT", "/users/zoe", {"name": "Zoe"})
    assert found == (201, {"id": "zoe", "name": "Zoe"})
    assert client.send("PUT", "/users/zoe", {"name": "Z"}) == (200, {"id": "zoe", "name": "Z"})


def test_ids_follow_the_ones_there_are() -> None:
    seeds = {"/users": [{"id": "usr_007"}, {"id": "usr_011"}]}
    found = Client(SHOP_OPERATIONS, seeds).send("POST", "/users", {"name": "A"})
    assert found is not None
    assert found[1]["id"] == "usr_012"


def enveloped(schema: Any, query: dict[str, Any], count: int = 5, path: str = "/pets") -> Client:
    operations = [op("GET", path, ("200", schema), query=query), *PET_OPERATIONS[1:]]
    seeds = [{"id": number, "name": f"n{number}", "status": "ok"} for number in range(1, count + 1)]
    return Client(operations, {"/pets": seeds})


WHOLE = {"type": "integer"}
LINK = {"type": ["string", "null"]}


def test_an_envelope_with_pages() -> None:
    schema = {
        "type": "object",
        "required": ["results", "kind"],
        "properties": {
            "results": PETS,
            "count": WHOLE,
            "next": LINK,
            "previous": LINK,
            "kind": {"type": "string"},
            "meta": {
                "type": "object",
                "properties": {"page": WHOLE, "total_pages": WHOLE, "hasMore": {"type": "boolean"}},
            },
        },
    }
    client = enveloped(schema, {"page": WHOLE, "page_size": WHOLE})
    found = client.send("GET", "/pets?page=2&page_size=2&x=1")
    assert found is not None
    status, body = found
    assert [pet["id"] for pet in body.pop("results")] == [3, 4]
    assert (status, body) == (
        200,
        {
            "count": 5,
            "next": "/v1/pets?page_size=2&x=1&page=3",
            "previous": "/v1/pets?page_size=2&x=1&page=1",
            "meta": {"page": 2, "total_pages": 3, "hasMore": True},
            "kind": "made up",
        },
    )


def test_an_envelope_with_a_cursor_is_walked_to_its_end() -> None:
    schema = {
        "type": "object",
        "properties": {"pets": PETS, "nextPageToken": {"type": "string"}, "total": WHOLE},
    }
    client = enveloped(schema, {"pageToken": {"type": "string"}, "maxResults": WHOLE})
    seen: list[int] = []
    token = ""
    while True:
        found = client.send("GET", f"/pets?maxResults=2&pageToken={token}")
        assert found is not None
        seen += [pet["id"] for pet in found[1]["pets"]]
        token = found[1].get("nextPageToken", "")
        if not token:
            break
    assert seen == [1, 2, 3, 4, 5]
    assert found[1]["total"] == 5


@given(st.integers(0, 12), st.integers(0, 8), st.integers(0, 5), st.sampled_from([0, 1]))
@settings(max_examples=60)
def test_pages_are_slices(count: int, page: int, size: int, base: int) -> None:
    query = {"page": WHOLE | {"minimum": base}, "per_page": WHOLE}
    found = enveloped(PETS, query, count).send("GET", f"/pets?page={page}&per_page={size}")
    assert found is not None
    start = max(0, page - base) * size
    assert [pet["id"] for pet in found[1]] == list(range(1, count + 1))[start : start + size]


def test_page_objects_and_embedded_lists() -> None:
    schema = {
        "type": "object",
        "properties": {
            "_embedded": {"type": "object", "properties": {"pets": PETS}},
            "page": {"type": "object", "properties": {"totalElements": WHOLE, "size": WHOLE}},
        },
    }
    paging = {"page": {"type": "object", "properties": {"size": WHOLE, "number": WHOLE}}}
    found = enveloped(schema, paging).send("GET", "/pets?page[size]=2&page[number]=3")
    assert found is not None
    assert [pet["id"] for pet in found[1]["_embedded"]["pets"]] == [5]
    assert found[1]["page"] == {"totalElements": 5, "size": 2}


def test_wrapped_items() -> None:
    wrapped = {"type": "object", "properties": {"pet": ref("Pet")}}
    body = {"type": "object", "properties": {"pet": ref("NewPet")}}
    operations = [
        op("POST", "/pets", ("201", wrapped), body=body),
        op("GET", "/pets/{id}", ("200", wrapped)),
        op("GET", "/pets", ("200", {"type": "object", "properties": {"pets": PETS}})),
    ]
    client = Client(operations)
    created = client.send("POST", "/pets", {"pet": {"name": "A"}})
    assert created is not None
    assert created[1]["pet"]["name"] == "A"
    assert client.send("GET", "/pets/1") == (200, created[1])
    assert client.send("GET", "/pets") == (200, {"pets": [created[1]["pet"]]})


def test_a_put_to_the_collection_replaces_the_item_its_body_names() -> None:
    pet = {"type": "object", "properties": {"id": WHOLE, "name": {"type": "string"}}}
    operations = [
        op("PUT", "/pet", ("200", pet), body=pet),
        op("POST", "/pet", ("200", pet), body=pet),
        op("GET", "/pet/{petId}", ("200", pet)),
    ]
    client = Client(operations)
    assert client.send("POST", "/pet", {"id": 5, "name": "A"}) == (200, {"id": 5, "name": "A"})
    assert client.send("PUT", "/pet", {"id": 5, "name": "B"}) == (200, {"id": 5, "name": "B"})
    assert client.send("GET", "/pet/5") == (200, {"id": 5, "name": "B"})


def test_json_patch_is_applied_or_refused_whole() -> None:
    operations = [*PET_OPERATIONS[:4], op("PATCH", "/pets/{petId}", ("200", ref("Pet")), body={}), PET_OPERATIONS[5]]
    client = Client(operations, {"/pets": [{"id": 1, "name": "Rex", "status": "ok"}]})
    patch: list[dict[str, Any]] = [{"op": "replace", "path": "/name", "value": "Max"}]
    media_type = "application/json-patch+json"
    found = client.send("PATCH", "/pets/1", patch, media_type=media_type)
    assert found is not None
    assert found[1]["name"] == "Max"
    refused = client.send("PATCH", "/pets/1", [*patch, {"op": "remove", "path": "/nope"}], media_type=media_type)
    assert refused is not None
    assert refused[0] == 400
    assert "operation 1" in refused[1]["detail"]


def test_examples_of_the_contract_make_seeds() -> None:
    operations = [
        op("GET", "/pets", ("200", ref("Pets")), examples=([{"id": 1, "name": "A"}, {"id": 2, "name": "B"}],)),
        op("POST", "/pets", ("201", ref("Pet")), body=ref("NewPet"), examples=({"id": 2, "name": "C"},)),
        op("GET", "/pets/{id}", ("200", ref("Pet")), examples=({"id": 3, "name": "D"}, "not an object")),
    ]
    client = Client(operations)
    assert isinstance(client.collections, Collections)
    found = example_items(client.collections, next(iter(client.collections)))
    assert [item["name"] for item in found] == ["A", "B", "D"]


def test_an_entity_of_the_persona_is_an_item() -> None:
    client = Client(PET_OPERATIONS)
    persona = Persona(name="vip", entities={"pet": {"id": 9, "name": "Bo"}, "owner": {"id": 1}})
    collection = next(iter(client.collections))
    assert persona_items(collection, persona) == [{"id": 9, "name": "Bo"}]
    assert persona_items(collection, None) == []


@pytest.mark.parametrize(
    ("parameter", "fields", "expected"),
    [
        ("petId", ["id", "name"], "id"),
        ("petId", ["petId", "id"], "petId"),
        ("petId", ["pet_id", "name"], "pet_id"),
        ("pet_id", ["PetID"], "PetID"),
        ("id", ["uuid", "name"], "uuid"),
        ("username", ["id", "username"], "username"),
        ("pet", ["name", "id"], "id"),
        ("petId", ["colour"], ""),
        ("file_sha", ["url", "sha"], "sha"),
    ],
)
def test_the_id_field(parameter: str, fields: list[str], expected: str) -> None:
    item = {"type": "object", "properties": {name: {"type": "string"} for name in fields}}
    operations = [
        op("POST", "/pets", ("201", item), body=item),
        op("GET", f"/pets/{{{parameter}}}", ("200", item), ids="string"),
    ]
    client = Client(operations)
    shape = client.collections.shape(next(iter(client.collections)))
    assert shape is not None
    assert shape.id_field == expected
