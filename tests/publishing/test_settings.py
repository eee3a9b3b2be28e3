"""Settings: what is wrong is named where it stands, and the rest holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.core.documents import read_document
from mockops.publishing.service.assemble import assemble
from mockops.workspaces.model.settings import Cors, Settings
from mockops.workspaces.rules.settings import read_settings


@pytest.mark.parametrize(
    ("settings", "pointer", "message", "hint"),
    [
        ({"statefull": True}, "/settings/statefull", "unknown setting 'statefull'", "did you mean `stateful`?"),
        ({"zzz": 1}, "/settings/zzz", "unknown setting 'zzz'", "known: validation, seed, stateful, "),
        ({"cors": {"orgins": []}}, "/settings/cors/orgins", "unknown setting 'cors.orgins'", "did you mean `origins`?"),
        ({"cors": {"zzz": 1}}, "/settings/cors/zzz", "unknown setting 'cors.zzz'", "known in `cors`: enabled, "),
        (
            {"validation": "wran"},
            "/settings/validation",
            "setting 'validation' is \"wran\", but must be one of enforce, warn, off",
            "did you mean `warn`?",
        ),
        ({"seed": 1.5}, "/settings/seed", "setting 'seed' is 1.5, but must be a whole number", "write a whole number"),
        ({"stateful": "yes"}, "/settings/stateful", 'is "yes", but must be true or false', "write true or false"),
        ({"session_ttl_s": None}, "/settings/session_ttl_s", "is null, but must be a number", "write a number"),
        ({"persona": ["vip"]}, "/settings/persona", 'is ["vip"], but must be text', "write text"),
        ({"listen": "7100"}, "/settings/listen", 'is "7100", but must be a whole number', ""),
        ({"cors": True}, "/settings/cors", "is true, but must be a mapping", "write a mapping"),
        ({"cors": {"origins": "*"}}, "/settings/cors/origins", 'is "*", but must be a list of texts', ""),
        ({"cors": {"origins": ["*", 1]}}, "/settings/cors/origins/1", "is 1, but must be text", "write text"),
        ({"persona": [["x" * 999]]}, "/settings/persona", "…, but must be text", ""),
    ],
)
def test_a_mistake_is_told_where_it_is_and_what_is_expected(
    settings: dict[str, Any], pointer: str, message: str, hint: str
) -> None:
    read, found = read_settings({"max_session_bytes": 5, **settings}, {})
    assert read == Settings(max_session_bytes=5)
    assert [each.pointer for each in found] == [pointer]
    assert message in found[0].message
    assert found[0].hint.startswith(hint)
    assert found[0].code == "publishing.setting_invalid"


def test_a_wrong_member_leaves_its_neighbours() -> None:
    read, found = read_settings({"cors": {"max_age_s": 5, "credentials": 1}, "sed": 1, "seed": 2}, {})
    assert read == Settings(seed=2, cors=Cors(max_age_s=5))
    assert [each.pointer for each in found] == ["/settings/cors/credentials", "/settings/sed"]


def test_each_mistake_has_line_and_column_in_the_file_that_makes_it(tmp_path: Any) -> None:
    folder = tmp_path / "workspaces" / "one"
    folder.mkdir(parents=True)
    (tmp_path / "workspaces" / "two").mkdir()
    (tmp_path / "mockops.yaml").write_text("settings:\n  seed: x\n  cors:\n    max_age: 5\n")
    (folder / "workspace.yaml").write_text("name: one\nsettings:\n  cors: { origins: [1] }\n")
    assembled = assemble([str(tmp_path)])
    places = [(each.source.rpartition("/")[2], each.line, each.column, each.pointer) for each in assembled.diagnostics]
    assert sorted(places) == [
        ("mockops.yaml", 2, 3, "/settings/seed"),
        ("mockops.yaml", 4, 5, "/settings/cors/max_age"),
        ("workspace.yaml", 3, 21, "/settings/cors/origins/0"),
    ]
    assert len(assembled.by_target["one"]) == 3
    assert len(assembled.by_target["two"]) == 2


def test_options_are_told_from_files() -> None:
    document = read_document(b"settings: {seed: a, stateful: 1}", "workspace.yaml")
    _, found = read_settings({"seed": "a", "stateful": 1}, {"seed": "b"}, [document])
    assert [(each.source, each.pointer) for each in found] == [
        ("options", "/settings/seed"),
        ("workspace.yaml", "/settings/stateful"),
    ]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(Cors.__struct_fields__), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*Settings.__struct_fields__, "x", "corse"]), anything))
def test_whatever_is_written_gives_settings_and_every_complaint_has_a_place(written: dict[str, Any]) -> None:
    read, found = read_settings(written, {})
    assert isinstance(read, Settings)
    assert {each.pointer.split("/")[2] for each in found} <= written.keys()
    assert found or all(getattr(read, key) == written[key] for key in written if key not in ("cors", "session_ttl_s"))
