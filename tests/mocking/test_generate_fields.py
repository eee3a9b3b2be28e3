"""What is generated looks like what its fields are named after, and says what the request said."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.mocking.model import Override, Persona
from mockops.mocking.rules.generate import Generator, Hints, generate
from mockops.mocking.rules.generate.naming import snake


def made(properties: dict[str, Any], *, seed: int = 1, hints: Hints | None = None, **more: Any) -> Any:
    schema = {"type": "object", "properties": properties, **more}
    return generate(schema, definitions={}, seed=seed, hints=hints)


def texts(*names: str) -> dict[str, Any]:
    return {name: {"type": "string"} for name in names}


@pytest.mark.parametrize("names", [("first_name", "last_name"), ("firstName", "lastName"), ("first-name", "last-name")])
def test_a_person_is_one_person(names: tuple[str, str]) -> None:
    for seed in range(20):
        person = made(texts(*names, "email", "name"), seed=seed)
        first, last = (person[name] for name in names)
        assert person["name"] == f"{first} {last}"
        assert person["email"] == f"{first}.{last}@example.com".lower()


@given(st.integers(0, 2**32))
@settings(max_examples=50)
def test_what_is_made_up_belongs_to_nobody(seed: int) -> None:
    names = ("email", "website", "avatar_url", "phone", "ip", "card_number", "domain", "iban")
    value = made(texts(*names), seed=seed)
    assert value["email"].endswith("@example.com")
    assert re.match(r"https://([a-z]+\.)?example\.com/", value["website"])
    assert re.match(r"https://([a-z]+\.)?example\.com/", value["avatar_url"])
    assert re.fullmatch(r"\+1\d{3}55501\d\d", value["phone"])
    assert value["ip"].rpartition(".")[0] in ("192.0.2", "198.51.100", "203.0.113")
    assert value["card_number"] in ("4242424242424242", "5555555555554444", "378282246310005")


def test_moments_come_in_their_order() -> None:
    names = ("deleted_at", "updatedAt", "created_at", "expires-at")
    moment = {"type": "string", "format": "date-time"}
    for seed in range(20):
        value = made(dict.fromkeys(names, moment), seed=seed)
        assert value["created_at"] < value["updatedAt"] < value["deleted_at"] < value["expires-at"]
        number = made({"createdAt": {"type": "integer"}, "updatedAt": {"type": "integer"}}, seed=seed)
        assert 1_700_000_000 < number["createdAt"] < number["updatedAt"]


def test_places_are_real_ones() -> None:
    properties = texts("city", "country_code", "timezone") | {"lat": {"type": "number"}, "lng": {"type": "number"}}
    value = made(properties, seed=4)
    assert re.fullmatch("[A-Z]{2}", value["country_code"])
    assert "/" in value["timezone"]
    assert -90 <= value["lat"] <= 90


@pytest.mark.parametrize(
    ("field", "schema"),
    [
        ("email", {"type": "string", "maxLength": 8}),
        ("email", {"type": "string", "pattern": "^[a-z]{3}$"}),
        ("price", {"type": "number", "minimum": 1000}),
        ("country_code", {"type": "string", "enum": ["AQ"]}),
        ("created_at", {"type": "integer", "maximum": 9}),
        ("phone", {"type": "boolean"}),
        ("status", {"type": "object", "properties": {}}),
        ("createdAt", {"type": "string", "minLength": 25, "maxLength": 40}),
    ],
)
def test_the_schema_wins_over_the_name(field: str, schema: dict[str, Any]) -> None:
    generator = Generator({})
    for seed in range(10):
        value = generator.value({"type": "object", "properties": {field: schema}}, seed=seed)
        assert generator.conforms(schema, value[field])


@pytest.mark.parametrize(
    ("written", "plain"),
    [("createdAt", "created_at"), ("X-Request-ID", "x_request_id"), ("HTMLUrl", "html_url"), ("zip", "zip"), ("", "")],
)
def test_names_are_read_however_they_are_written(written: str, plain: str) -> None:
    assert snake(written) == plain


PET = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "petId": {"type": "string"},
        "owner": {"type": "object", "properties": {"id": {"type": "integer"}, "pet_id": {"type": "integer"}}},
        "photos": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}}}},
    },
}


def test_path_parameters_come_back_in_the_fields_they_name() -> None:
    value = generate(PET, definitions={}, seed=0, hints=Hints(path_params=(("petId", "42"),)))
    assert (value["id"], value["petId"]) == (42, "42")
    assert value["owner"]["pet_id"] == 42
    assert value["owner"]["id"] != 42
    assert all(photo["id"] != 42 for photo in value["photos"])


def test_a_path_parameter_reaches_through_an_envelope() -> None:
    schema = {"type": "object", "properties": {"data": PET}}
    value = generate(schema, definitions={}, seed=0, hints=Hints(path_params=(("petId", "42"),)))
    assert value["data"]["id"] == 42


def test_a_path_parameter_that_does_not_fit_is_not_forced() -> None:
    value = generate(PET, definitions={}, seed=0, hints=Hints(path_params=(("petId", "rex"),)))
    assert isinstance(value["id"], int)
    assert value["petId"] == "rex"


def test_limit_sets_the_length_as_far_as_the_schema_allows() -> None:
    def length(limit: str, **more: Any) -> int:
        schema = {"type": "array", "items": {"type": "integer"}, **more}
        return len(generate(schema, definitions={}, seed=0, hints=Hints(query=(("limit", limit),))))

    assert length("7") == 7
    assert length("0") == 0
    assert length("7", maxItems=4) == 4
    assert length("1", minItems=2) == 2
    assert length("999999") == 50


def test_query_parameters_come_back_in_fields_of_their_name() -> None:
    properties = {"page": {"type": "integer"}, "items": {"type": "array", "items": {"properties": texts("status")}}}
    value = made(properties, hints=Hints(query=(("page", "3"), ("status", "sold"))))
    assert value["page"] == 3
    assert {item["status"] for item in value["items"]} == {"sold"}


CUSTOMER = {"type": "object", "properties": {"id": {"type": "string"}, "email": {"type": "string"}}}
VIP = Persona(
    name="vip",
    seed=7,
    traits={"loyalty_tier": "gold"},
    entities={"customer": {"id": "cus_1", "email": "vip@example.com"}},
    overrides=[Override(schema="Order", value={"note": "handle with care"}), Override(pointer="/lines/*/qty", value=9)],
)
ORDER = {
    "type": "object",
    "properties": {
        "customerId": {"type": "string"},
        "customer": CUSTOMER,
        "loyaltyTier": {"type": "string"},
        "note": {"type": "string"},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"qty": {"type": "integer"}}}},
    },
}


def test_a_persona_is_the_same_wherever_it_appears() -> None:
    definitions = {"Customer": CUSTOMER, "Order": ORDER}
    hints = Hints(persona=VIP)
    order = generate({"$ref": "#/$defs/Order"}, definitions=definitions, seed=1, hints=hints)
    customer = generate({"$ref": "#/$defs/Customer"}, definitions=definitions, seed=2, hints=hints)
    assert order["customerId"] == order["customer"]["id"] == customer["id"] == "cus_1"
    assert customer["email"] == "vip@example.com"
    assert order["loyaltyTier"] == "gold"
    assert order["note"] == "handle with care"
    assert {line["qty"] for line in order["lines"]} == {9}


def test_a_persona_never_breaks_a_schema() -> None:
    schema = {"type": "object", "properties": {"customer_id": {"type": "integer"}}}
    assert isinstance(generate(schema, definitions={}, seed=1, hints=Hints(persona=VIP))["customer_id"], int)


def test_a_persona_without_entities_is_one_person_in_every_service() -> None:
    hints = Hints(persona=Persona(name="ada", seed=1))
    properties = texts("first_name", "email")
    assert made(properties, seed=1, hints=hints) == made(properties, seed=99, hints=hints)
