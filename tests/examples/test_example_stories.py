"""What the shop's files promise happens: stubs answer, scenarios move on, personas are who they are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mockops.contracts.rules.artefact import Contract
from mockops.core.exchange import Request
from mockops.mocking.model import Caller, CountHit, Reply, SessionView, SetState
from mockops.mocking.rules.mock import Mock
from mockops.publishing.service.assemble import Options, assemble

if TYPE_CHECKING:
    from mockops.publishing.model import TargetSnapshot

SHOP = Path(__file__).parents[2] / "examples" / "shop"
NOW = datetime(2026, 3, 14, 10, 0, tzinfo=UTC)
KEY = "0b4f1c3e-2b1e-4f0c-8d0a-6a1f3c9d5521"


@pytest.fixture(scope="module")
def targets() -> dict[str, TargetSnapshot]:
    return {target.name: target for target in assemble([str(SHOP)], Options()).snapshot.targets}


class Visitor:
    """Somebody who is signed in and whose session remembers, as a gateway keeps it."""

    def __init__(self, target: TargetSnapshot, *, scenario: str = "", persona: str = "") -> None:
        self.mock = Mock(
            Contract.from_bytes(target.contract),
            stubs=target.stubs,
            scenarios=target.scenarios,
            personas=target.personas,
            seed=target.settings.seed,
            validation=target.settings.validation,
        )
        self.caller = Caller(scenario=scenario, persona=persona)
        self.view = SessionView()
        self.now_s = 100.0

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        path, _, query = path.partition("?")
        sent = {"authorization": "Bearer x", "idempotency-key": KEY}
        sent |= {"content-type": "application/json"} if body is not None else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(
            method=method,
            path=path,
            query_string=query,
            headers=tuple(sent.items()),
            body=b"" if body is None else json.dumps(body).encode(),
        )
        reply = self.mock.decide(request, self.caller, self.view, now=NOW, now_s=self.now_s)
        for change in reply.changes:
            match change:
                case SetState(name, value):
                    self.view.states[name] = value
                    self.view.since_s[name] = self.now_s
                case CountHit(stub):
                    self.view.hits[stub] = self.view.hits.get(stub, 0) + 1
        return reply


PAYMENT = {
    "order_id": "ord_5521",
    "customer_id": "cus_8f2k1",
    "payment_method_id": "pm_card_4242",
    "amount": {"amount": 9290, "currency": "EUR"},
}
RESERVATION = {
    "order_id": "ord_5521",
    "customer_id": "cus_8f2k1",
    "lines": [{"sku": "MUG-BLUE-350", "quantity": 2}],
}


def shown(reply: Reply) -> Any:
    return json.loads(reply.body)


def test_a_checkout_goes_through_all_four_services(targets: dict[str, TargetSnapshot]) -> None:
    login = {"email": "maya@example.com", "password": "correct-horse-battery"}
    customer = shown(Visitor(targets["auth"]).ask("POST", "/login", login))["customer_id"]
    reservation = shown(Visitor(targets["inventory"]).ask("POST", "/reservations", RESERVATION))
    payment = shown(Visitor(targets["payments"]).ask("POST", "/payments", PAYMENT))
    shipment = shown(Visitor(targets["shipping"]).ask("GET", "/shipments/shp_904411"))
    assert customer == reservation["customer_id"] == payment["customer_id"] == shipment["customer_id"] == "cus_8f2k1"
    assert reservation["order_id"] == payment["order_id"] == shipment["order_id"] == "ord_5521"


def test_the_declined_checkout_is_paid_on_the_second_attempt(targets: dict[str, TargetSnapshot]) -> None:
    visitor = Visitor(targets["payments"], scenario="checkout-declined")
    assert visitor.ask("POST", "/payments", PAYMENT).status == 402
    assert shown(visitor.ask("GET", "/payments/pay_3k9d2"))["status"] == "declined"
    second = visitor.ask("POST", "/payments", PAYMENT)
    assert (second.status, second.delay_ms) == (201, 300.0)
    assert shown(visitor.ask("GET", "/payments/pay_3k9d2"))["status"] == "authorized"
    assert visitor.ask("POST", "/payments", PAYMENT).status == 409


def test_a_declined_checkout_starts_over_after_a_quarter_of_an_hour(targets: dict[str, TargetSnapshot]) -> None:
    visitor = Visitor(targets["payments"], scenario="checkout-declined")
    assert visitor.ask("POST", "/payments", PAYMENT).status == 402
    visitor.now_s += 901
    assert visitor.ask("POST", "/payments", PAYMENT).status == 402


def test_stock_runs_out_after_two_reservations_and_comes_back_with_one_released(
    targets: dict[str, TargetSnapshot],
) -> None:
    visitor = Visitor(targets["inventory"], scenario="out-of-stock")
    left = []
    for status in (201, 201, 409):
        left.append(shown(visitor.ask("GET", "/products/MUG-BLUE-350/stock"))["available"])
        assert visitor.ask("POST", "/reservations", RESERVATION).status == status
    assert visitor.ask("DELETE", "/reservations/res_77ab3").status == 204
    left.append(shown(visitor.ask("GET", "/products/MUG-BLUE-350/stock"))["available"])
    assert left == [3, 1, 0, 1]


def test_the_known_bad_card_is_declined_and_a_large_amount_needs_the_bank(targets: dict[str, TargetSnapshot]) -> None:
    card = {"type": "card", "customer_id": "cus_2b7q4", "cvc": "123", "exp_month": 4, "exp_year": 2030}
    bought = {key: value for key, value in PAYMENT.items() if key != "payment_method_id"}
    visitor = Visitor(targets["payments"])
    bad = visitor.ask("POST", "/payments", bought | {"payment_method": card | {"number": "4000000000000002"}})
    assert (bad.status, bad.delay_ms, shown(bad)["decline_code"]) == (402, 200.0, "insufficient_funds")
    good = visitor.ask("POST", "/payments", bought | {"payment_method": card | {"number": "4242424242424242"}})
    assert good.status == 201
    large = visitor.ask("POST", "/payments", PAYMENT | {"amount": {"amount": 25000, "currency": "EUR"}})
    assert shown(large)["status"] == "requires_action"


def test_instalments_are_worked_out_and_stay_numbers(targets: dict[str, TargetSnapshot]) -> None:
    quote = Visitor(targets["payments"]).ask("POST", "/quotes", {"amount": 9290, "instalments": 3})
    assert shown(quote) == {
        "amount": 9290,
        "currency": "EUR",
        "instalments": 3,
        "per_instalment": 3189,
        "total": 9568,
        "reference": "quote-9290-3",
    }


def test_a_load_test_is_slowed_down_twice_then_served(targets: dict[str, TargetSnapshot]) -> None:
    visitor = Visitor(targets["payments"])
    statuses = [visitor.ask("GET", "/payments/pay_3k9d2", user_agent="my-LOAD-TEST/1").status for _ in range(3)]
    assert statuses == [429, 429, 200]


def test_who_guesses_is_locked_out_and_an_expired_token_is_refused(targets: dict[str, TargetSnapshot]) -> None:
    visitor = Visitor(targets["auth"])
    assert visitor.ask("POST", "/login", {"email": "maya@example.com", "password": "wrong-password"}).status == 401
    guess = {"email": "locked-out@example.com", "password": "any-password"}
    assert [visitor.ask("POST", "/login", guess).status for _ in range(4)] == [429, 429, 429, 200]
    assert visitor.ask("GET", "/customers/me", authorization="Bearer expired").status == 401
    assert visitor.ask("GET", "/customers/me").status == 200


def test_the_catalogue_knows_what_is_sold_out_gone_and_looked_for(targets: dict[str, TargetSnapshot]) -> None:
    visitor = Visitor(targets["inventory"])
    assert shown(visitor.ask("GET", "/products/TEE-BLACK-M/stock"))["available"] == 0
    assert visitor.ask("GET", "/products/DISCONTINUED-1").status == 404
    assert [item["sku"] for item in shown(visitor.ask("GET", "/products?q=Lamp"))["items"]] == ["LAMP-OAK-01"]
    assert visitor.ask("GET", "/products?category=kitchen&category=living&price[min]=1000").status == 200
    assert visitor.ask("GET", "/products?category=cars").status == 400


def test_carriers_are_slow_flaky_or_gone(targets: dict[str, TargetSnapshot]) -> None:
    visitor = Visitor(targets["shipping"])
    home = {"name": "M", "street": "S 1", "city": "Stockholm", "postal_code": "11455", "country": "SE"}
    heavy = {"destination": home, "parcels": [{"weight_g": 900}, {"weight_g": 20000}]}
    light = {"destination": home, "parcels": [{"weight_g": 900}]}
    assert 800 <= visitor.ask("POST", "/rates", heavy).delay_ms <= 2500
    assert visitor.ask("POST", "/rates", light).delay_ms == 0
    statuses = {visitor.ask("POST", "/rates", light, x_client="flaky").status for _ in range(60)}
    assert statuses == {200, 503}
    assert visitor.ask("GET", "/tracking/XX000000XX").fault == "reset"
    label = visitor.ask("GET", "/shipments/shp_904411/label", accept="application/zpl")
    assert label.body.startswith(b"^XA")


@pytest.mark.parametrize(
    ("persona", "customer", "tier"),
    [("vip", "cus_8f2k1", "gold"), ("newcomer", "cus_2b7q4", "standard"), ("fraudster", "cus_0f66z", "standard")],
)
def test_a_persona_is_the_same_in_every_service(
    targets: dict[str, TargetSnapshot], persona: str, customer: str, tier: str
) -> None:
    me = shown(Visitor(targets["auth"], persona=persona).ask("GET", "/customers/me"))
    assert (me["id"], me["tier"]) == (customer, tier)
    payment = shown(Visitor(targets["payments"], persona=persona).ask("GET", "/payments/pay_3k9d2"))
    assert payment["customer_id"] == customer
    assert (payment["status"] == "declined") == (persona == "fraudster")


def test_the_vip_ships_for_free(targets: dict[str, TargetSnapshot]) -> None:
    home = {"name": "M", "street": "S 1", "city": "Stockholm", "postal_code": "11455", "country": "SE"}
    visitor = Visitor(targets["shipping"], persona="vip")
    rates = shown(visitor.ask("POST", "/rates", {"destination": home, "parcels": [{"weight_g": 900}]}))["rates"]
    assert [rate["price"]["amount"] for rate in rates] == [0, 0]
