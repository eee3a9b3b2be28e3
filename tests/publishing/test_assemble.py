"""From what was named to a snapshot: what is usable is served, what is not is named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockops.core.diagnostics import Severity
from mockops.publishing.service.assemble import Assembled, Options, assemble, has_errors
from mockops.workspaces.model.settings import Settings

EXAMPLES = Path(__file__).parents[2] / "examples"
OPERATION = "{get: {responses: {'200': {description: ok}}}}"
CONTRACT = f"openapi: 3.1.0\ninfo: {{title: T, version: '1'}}\npaths: {{/a: {OPERATION}}}\n"


@pytest.fixture
def project(tmp_path):
    for name in ("one", "two"):
        home = tmp_path / "workspaces" / name
        (home / "stubs").mkdir(parents=True)
        (home / "contract.yaml").write_text(CONTRACT)
        (home / "workspace.yaml").write_text(f"name: {name}\n")
    (tmp_path / "mockops.yaml").write_text("name: p\nsettings: {seed: 5, validation: warn}\n")
    return tmp_path


def names(assembled: Assembled) -> list[str]:
    return [target.name for target in assembled.snapshot.targets]


def messages(assembled: Assembled) -> str:
    return "\n".join(str(each) for each in assembled.diagnostics)


def test_the_shop_is_whole():
    assembled = assemble([str(EXAMPLES / "shop"), str(EXAMPLES / "petstore.yaml")])
    assert names(assembled) == ["auth", "inventory", "payments", "shipping", "petstore"]
    assert not has_errors(assembled.diagnostics), messages(assembled)
    assert assembled.failed == assembled.lost == ()
    payments = assembled.snapshot.targets[2]
    assert payments.contract
    assert payments.settings.session_ttl_s == 1800
    assert {each.name for each in payments.personas} == {"vip", "newcomer", "fraudster"}
    assert [each.name for each in payments.scenarios] == ["checkout-declined"]
    assert all(stub.source.partition(":")[0].endswith(".yaml") for stub in payments.stubs)


def test_settings_of_a_workspace_lie_over_the_projects_and_options_over_both(project):
    (project / "workspaces" / "two" / "workspace.yaml").write_text("name: two\nsettings: {validation: 'off'}\n")
    assembled = assemble([str(project)], Options(overrides={"stateful": True}))
    one, two = (target.settings for target in assembled.snapshot.targets)
    assert one == Settings(seed=5, validation="warn", stateful=True)
    assert two == Settings(seed=5, validation="off", stateful=True)


@pytest.mark.parametrize(
    ("written", "words", "line"),
    [
        ("settings: {validaton: warn}", ["unknown setting 'validaton'", "did you mean `validation`?"], 2),
        ("settings:\n  seed: many", ["setting 'seed' is \"many\", but must be a whole number"], 3),
        ("settings:\n  cors:\n    orgins: []", ["'cors.orgins'", "mean `origins`", "at /settings/cors/orgins"], 4),
        ("setings: {}", ["unknown key 'setings'", "did you mean `settings`?"], 2),
        ("settings: [1]", ["`settings` is a mapping"], 2),
        ("contract: gone.yaml", ["there is no file", "gone.yaml"], 2),
    ],
)
def test_a_mistake_in_a_workspace_file_is_named_and_the_rest_served(project, written, words, line):
    path = project / "workspaces" / "one" / "workspace.yaml"
    path.write_text(f"name: one\n{written}\n")
    assembled = assemble([str(project)])
    assert names(assembled) == ["one", "two"]
    found = [each for each in assembled.diagnostics if each.severity is Severity.ERROR]
    assert len(found) == 1
    assert (found[0].source, found[0].line) == (str(path), line)
    for word in words:
        assert word in str(found[0])
    assert assembled.by_target["one"] == tuple(found)
    assert assembled.by_target["two"] == ()


def test_a_workspace_file_that_cannot_be_read_costs_that_workspace_alone(project):
    (project / "workspaces" / "one" / "workspace.yaml").write_text("name: [one\n")
    assembled = assemble([str(project)])
    assert names(assembled) == ["two"]
    assert assembled.lost == (str(project / "workspaces" / "one" / "workspace.yaml"),)
    assert "workspace.yaml:2" in messages(assembled) or "workspace.yaml:1" in messages(assembled)


def test_a_project_file_that_cannot_be_read_costs_the_project_and_nothing_else(project, tmp_path):
    (project / "mockops.yaml").write_text("name: [p\n")
    assembled = assemble([str(project), str(EXAMPLES / "petstore.yaml")])
    assert names(assembled) == ["petstore"]
    assert assembled.lost == (str(project / "mockops.yaml"),)


def test_a_project_without_workspaces_is_explained(tmp_path):
    (tmp_path / "mockops.yaml").write_text("name: p\n")
    assembled = assemble([str(tmp_path)])
    assert names(assembled) == []
    assert "no workspace in it" in messages(assembled)


def test_a_broken_contract_leaves_its_target_out_by_name(project, tmp_path):
    (project / "workspaces" / "one" / "contract.yaml").write_text("nonsense: true\n")
    assembled = assemble([str(project)])
    assert names(assembled) == ["two"]
    assert assembled.failed == ("one",)
    assert has_errors(assembled.by_target["one"])
    assert "one/contract.yaml" in messages(assembled)


def test_a_broken_stub_is_named_and_its_neighbours_are_served(project):
    stubs = project / "workspaces" / "one" / "stubs"
    (stubs / "bad.yaml").write_text("id: bad\nmatch: {methud: GET}\n")
    (stubs / "good.yaml").write_text("id: good\nmatch: {path: /a}\nrespond: {text: x}\n")
    assembled = assemble([str(project)])
    assert [stub.id for stub in assembled.snapshot.targets[0].stubs] == ["good"]
    assert "bad.yaml:2" in messages(assembled)
    assert "method" in messages(assembled)


def test_a_stub_reads_files_beside_it_and_nowhere_else(project):
    stubs = project / "workspaces" / "one" / "stubs"
    (project / "secret.txt").write_text("secret")
    (stubs / "body.txt").write_text("beside")
    (stubs / "in.yaml").write_text("id: in\nmatch: {path: /a}\nrespond: {file: body.txt}\n")
    (stubs / "out.yaml").write_text("id: out\nmatch: {path: /a}\nrespond: {file: ../../../secret.txt}\n")
    assembled = assemble([str(project)])
    assert {stub.id: stub.respond.text for stub in assembled.snapshot.targets[0].stubs} == {"in": "beside"}
    assert "secret.txt" in messages(assembled)


def test_everything_that_may_change_the_snapshot_is_watched(project):
    watched = assemble([str(project)]).watched
    home = project / "workspaces" / "one"
    assert {project, project / "mockops.yaml", home, home / "contract.yaml", home / "workspace.yaml"} <= watched


def test_on_a_reload_a_file_that_is_gone_is_a_target_that_failed(tmp_path):
    (tmp_path / "pets.yaml").write_text(CONTRACT)
    named = [str(tmp_path / "pets.yaml"), str(tmp_path / "gone.yaml")]
    assembled = assemble(named, Options(missing_ok=True))
    assert names(assembled) == ["pets"]
    assert assembled.failed == ("gone",)


def test_a_url_is_fetched_through_what_was_given(tmp_path):
    asked = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return CONTRACT.encode()

    assembled = assemble(["http://example.com/pets.yaml"], Options(fetch=fetch))
    assert names(assembled) == ["pets"]
    assert asked == ["http://example.com/pets.yaml"]
