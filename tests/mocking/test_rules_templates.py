"""Templates: what they can say, what is refused when saved, and that none can reach or exhaust the process."""

from __future__ import annotations

import time
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.core.exchange import Request
from mockops.mocking.model import Lifecycle, Persona, StubInvalid, TemplateFailed
from mockops.mocking.rules.templates import Scope, compile_json_template, compile_template, is_template

REQUEST = Request(
    method="POST",
    path="/pets/7",
    query_string="name=Bo&n=5&n=6&odd=%7B%7B",
    headers=(("content-type", "application/json"), ("x-id", "3"), ("cookie", "s=1")),
    body=b"""{"items": [1, 2], "name": "x", "deep": {"a": null},
              "sha": "1234e567", "version": "1.10", "big": 18446744073709551617}""",
)


def scope(request: Request = REQUEST, **known: Any) -> Scope:
    known.setdefault("params", {"id": "7"})
    return Scope(request=request, now=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), seed=1, **known)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ request.params.id }}", "7"),
        ("{{ request.params.id|int }}", 7),
        ("Hello {{ request.query.name }}", "Hello Bo"),
        ("{{ request.queries.n }}", ["5", "6"]),
        ("{{ request.headers['X-Id'] }}{{ request.headers.x_id }}", "33"),
        ("{{ request.cookies.s }}", "1"),
        ("{{ request.url }}", "/pets/7?name=Bo&n=5&n=6&odd=%7B%7B"),
        ("{{ request.body.items }}", [1, 2]),
        ("{{ request.body.deep.a }}", None),
        ("{{ request.body.sha }}", "1234e567"),
        ("{{ request.body.version }}", "1.10"),
        ("{{ request.body.big }}", 18446744073709551617),
        ("{{ request.body['items']|length + 1 }}", 3),
        ("{{ {'a': [1, request.params.id]} }}", {"a": [1, "7"]}),
        ("{{ 1.5 }}", 1.5),
        ("{{ request.method == 'POST' }}", True),
        ("x{{ request.body.deep }}{{ true }}{{ none }}", 'x{"a":null}truenull'),
        ("{{ now() }}", "2024-01-02T03:04:05Z"),
        ("{{ now(days=1, hours=-3).strftime('%d.%m. %H:%M') }}", "03.01. 00:04"),
        ("{{ now(format='unix') }}", "1704164645"),
        ("{% for i in request.body['items'] %}{{ loop.index }}:{{ i }} {% endfor %}", "1:1 2:2 "),
        ("{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m(1) ~ m(2) }}", "<1><2>"),
        ("{% set ns = namespace(t=0) %}{% for i in [1, 2] %}{% set ns.t = ns.t + i %}{% endfor %}{{ ns.t }}", "3"),
        ("{{ request.query.zip|default('none') }}", "none"),
        ("{{ request.body.items|map('string')|join('-') }}", "1-2"),
        ("{{ [3, 1]|sort|tojson }}{{ '<'|e }}{{ 'x'|b64encode|b64decode }}", "[1,3]&lt;x"),
        ("{{ '%05.1f'|format(2.25) }} {{ '%s-%s' % ('a', 1) }}", "002.2 a-1"),
        ("{{ state.cart }}/{{ session.name }}/{{ session.ci_run }}", "full/s1/run-9"),
        (
            "{{ persona.customer.id }} {{ persona.traits.tier }} {{ persona.name }} {{ persona.state }}",
            "c1 gold vip new",
        ),
        ("{# nothing #}", ""),
    ],
)
def test_an_expression_gives_its_value(source: str, value: Any) -> None:
    persona = Persona(
        name="vip",
        traits={"tier": "gold"},
        entities={"customer": {"id": "c1"}},
        lifecycle=Lifecycle(state="new", states=["new"]),
    )
    names = scope(persona=persona, states={"cart": "full"}, session="s1", ci_run="run-9")
    got = compile_template(source).value(names)
    assert got == value
    assert type(got) is type(value)


def test_chance_is_the_seeds_alone() -> None:
    template = compile_template(
        "{{ uuid() }} {{ random.int(1, 1000) }} {{ fake.email }} {{ fake.name() }} {{ [1, 2, 3]|random }}"
    )
    first = template.render(scope())
    assert first == template.render(scope())
    assert first != template.render(Scope(request=REQUEST, now=datetime(2024, 1, 2, tzinfo=UTC), seed=2))
    assert "@example." in first


@pytest.mark.parametrize(
    ("body", "media_type", "value"),
    [
        (b"", "", None),
        (b"a=1&a=2&b=", "application/x-www-form-urlencoded", {"a": "1", "b": ""}),
        (b'"text"', "application/vnd.x+json", "text"),
        (b"[1]", "", [1]),
        (b"{broken", "application/json", "{broken"),
        (b"plain", "text/plain", "plain"),
    ],
)
def test_the_body_is_read_as_what_it_is(body: bytes, media_type: str, value: Any) -> None:
    request = Request(method="POST", path="/", headers=(("content-type", media_type),), body=body)
    assert compile_template("{{ request.body }}").value(scope(request)) == value


names = st.sampled_from(["name", "deep", "a", "items", "zip", "method", "query", "body", "params", "id", "x-id"])
chains = st.lists(st.one_of(names, st.integers(0, 2)), min_size=1, max_size=4)


@given(st.lists(st.one_of(chains, st.sampled_from(["text ", "{", "%}"])), min_size=1, max_size=3))
def test_looking_up_without_jinja2_gives_what_jinja2_gives(parts: list[Any]) -> None:
    texts = [
        part if isinstance(part, str) else "{{ request" + "".join(f"[{step!r}]" for step in part) + " }}"
        for part in parts
    ]
    source = "".join(texts)
    # an empty block changes nothing but makes Jinja2 run
    slow = "{% if false %}{% endif %}" + source

    def outcome(template: str) -> str:
        try:
            return compile_template(template).render(scope())
        except (TemplateFailed, StubInvalid) as error:
            return type(error).__name__

    assert outcome(source) == outcome(slow)


@pytest.mark.parametrize(
    ("source", "place", "words"),
    [
        ("{{ request.boddy }}", (1, 12), "'request.boddy' does not exist; did you mean 'body'?"),
        ("a\n{{ reqest.body }}", (2, 4), "'reqest' is not defined; did you mean 'request'?"),
        ("{{ fake.emial }}", (1, 9), "did you mean 'email'?"),
        ("{{ random.itn(1) }}", (1, 11), "did you mean 'int'?"),
        ("{{ 1|uper }}", (1, 6), "did you mean 'upper'?"),
        ("{{ 1 is evn }}", (1, 9), "did you mean 'even'?"),
        ("{% include 'a' %}", (1, 4), "not available"),
        ("{% for x in [] recursive %}{% endfor %}", (1, 16), "not available"),
        ("{{ self }}", (1, 4), "'self' is not defined"),
        ("{{ request.__class__ }}", (1, 12), "does not exist"),
        ("{{ x", (1, 1), "unexpected end of template"),
        ("{{ " + "(" * 5000 + ")" * 5000 + " }}", (1, 1), "nested too deeply"),
    ],
)
def test_what_cannot_be_right_is_refused_when_saved(source: str, place: tuple[int, int], words: str) -> None:
    with pytest.raises(StubInvalid) as refusal:
        compile_template(source)
    problem = refusal.value.diagnostics[0]
    assert words in problem.message
    assert (problem.line, problem.column) == place


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(StubInvalid) as refusal:
        compile_template("{{ a }}\n{{ request.b }}\n{{ c }}")
    assert [problem.line for problem in refusal.value.diagnostics] == [1, 2, 3]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ request.body.gone }}", "gone"),
        ("Hello {{ request.query.zip }}", "zip"),
        ("{{ persona.customer.id }}", "customer"),
        ("line\n{{ 1 / 0 }}", "line 2: ZeroDivisionError"),
        ("{{ random.int }}", "a function"),
        ("{{ request }}", "RequestView"),
        ("{{ 'a' + 1 }}", "TypeError"),
        ("{{ ['a']|sum }}", "sum adds numbers"),
    ],
)
def test_what_only_the_request_shows_fails_and_says_what(source: str, words: str) -> None:
    with pytest.raises(TemplateFailed, match=words):
        compile_template(source).value(scope())


ATTACKS = [
    "{{ 'a' * 300000000 }}",
    "{{ ['a'] * 300000000 }}",
    "{{ 300000000 * 'a' }}",
    "{{ 10 ** 10000000 }}",
    "{{ 9999 ** 700 * 9999 ** 700 }}",
    "{% for i in range(1000000000) %}{% endfor %}",
    "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
    "{% for i in range(99999) %}{{ i }}{% endfor %}",
    "{% for i in range(99999) %}{% set x = i * i %}{% endfor %}",
    "{{ 'a'|center(300000000) }}",
    "{{ 'a'.ljust(300000000) }}",
    "{{ '%0300000000d' % 1 }}",
    "{{ '%*d' % (300000000, 1) }}",
    "{{ '%.300000000f'|format(1) }}",
    "{{ '{:>300000000}'.format(1) }}",
    "{{ 'a'|indent(300000000, true) }}",
    "{{ ('a\n' * 100000)|indent('b' * 10000) }}",
    "{{ ('ab ' * 100000)|wordwrap(1, wrapstring='b' * 100000) }}",
    "{{ ('a' * 100000)|replace('a', 'b' * 10000) }}",
    "{{ ('a' * 100000).replace('a', 'b' * 10000) }}",
    "{{ ('b' * 10000).join('a' * 100000) }}",
    "{{ range(100000)|map('center', 10000)|join }}",
    "{{ ('%s' * 5000) % (('a' * 300,) * 5000) }}",
    "{{ [1]|batch(1000000000, 0)|list }}",
    "{{ [1]|slice(1000000000)|list }}",
    "{{ ('a' * 1000000).split('a') }}",
    "{{ range(99999)|list|sort|join }}",
    "{{ range(99999)|groupby(0) }}",
    "{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}",
    "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}",
    "{% set ns = namespace(s='aaaaaaaaaa') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
    "{% set ns = namespace(s='aaaaaaaaaa') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
    "{% set ns = namespace(s='aaaaaaaaaa') %}{% for i in range(60) %}"
    "{% set ns.s %}{{ ns.s }}{{ ns.s }}{% endset %}{% endfor %}",
    "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}",
    "{% set ns = namespace(s=(1,), t=(1,)) %}{% for i in range(60) %}{% set ns.s = (ns.s, ns.s) %}"
    "{% set ns.t = (ns.t, ns.t) %}{% endfor %}{{ ns.s == ns.t }}",
    "{% for i in range(30000) %}{% if 'zz' in 'a' * 1000000 %}{% endif %}{% endfor %}",
    "{% for i in range(30000) %}{% set x = ('a' * 100000)[1:] %}{% endfor %}",
    "{{ random.string(1000000000) }}",
    "{{ now().strftime('%1000000000d') }}",
    "{{ (1).to_bytes(1000000000, 'big') }}",
    "{{ ('[' * 100000)|fromjson }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ ''|attr('__class__') }}",
    "{{ uuid.__globals__ }}",
    "{{ now.__closure__ }}",
    "{{ random._chance }}",
    "{{ range.__class__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ dict.fromkeys(range(9), 1) }}",
    "{{ [request]|map(attribute='_request')|list }}",
    "{{ [request]|groupby('__class__') }}",
    "{{ request.body.update({}) }}",
    "{{ request.queries.n.append(1) }}",
    "{{ lipsum() }}",
    "{{ cycler(1) }}",
]


@pytest.mark.parametrize("source", ATTACKS, ids=lambda source: source[:50])
def test_an_attack_fails_soon_and_takes_little_memory(source: str) -> None:
    fails = pytest.raises((StubInvalid, TemplateFailed))
    with fails:
        template = compile_template(source)
        tracemalloc.start()
        started = time.process_time()
        try:
            template.value(scope())
        finally:
            took_s = time.process_time() - started
            _, peak_bytes = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert took_s < 2.0  # tracing memory slows tenfold and more; without it all stay below 0.06 s
            assert peak_bytes < 24 << 20


def test_the_budget_is_that_of_the_whole_answer() -> None:
    template = compile_json_template(["{{ 'a' * 500000 }}"] * 5)
    with pytest.raises(TemplateFailed, match="does too much"):
        template.render(scope())
    assert len(compile_json_template(["{{ 'a' * 500000 }}"]).render(scope())[0]) == 500_000


def test_json_values_are_rendered_wherever_they_hold_text() -> None:
    value = {"a": ["{{ request.params.id|int }}", {"b": "x{{ request.method }}"}], "plain": "{ }", "n": 1, "none": None}
    template = compile_json_template(value)
    assert template.render(scope()) == {"a": [7, {"b": "xPOST"}], "plain": "{ }", "n": 1, "none": None}
    assert template.uses == {"request.params", "request.method"}
    assert value["a"][0] == "{{ request.params.id|int }}"  # type: ignore[index]


@pytest.mark.parametrize(
    ("source", "uses"),
    [
        ("{{ request.body.a }}{{ now() }}", {"request.body", "now"}),
        ("{% set r = request %}{{ r.text }}", {"request"}),
        ("{{ fake.name }}{{ persona.x }}", {"fake", "persona"}),
        ("plain", set()),
    ],
)
def test_a_template_says_what_it_reads(source: str, uses: set[str]) -> None:
    assert compile_template(source).uses == uses


def test_plain_text_is_told_from_templates() -> None:
    assert is_template("a {{ b }}")
    assert is_template("{% if x %}")
    assert not is_template('{"json": {}}')


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ request.query.page }}", "request.query.page is missing"),
        ("Page {{ request.query.page }}", "request.query.page is missing"),
        ("{{ request.query.page | int + 1 }}", "request.query.page is missing"),
        ("{{ request.query['page'] }}", "request.query['page'] is missing"),
        ("{{ request.body.deep.b.c }}", "request.body.deep.b is missing"),
        ("{{ request.body['items'][9] }}", "request.body['items'][9] is missing"),
        ("{{ persona.customer.id }}", "persona.customer is missing"),
        ("{{ state.cart ~ 'x' }}", "state.cart is missing"),
        ("{% for pet in [{'id': 1}] %}{{ pet.name }}{% endfor %}", "pet.name is missing"),
        ("{{ request.body.name ~ request.params.name }}", "request.params.name is missing"),
        ("a\n{{ request.params.name }}", "request.params.name is missing"),
        ("{% set key = 'no' %}{{ request.query[key] }}", "'no' is missing"),
    ],
)
def test_what_is_missing_is_named_as_the_template_writes_it(source: str, words: str) -> None:
    with pytest.raises(TemplateFailed) as caught:
        compile_template(source).value(scope())
    assert str(caught.value).removeprefix("line 2: ") == words
