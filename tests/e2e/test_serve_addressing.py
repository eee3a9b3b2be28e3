"""Several targets on one port: every way of naming one, and what is said when none is meant."""

from __future__ import annotations

import json

import pytest


@pytest.fixture(scope="module")
def shop(serve_once):
    return serve_once("examples/shop", "examples/petstore.yaml")


@pytest.fixture(scope="module")
def petstore(serve_once):
    return serve_once("examples/petstore.yaml")


def test_a_path_prefix_names_a_target(shop):
    answer = shop.ask("/@inventory/products")
    assert answer.status == 200
    assert answer.headers["mockops-workspace"] == "inventory"


def test_an_environment_may_be_named_with_it(shop):
    assert shop.ask("/@inventory@dev/products").status == 200


def test_a_host_below_localhost_names_a_target(shop):
    assert shop.ask("/pets", Host="petstore.localhost").headers["mockops-workspace"] == "petstore"
    assert shop.ask("/products", Host="inventory--dev.localhost:80").headers["mockops-workspace"] == "inventory"


def test_a_header_names_a_target_and_wins(shop):
    answer = shop.ask("/pets", MockOps_Target="petstore", Host="inventory.localhost")
    assert answer.headers["mockops-workspace"] == "petstore"


@pytest.mark.parametrize("path", ["/pets", "/@nobody/pets", "/"])
def test_no_target_is_404_and_names_those_there_are(shop, path):
    answer = shop.ask(path)
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["code"] == "gateway.unknown_target"
    assert answer.json["targets"] == ["auth", "inventory", "payments", "shipping", "petstore"]


def test_a_single_target_answers_at_the_root_and_by_name(petstore):
    assert petstore.ask("/pets/42").json["id"] == 42
    assert petstore.ask("/@petstore/pets/42").json["id"] == 42
    assert petstore.ask("/v1/pets/42").json["id"] == 42, "the contract's own base path is known as well"


def test_a_persona_is_the_same_customer_everywhere(shop):
    named = {"MockOps_Persona": "vip", "Authorization": "Bearer x"}
    assert shop.ask("/@auth/customers/me", **named).json["id"] == "cus_8f2k1"
    carried = shop.ask("/@auth/customers/me", Authorization="Bearer x", baggage="mockops.persona=vip")
    assert carried.json["id"] == "cus_8f2k1"
    assert carried.headers["mockops-persona"] == "vip"


def test_an_unknown_persona_is_400_and_names_those_there_are(shop):
    answer = shop.ask("/@auth/customers/me", MockOps_Persona="vipp", Authorization="Bearer x")
    assert answer.status == 400
    assert "newcomer" in answer.body.decode()


def test_a_scenario_lasts_within_its_session_only(shop):
    payment = json.loads('{"order_id":"ord_5521","amount":9290,"currency":"EUR","payment_method_id":"pm_card_4242"}')
    where = "/@inventory/products/MUG-BLUE-350/stock"
    plain = shop.ask(where)
    played = shop.ask(where, MockOps_Scenario="out-of-stock")
    by_baggage = shop.ask(where, baggage="mockops.scenario=out-of-stock,mockops.session=job-7")
    assert played.headers["mockops-scenario"] == by_baggage.headers["mockops-scenario"] == "out-of-stock"
    assert "mockops-scenario" not in plain.headers
    statuses = [
        shop.ask(
            "/@payments/payments",
            method="POST",
            body=payment,
            Authorization="Bearer x",
            Idempotency_Key="5f0c2a52-4c6f-4d0f-9c6d-0d8e1f6a7b10",
            MockOps_Scenario="checkout-declined",
            MockOps_Session=session,
        ).status
        for session in ("a", "a", "b")
    ]
    assert statuses == [402, 201, 402]
