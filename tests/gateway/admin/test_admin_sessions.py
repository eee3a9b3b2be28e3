"""Sessions, scenario states and resets through the admin port."""

from __future__ import annotations

import pytest

IN_SCENARIO = {"MockOps-Scenario": "checkout"}


async def scenarios(port):
    return {each["name"]: each for each in (await port.admin.get("/api/v1/scenarios")).json()["scenarios"]}


async def pay(port, **headers):
    return await port.mock.post("/@pets/pets", json={"name": "Rex"}, headers=IN_SCENARIO | headers)


async def test_a_scenario_is_shown_with_its_state_in_each_session(port):
    assert (await scenarios(port))["checkout"] == {
        "name": "checkout",
        "target": "pets",
        "environment": "dev",
        "description": "Pay once",
        "source": "scenarios/checkout.yaml",
        "states": ["open", "paid", "refunded"],
        "initial_state": "open",
        "sessions": {},
    }
    assert (await pay(port)).status_code == 402
    assert (await scenarios(port))["checkout"]["sessions"] == {"default": "paid"}
    assert (await pay(port)).status_code == 201
    assert (await pay(port, **{"MockOps-Session": "s2"})).status_code == 402
    assert (await scenarios(port))["checkout"]["sessions"] == {"default": "paid", "s2": "paid"}


async def test_a_state_is_entered_from_outside(port):
    answer = await port.admin.put("/api/v1/scenarios/checkout/state", json={"state": "paid", "session": "s1"})
    assert answer.status_code == 200
    assert answer.json()["sessions"] == {"s1": "paid"}
    assert (await pay(port, **{"MockOps-Session": "s1"})).status_code == 201
    assert (await pay(port)).status_code == 402


@pytest.mark.parametrize(
    ("name", "body", "status", "words"),
    [
        ("checkout", {"state": "payed"}, 422, "did you mean 'paid'?"),
        ("checkout", {"state": "closed"}, 422, "open, paid, refunded"),
        ("chekout", {"state": "paid"}, 404, "did you mean 'checkout'?"),
        ("checkout", {"state": "paid", "sesion": "x"}, 400, "did you mean 'session'?"),
        ("checkout", {}, 400, "state"),
        ("checkout", {"state": 5}, 400, "/state"),
        ("checkout", {"state": "paid", "target": "bare"}, 404, "no scenario"),
    ],
)
async def test_what_is_not_known_is_refused_naming_what_is(port, name, body, status, words):
    answer = await port.admin.put(f"/api/v1/scenarios/{name}/state", json=body)
    assert answer.status_code == status, answer.text
    assert words in answer.json()["detail"]


async def test_states_that_stubs_move_are_scenarios_too(port):
    stub = {"match": {"path": "/door", "state": {"door": "shut"}}, "respond": {"status": 423}}
    opener = {"match": {"path": "/open"}, "respond": {"status": 204}, "set_state": {"door": "ajar"}}
    await port.admin.post("/api/v1/stubs?target=bare", json=[stub, opener])
    door = (await scenarios(port))["door"]
    assert (door["target"], door["initial_state"], set(door["states"])) == (
        "bare",
        "Started",
        {"Started", "shut", "ajar"},
    )
    assert (await port.mock.get("/@bare/door")).status_code == 404
    assert (await port.admin.put("/api/v1/scenarios/door/state", json={"state": "shut"})).status_code == 200
    assert (await port.mock.get("/@bare/door")).status_code == 423
    await port.mock.get("/@bare/open")
    sessions = (await port.admin.get("/api/v1/sessions")).json()["sessions"]
    assert [(each["name"], each["target"], each["states"]) for each in sessions] == [
        ("default", "bare", {"door": "ajar"})
    ]


async def prepare(port):
    for session in ("s1", "s2"):
        stub = {"id": f"of-{session}", "match": {"path": "/mine"}, "respond": {"json": session}}
        await port.admin.post(f"/api/v1/stubs?target=pets&session={session}", json=stub)
        headers = {"MockOps-Session": session}
        for _ in range(2):
            await port.mock.get("/@pets/mine", headers=headers)
            await port.mock.get("/@pets/pets/7", headers=headers)
        await pay(port, **headers)


async def seen(port):
    stubs = (await port.admin.get("/api/v1/stubs")).json()["stubs"]
    requests = (await port.admin.get("/api/v1/requests")).json()["requests"]
    return {
        "hits": {each["id"]: each["hits"] for each in stubs},
        "states": (await scenarios(port))["checkout"]["sessions"],
        "requests": len(requests),
    }


async def test_resets_forget_what_they_say_and_nothing_else(port):
    await prepare(port)
    everything = {
        "hits": {"from-file": 4, "of-s1": 2, "of-s2": 2},
        "states": {"s1": "paid", "s2": "paid"},
        "requests": 10,
    }
    assert await seen(port) == everything
    assert (await port.admin.post("/api/v1/reset/state?session=s1")).status_code == 204
    assert await seen(port) == everything | {"states": {"s2": "paid"}}
    await port.admin.post("/api/v1/reset/requests?session=s1")
    left = {"hits": {"from-file": 2, "of-s1": 0, "of-s2": 2}, "states": {"s2": "paid"}, "requests": 5}
    assert await seen(port) == left
    await port.admin.post("/api/v1/reset?session=s1")
    assert await seen(port) == left | {"hits": {"from-file": 2, "of-s2": 2}}
    await port.admin.post("/api/v1/reset?target=bare")
    assert await seen(port) == left | {"hits": {"from-file": 2, "of-s2": 2}}
    await port.admin.post("/api/v1/reset?target=pets")
    assert await seen(port) == {"hits": {"from-file": 0}, "states": {}, "requests": 0}


async def test_a_reset_of_all_forgets_all(port):
    await prepare(port)
    await port.mock.get("/nowhere")
    assert (await port.admin.post("/api/v1/reset")).status_code == 204
    assert await seen(port) == {"hits": {"from-file": 0}, "states": {}, "requests": 0}
    assert (await port.mock.get("/@pets/mine", headers={"MockOps-Session": "s1"})).status_code == 404
