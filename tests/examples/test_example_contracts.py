"""The example contracts hold together: judged without MockOps' own reader, so that a mistake there hides nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
import yaml12

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parents[2] / "examples"
CONTRACTS = [*sorted(EXAMPLES.glob("shop/workspaces/*/contract.yaml")), EXAMPLES / "petstore.yaml"]
SERVICES = CONTRACTS[:-1]
METHODS = ("get", "put", "post", "patch", "delete")


def name_of(path: Path) -> str:
    return path.parent.name if path.name == "contract.yaml" else path.stem


contracts = pytest.mark.parametrize("path", CONTRACTS, ids=name_of)


def read(path: Path) -> dict[str, Any]:
    document = yaml12.parse_yaml(path.read_text("utf-8"))
    assert isinstance(document, dict)
    return document


def look_up(document: dict[str, Any], node: Any) -> Any:
    """Follow local references until something that is none."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document
        for token in node["$ref"].removeprefix("#/").split("/"):
            target = target[token]
        node = target
    return node


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], list[dict[str, Any]]]]:
    """Every operation with its key and all its parameters."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
                yield f"{method.upper()} {path}", operation, [look_up(document, one) for one in parameters]


def direct(schema: Any, hidden: str, is_old: bool) -> Any:
    """Return the schema as it counts one way: `hidden` properties are not required; 3.0 words become 2020-12's."""
    if isinstance(schema, list):
        return [direct(one, hidden, is_old) for one in schema]
    if not isinstance(schema, dict):
        return schema
    new = {key: direct(value, hidden, is_old) for key, value in schema.items() if key not in {"example", "examples"}}
    properties = schema.get("properties", {})
    if isinstance(schema.get("required"), list):
        new["required"] = [
            name
            for name in schema["required"]
            if not (isinstance(properties.get(name), dict) and properties[name].get(hidden))
        ]
    if is_old and new.pop("nullable", False):
        new["type"] = [new["type"], "null"]
    if is_old and new.get("exclusiveMinimum") is True:
        new["exclusiveMinimum"] = new.pop("minimum")
    return new


def problems(document: dict[str, Any], schema: Any, value: Any, hidden: str) -> list[str]:
    is_old = document["openapi"].startswith("3.0")
    whole = {"components": direct(document.get("components", {}), hidden, is_old), **direct(schema, hidden, is_old)}
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]


def examples_of(document: dict[str, Any], holder: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if "example" in holder:
        yield "example", holder["example"]
    for name, example in holder.get("examples", {}).items():
        yield name, look_up(document, example)["value"]


def bodies(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Every media type object, with a label and what is hidden in its direction."""
    for key, operation, _ in operations(document):
        for media_type, content in look_up(document, operation.get("requestBody", {})).get("content", {}).items():
            yield f"{key} request {media_type}", content, "readOnly"
        for status, response in operation["responses"].items():
            for media_type, content in look_up(document, response).get("content", {}).items():
                yield f"{key} {status} {media_type}", content, "writeOnly"


@contracts
def test_every_body_example_fits_its_schema(path: Path) -> None:
    document = read(path)
    found = {
        f"{label} {name}": wrong
        for label, content, hidden in bodies(document)
        for name, value in examples_of(document, content)
        if (wrong := problems(document, content["schema"], value, hidden))
    }
    assert found == {}


@contracts
def test_every_parameter_and_header_example_fits_its_schema(path: Path) -> None:
    document = read(path)
    holders = [
        (f"{key} {parameter['name']}", parameter)
        for key, _, parameters in operations(document)
        for parameter in parameters
    ]
    holders += [
        (f"{key} {status} {name}", look_up(document, header))
        for key, operation, _ in operations(document)
        for status, response in operation["responses"].items()
        for name, header in look_up(document, response).get("headers", {}).items()
    ]
    found = {
        f"{label} {name}": wrong
        for label, holder in holders
        for name, value in examples_of(document, holder)
        if (wrong := problems(document, holder["schema"], value, ""))
    }
    assert found == {}


@contracts
def test_every_request_body_shows_an_example(path: Path) -> None:
    document = read(path)
    assert [label for label, content, _ in bodies(document) if " request " in label and not _shown(content)] == []


def _shown(content: dict[str, Any]) -> bool:
    return "example" in content or "examples" in content


@contracts
def test_operations_are_named_once_tagged_and_refuse_properly(path: Path) -> None:
    document = read(path)
    ids = [operation["operationId"] for _, operation, _ in operations(document)]
    assert len(ids) == len(set(ids))
    declared = {tag["name"] for tag in document["tags"]}
    for key, operation, parameters in operations(document):
        assert set(operation["tags"]) <= declared, key
        assert set(re.findall(r"{(\w+)}", key)) == {one["name"] for one in parameters if one["in"] == "path"}, key
        is_closed = bool(operation.get("security", document.get("security", [])))
        assert is_closed == ("401" in operation["responses"]) or "Credentials" in str(operation) or _takes_token(key), (
            f"{key}: 401 belongs to what needs a credential, and only to that"
        )


def _takes_token(key: str) -> bool:
    return key == "POST /token/refresh"


@contracts
def test_every_reference_and_component_is_used_and_exists(path: Path) -> None:
    document = read(path)
    refs = set(re.findall(r"#/components/\w+/\w+", path.read_text("utf-8")))
    for ref in refs:
        assert look_up(document, {"$ref": ref}) is not None
    components = {
        f"#/components/{kind}/{name}"
        for kind, members in document["components"].items()
        if kind != "securitySchemes"
        for name in members
    }
    assert components == refs


def test_the_four_services_have_about_35_operations_and_speak_of_the_same_things() -> None:
    assert {name_of(path) for path in SERVICES} == {"auth", "inventory", "payments", "shipping"}
    assert sum(1 for path in SERVICES for _ in operations(read(path))) == 38
    for identifier, services in {
        "cus_8f2k1": {"auth", "inventory", "payments", "shipping"},
        "ord_5521": {"inventory", "payments", "shipping"},
        "pay_3k9d2": {"inventory", "payments"},
        "MUG-BLUE-350": {"inventory"},
    }.items():
        assert services == {name_of(path) for path in SERVICES if identifier in path.read_text("utf-8")}, identifier


def test_ids_have_one_shape_in_every_service() -> None:
    shapes: dict[str, set[str]] = {}
    for path in SERVICES:
        for name, schema in read(path)["components"]["schemas"].items():
            if name.endswith("Id"):
                shapes.setdefault(name, set()).add(schema["pattern"])
    assert {name: len(patterns) for name, patterns in shapes.items()} == dict.fromkeys(shapes, 1)


def test_the_money_of_the_order_adds_up() -> None:
    inventory, payments = read(SERVICES[1]), read(SERVICES[2])
    prices = {
        product["sku"]: product["price"]["amount"]
        for label, content, _ in bodies(inventory)
        if label.startswith("GET /products 200")
        for name, value in examples_of(inventory, content)
        for product in value["items"]
    }
    lines = inventory["components"]["examples"]["Held"]["value"]["lines"]
    goods = sum(prices[line["sku"]] * line["quantity"] for line in lines)
    shipping = 490
    assert payments["components"]["examples"]["Authorized"]["value"]["amount"]["amount"] == goods + shipping
