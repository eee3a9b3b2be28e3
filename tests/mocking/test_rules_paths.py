"""The router against a reference that tries every template in turn."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.mocking.rules.paths import PathInvalid, Router

SEGMENTS = ["a", "b", "mine", "{x}", "{y}", "{x}.json", "{a}.{b}", "{o}:{c}", "v{n}", "a b"]
templates = st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
values = st.sampled_from(
    ["a", "b", "mine", "1", "x.json", "x.y.z", "o:c", "v1", "v", "", ".json", "é", "a b", "a/b", "%"]
)
paths = st.lists(values, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(quote(p, safe=":") for p in parts))


def rank(segment: str) -> tuple[int, ...] | tuple[object, ...]:
    literals = re.split(r"\{[^}]*\}", segment)
    if len(literals) == 1:
        return (0,)
    if literals == ["", ""]:
        return (2,)
    return (1, -sum(map(len, literals)), len(literals), tuple(literals))


def fit(template: str, path: str) -> dict[str, str] | None:
    wanted, given_segments = template.split("/"), path.split("/")
    if len(wanted) != len(given_segments):
        return None
    params: dict[str, str] = {}
    for segment, value in zip(wanted, map(unquote, given_segments), strict=True):
        pattern = "".join(
            f"(?P<{part[1:-1]}>.+?)" if part.startswith("{") else re.escape(part)
            for part in re.split(r"(\{[^}]*\})", segment)
        )
        match = re.fullmatch(pattern, value, re.DOTALL)
        if match is None:
            return None
        params |= match.groupdict()
    return params


def reference(known: list[str], path: str) -> tuple[str, dict[str, str]] | None:
    for each in (path, path[:-1] if path.endswith("/") else path + "/"):
        fitting = [(template, params) for template in known if (params := fit(template, each)) is not None]
        if fitting:
            return min(fitting, key=lambda found: [rank(segment) for segment in found[0].split("/")])
    return None


@given(st.lists(templates, max_size=8, unique=True), paths)
def test_the_router_agrees_with_trying_every_template(known: list[str], path: str) -> None:
    router: Router[str] = Router()
    for template in known:
        router.add(template, template)
    found = router.find(path)
    assert (found and (found.template, found.params)) == reference(known, path)


@given(st.lists(templates, max_size=8, unique=True), paths)
def test_find_all_begins_with_what_find_returns_and_holds_every_fit(known: list[str], path: str) -> None:
    router: Router[int] = Router()
    for number, template in enumerate(known):
        router.add(template, number)
    every = router.find_all(path)
    assert (every[0] if every else None) == router.find(path)
    exact = {template for template in known if fit(template, path) is not None}
    assert {found.template for found in every} == exact or not exact


@pytest.fixture
def router() -> Router[str]:
    router: Router[str] = Router()
    for method, template in [
        ("GET", "/pets/{id}/toys"),
        ("GET", "/pets/mine/food"),
        ("GET", "/pets/{id}"),
        ("DELETE", "/pets/{petId}"),
        ("POST", "/pets/mine"),
        ("GET", "/files/**"),
        ("GET", "/v1/{+name}/versions"),
        ("GET", "/v1/{+name}:cancel"),
    ]:
        router.add(template, f"{method} {template}", method)
    return router


@pytest.mark.parametrize(
    ("method", "path", "value", "params"),
    [
        ("GET", "/pets/mine/toys", "GET /pets/{id}/toys", {"id": "mine"}),
        ("GET", "/pets/mine/food", "GET /pets/mine/food", {}),
        ("GET", "/pets/mine", "GET /pets/{id}", {"id": "mine"}),
        ("POST", "/pets/mine", "POST /pets/mine", {}),
        ("DELETE", "/pets/7", "DELETE /pets/{petId}", {"petId": "7"}),
        ("GET", "/pets/a%2Fb%20c", "GET /pets/{id}", {"id": "a/b c"}),
        ("GET", "/pets/7/", "GET /pets/{id}", {"id": "7"}),
        ("GET", "/files/a/b%2Fc", "GET /files/**", {"**": "a/b/c"}),
        ("GET", "/files", "GET /files/**", {"**": ""}),
        ("GET", "/v1/projects/p/keys/k/versions", "GET /v1/{+name}/versions", {"name": "projects/p/keys/k"}),
    ],
)
def test_a_path_is_found(router: Router[str], method: str, path: str, value: str, params: dict[str, str]) -> None:
    found = router.find(path, method)
    assert found is not None
    assert (found.value, found.params) == (value, params)


@pytest.mark.parametrize("path", ["/", "", "pets/1", "//", "/pets", "/pets//toys", "/pets/1/toys/2", "/v1/versions"])
def test_a_path_is_not_found(router: Router[str], path: str) -> None:
    assert router.find(path, "GET") is None


def test_the_methods_of_every_template_that_fits_are_told(router: Router[str]) -> None:
    assert router.methods("/pets/mine") == ["POST", "GET", "DELETE"]
    assert router.methods("/nowhere") == []


@pytest.mark.parametrize("template", ["pets", "/a/{b", "/a}/b", "/{a+}/{b+}", "/{a+}/**", "/a" * 300])
def test_a_template_that_cannot_be_understood_is_refused(template: str) -> None:
    with pytest.raises(PathInvalid):
        Router[int]().add(template, 1)


def test_the_first_value_of_a_template_stays() -> None:
    router: Router[int] = Router()
    assert router.add("/a", 1) == 1
    assert router.add("/a", 2) == 1
    assert router.get("/a") == 1


def test_the_longest_template_is_found_without_exhausting_the_stack() -> None:
    router: Router[int] = Router()
    router.add("/{x}.json" * 128, 1)
    found = router.find("/a%2Fb.json" * 128)
    assert found is not None
    assert found.params == {"x": "a/b"}
    assert router.find("/a.json" * 5000) is None
