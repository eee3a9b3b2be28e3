"""The scenarios: which mock, which load, which servers."""

from __future__ import annotations

import json
import lzma
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from plan import JSON, Call, GitHub, Plan, Route, Scenario, answer, openapi

STUB_COUNTS = (10, 100, 1_000, 5_000)
GENERATED_IDS = 10_000
STUB_CALLS = 1_000
"""So many different stubs are asked for in turn, spread evenly over all."""
OTHERS = ("nginx", "MockOps", "WireMock", "Prism", "Mockoon")

PET = {
    "id": 42,
    "name": "Rex",
    "tag": "dog",
    "status": "available",
    "owner": {"id": 7, "email": "a@example.com"},
}
PET_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name", "tag", "status", "owner"],
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "tag": {"type": "string"},
        "status": {"type": "string", "enum": ["available", "pending", "adopted"]},
        "owner": {
            "type": "object",
            "required": ["id", "email"],
            "properties": {"id": {"type": "integer"}, "email": {"type": "string", "format": "email"}},
        },
    },
}
PET_PATH = {"name": "petId", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
ORDER = {
    "order_id": "ord_5521",
    "customer": {"id": "cus_8f2k1", "email": "maya@example.com", "name": "Maya Lindqvist"},
    "lines": [
        {"sku": "MUG-BLUE-350", "quantity": 2, "price": 1450},
        {"sku": "LAMP-OAK-01", "quantity": 1, "price": 5900},
    ],
    "currency": "EUR",
    "note": "Please leave the parcel with the neighbours on the second floor.",
}
_TEXT = {"type": "string", "minLength": 1, "maxLength": 100}
ORDER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["order_id", "customer", "lines", "currency"],
    "properties": {
        "order_id": {"type": "string", "pattern": "^ord_[0-9]+$"},
        "customer": {
            "type": "object",
            "required": ["id", "email"],
            "properties": {"id": _TEXT, "email": _TEXT, "name": _TEXT},
        },
        "lines": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["sku", "quantity", "price"],
                "properties": {
                    "sku": _TEXT,
                    "quantity": {"type": "integer", "minimum": 1},
                    "price": {"type": "integer", "minimum": 0},
                },
            },
        },
        "currency": {"type": "string", "enum": ["EUR", "SEK"]},
        "note": _TEXT,
    },
}
TOPICS_PATH = "/repos/{owner}/{repo}/topics"


def _get_pet(schema: Any, example: Any = None) -> dict[str, Any]:
    return {"get": {"operationId": "getPet", "parameters": [PET_PATH], "responses": answer(schema, example)}}


def static() -> Scenario:
    """Return one operation with its example."""
    return Scenario(
        name="static",
        shows="The example of one operation, 95 bytes of JSON.",
        plan=static_plan(),
        calls=(Call(path="/pets/42", expect=PET),),
        servers=OTHERS,
    )


def static_plan(*, delay_ms: int = 0) -> Plan:
    """Return the smallest mock; a delay makes a stub of it."""
    return Plan(
        contract=openapi({"/pets/{petId}": _get_pet(PET_SCHEMA, PET)}),
        routes=(Route(path="/pets/{petId}", body=PET, delay_ms=delay_ms),),
        has_stubs=delay_ms > 0,
        yardstick=(200, PET),
    )


def journal() -> Scenario:
    """Return the mock that shows what remembering requests costs."""
    return Scenario(
        name="journal",
        shows="The same with the request journal on and off.",
        plan=static_plan(),
        calls=(Call(path="/pets/42", expect=PET),),
        servers=("nginx", "MockOps", "MockOps, journal off", "WireMock", "WireMock, journal on"),
    )


def generated() -> Scenario:
    """Return bodies made from the schema, a different one per id."""
    return Scenario(
        name="generated",
        shows=f"Bodies made up from the schema, {GENERATED_IDS:,} different ids in turn, the id echoed; a server may "
        "remember what it made.",
        plan=Plan(
            contract=openapi({"/pets/{petId}": _get_pet(PET_SCHEMA)}),
            routes=(
                Route(
                    path="/pets/{petId}",
                    templates={
                        "wiremock": '{"id":{{request.path.petId}},'
                        '"name":"{{randomValue length=8 type=\'ALPHABETIC\'}}",'
                        '"tag":"dog","status":"available","owner":{"id":{{randomInt lower=1 upper=999}},'
                        '"email":"{{randomValue length=8 type=\'ALPHABETIC\'}}@example.com"}}',
                        "mockoon": '{"id": {{urlParam \'petId\'}}, "name": "{{faker \'person.firstName\'}}", '
                        '"tag": "dog", "status": "available", "owner": {"id": {{faker \'number.int\' max=999}}, '
                        '"email": "{{faker \'internet.email\'}}" } }',
                    },
                ),
            ),
            is_generated=True,
            yardstick=(200, PET),
        ),
        calls=tuple(Call(path=f"/pets/{number}", expect={"id": number}) for number in range(1, GENERATED_IDS + 1)),
        servers=OTHERS,
        status_only=frozenset({"nginx", "prism"}),
    )


def generated_fresh() -> Scenario:
    """Return the same with ids that nobody asked for before, so that every body has to be made."""
    return replace(
        generated(),
        name="generated-fresh",
        shows="Bodies made up from the schema, every request with an id nobody asked for before.",
        is_fresh=True,
    )


def validated() -> Scenario:
    """Return the mock whose request body must fit a schema."""
    body = json.dumps(ORDER).encode()
    headers = {"Content-Type": JSON}
    created = {"id": "res_77ab3", "order_id": "ord_5521", "status": "held"}
    operation = {
        "operationId": "createOrder",
        "requestBody": {"required": True, "content": {JSON: {"schema": ORDER_SCHEMA}}},
        "responses": answer({"type": "object"}, created, status=201)
        | {"400": {"description": "Not as the contract wants it."}},
    }
    return Scenario(
        name="validated",
        shows=f"POST with a JSON body of {len(body)} bytes, validated against its schema.",
        plan=Plan(
            contract=openapi({"/orders": {"post": operation}}),
            routes=(Route(method="POST", path="/orders", status=201, body=created, schema=ORDER_SCHEMA),),
            yardstick=(201, created),
        ),
        calls=(Call(method="POST", path="/orders", headers=headers, body=body, status=201, expect=created),),
        servers=OTHERS,
        refused=Call(method="POST", path="/orders", headers=headers, body=b'{"order_id": "5521"}', status=400),
    )


def templated() -> Scenario:
    """Return the mock that works its answer out from the request."""
    operation = {
        "operationId": "quote",
        "requestBody": {"content": {JSON: {"schema": {"type": "object"}}}},
        "responses": answer({"type": "object"}, {"amount": 1, "reference": "quote-1"}),
    }
    route = Route(
        method="POST",
        path="/quotes",
        templates={
            "mockops": '{"amount": {{ request.body.amount }}, "reference": "quote-{{ request.body.amount }}"}',
            "wiremock": "{\"amount\": {{jsonPath request.body '$.amount'}}, "
            '"reference": "quote-{{jsonPath request.body \'$.amount\'}}"}',
            "mockoon": '{"amount": {{body \'amount\'}}, "reference": "quote-{{body \'amount\'}}"}',
        },
    )
    amounts = range(1_000, 1_100)
    return Scenario(
        name="templated",
        shows="An answer rendered by a template from the request body, 100 different bodies in turn.",
        plan=Plan(
            contract=openapi({"/quotes": {"post": operation}}),
            routes=(route,),
            has_stubs=True,
            yardstick=(200, {"amount": 1_000, "reference": "quote-1000"}),
        ),
        calls=tuple(
            Call(
                method="POST",
                path="/quotes",
                headers={"Content-Type": JSON},
                body=json.dumps({"amount": amount, "currency": "EUR"}).encode(),
                expect={"amount": amount, "reference": f"quote-{amount}"},
            )
            for amount in amounts
        ),
        servers=OTHERS,
        status_only=frozenset({"nginx"}),
    )


def stubs_by_path(count: int) -> Scenario:
    """Return many stubs that differ by path."""
    routes = tuple(Route(path=f"/things/{number}", body={"stub": number}) for number in range(count))
    return _stubs(f"stubs-path-{count}", f"One of {count:,} stubs that differ by path.", "/things/{id}", routes)


def stubs_by_query(count: int) -> Scenario:
    """Return many stubs of one path that differ by a query value."""
    routes = tuple(Route(path="/search", query=("key", f"k{number}"), body={"stub": number}) for number in range(count))
    return _stubs(f"stubs-query-{count}", f"One of {count:,} stubs that differ by a query value.", "/search", routes)


def _stubs(name: str, shows: str, path: str, routes: tuple[Route, ...]) -> Scenario:
    operation: dict[str, Any] = {"operationId": "find", "responses": answer({"type": "object"}, {"stub": -1})}
    if "{" in path:
        operation["parameters"] = [{**PET_PATH, "name": "id", "schema": {"type": "string"}}]
    asked = routes[:: max(1, len(routes) // STUB_CALLS)]
    return Scenario(
        name=name,
        shows=shows,
        plan=Plan(
            contract=openapi({path: {"get": operation}}), routes=routes, has_stubs=True, yardstick=(200, {"stub": 1})
        ),
        calls=tuple(Call(path=_url(route), expect=route.body) for route in asked),
        servers=OTHERS,
        status_only=frozenset({"nginx"}),
    )


def _url(route: Route) -> str:
    return route.path + (f"?{route.query[0]}={route.query[1]}" if route.query else "")


def github_whole(github: GitHub) -> Scenario:
    """Return one operation of a very large contract."""
    example, call = _topics(github)
    return Scenario(
        name="github",
        shows=f"One operation of GitHub's contract of {github.operations:,}.",
        plan=Plan(contract=github.path, routes=(), yardstick=(200, example)),
        calls=(call,),
        servers=("nginx", "MockOps", "Prism", "WireMock", "Mockoon"),
    )


def github_alone(github: GitHub) -> Scenario:
    """Return the same operation in a contract of its own."""
    example, call = _topics(github)
    parameters = [{**PET_PATH, "name": name, "schema": {"type": "string"}} for name in ("owner", "repo")]
    operation = {"operationId": "topics", "parameters": parameters, "responses": answer({"type": "object"}, example)}
    return Scenario(
        name="github-alone",
        shows="The same operation and body, in a contract of one operation.",
        plan=Plan(
            contract=openapi({TOPICS_PATH: {"get": operation}}),
            routes=(Route(path=TOPICS_PATH, body=example),),
            yardstick=(200, example),
        ),
        calls=(call,),
        servers=OTHERS,
    )


def _topics(github: GitHub) -> tuple[Any, Call]:
    document = json.loads(github.path.read_text("utf-8"))
    media = document["paths"][TOPICS_PATH]["get"]["responses"]["200"]["content"][JSON]
    reference = next(iter(media["examples"].values()))
    name = reference["$ref"].rpartition("/")[2] if "$ref" in reference else ""
    example = (document["components"]["examples"][name] if name else reference)["value"]
    return example, Call(path="/repos/octocat/hello-world/topics", expect=example)


def unpack_github(folder: Path) -> GitHub:
    """Unpack GitHub's contract from the folder that MOCKOPS_CORPUS names.

    Raises:
        FileNotFoundError: The variable or the file is missing; the text says what to do.

    """
    corpus = os.environ.get("MOCKOPS_CORPUS")
    packed = Path(corpus or ".") / "api.github.com.json.xz"
    if not corpus or not packed.is_file():
        message = "set MOCKOPS_CORPUS to a folder that holds api.github.com.json.xz"
        raise FileNotFoundError(message)
    path = folder / "github.json"
    text = lzma.decompress(packed.read_bytes())
    path.write_bytes(text)
    methods = {"get", "put", "post", "patch", "delete", "head", "options", "trace"}
    paths = json.loads(text)["paths"]
    return GitHub(path=path, operations=sum(len(methods & item.keys()) for item in paths.values()))


def throughput_scenarios(github: GitHub | None) -> list[Scenario]:
    """Return every scenario that wrk measures; GitHub's only when its contract is there."""
    found = [static(), generated(), generated_fresh(), validated(), templated(), journal()]
    found += [github_whole(github), github_alone(github)] if github else []
    for count in STUB_COUNTS:
        found += [stubs_by_path(count), stubs_by_query(count)]
    return found
