"""The commands for nouns against the real control process: each with its effect, and what refusals look like."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from live_server import running
from typer.testing import CliRunner

from mockops.cli.app import COMMANDS, app
from mockops.client import MockOps
from mockops.core.documents import read_document

DATA = Path(__file__).parent.parent / "mocking" / "data"
CONTRACT = """openapi: 3.0.3
info: {title: Pets, version: "1"}
paths:
  /pets:
    get:
      responses: {"200": {description: fine, content: {application/json: {schema: {$ref: "pet.yaml"}}}}}
"""
STUB = "id: ping\nmatch: {method: GET, path: /ping}\nrespond: {text: pong}\n"
SCENARIO = "name: down\nrules:\n  - match: {method: GET, path: /x}\n    respond: 503\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("control")) as process:
        yield process.url


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("MOCKOPS_TOKEN", "MOCKOPS_ORG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOCKOPS_SERVER", url)
    Path("stub.yaml").write_text(STUB)
    Path("scenario.yaml").write_text(SCENARIO)
    Path("api.yaml").write_text(CONTRACT)
    Path("pet.yaml").write_text("type: object\n")


class Done:
    """What a command printed, and how it ended."""

    def __init__(self, words: str, *, stdin: str = "", code: int = 0) -> None:
        result = CliRunner().invoke(app, words.split(), input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code == code, f"{words}: {result.exit_code}\n{result.stdout}\n{result.stderr}"
        self.out, self.err = result.stdout, result.stderr

    @property
    def json(self) -> Any:
        """The answer of a command that was asked for JSON."""
        return json.loads(self.out)

    @property
    def rows(self) -> list[list[str]]:
        """The cells of a table."""
        return [re.split(r"  +", line.strip()) for line in self.out.splitlines()]


def run(words: str, **options: Any) -> Done:
    return Done(words, **options)


def test_workspaces(url: str) -> None:
    made = run("workspace create pay --title Pay --label tier=1 --environment dev --environment live -o json")
    assert (made.json["name"], made.json["labels"]) == ("pay", {"tier": "1"})
    assert "gateways serve it from revision" in made.err
    assert run("workspace list --label tier:1").rows == [
        ["NAME", "TITLE", "TEAM", "LABELS", "VERSION", "UPDATED"],
        ["pay", "Pay", "-", "tier=1", "1", made.json["updated_at"][:19] + "+00:00"],
    ]
    Path("settings.yaml").write_text("settings: {seed: 5}\n")
    changed = run(f"workspace update pay --title P2 --settings settings.yaml --if-version 1 --server {url} -o yaml")
    assert read_document(changed.out.encode(), "out").data["settings"] == {"seed": 5}
    assert "  seed: 5\n" in run("workspace get pay").out
    stale = run("workspace update pay --title P3 --if-version 1", code=3)
    assert stale.err.startswith("mockops: ")
    unsure = run("workspace delete pay", code=1)
    assert "--yes" in unsure.err
    run("workspace delete pay --yes")
    assert run("workspace get pay", code=1).out == ""


def test_lists_have_as_much_as_is_asked_for() -> None:
    run("workspace create many")
    stubs = [f"- {{id: s{at}, match: {{method: GET, path: /s{at}}}, respond: 204}}\n" for at in range(60)]
    Path("all.yaml").write_text("".join(stubs))
    assert "60 done, 0 refused" in run("stub bulk all.yaml -w many").out
    assert "60 done, 0 refused" in run("stub bulk all.yaml -w many").out
    first = run("stub list -w many")
    assert len(first.rows) == 51
    assert "--all" in first.err
    assert len(run("stub list -w many --limit 3 -o json").json) == 3
    everything = run("stub list -w many --all -o json")
    assert ([each["key"] for each in everything.json], everything.err) == ([f"s{at}" for at in range(60)], "")
    assert run("stub list -w many -q absent -o json").json == []


def test_stubs() -> None:
    run("workspace create stubs")
    assert run("stub create stub.yaml -w stubs -o json").json["key"] == "ping"
    assert "already" in run("stub create - -w stubs", stdin=STUB, code=3).err
    document = run("stub get ping -w stubs --document").out
    assert read_document(document.encode(), "out").data == read_document(STUB.encode(), "in").data
    run("stub update ping - -w stubs --merge", stdin='{"respond": {"text": null, "status": 204}}')
    assert run("stub get ping -w stubs -o json").json["document"]["respond"] == {"status": 204}
    Path("a.bin").write_bytes(b"\x00\xff")
    run("stub update ping - -w stubs", stdin=STUB.replace("text: pong", "file: a.bin"))
    assert run("stub get ping -w stubs -o json").json["files"] == {"a.bin": "AP8="}
    wrong = run("stub update ping - -w stubs --merge", stdin='{"respond": {"nope": 1}}', code=1)
    assert "/document/respond/nope" in wrong.err
    changes = [{"action": "delete", "id": "ping"}, {"action": "delete", "id": "absent"}]
    refused = run("stub bulk - -w stubs", stdin=json.dumps(changes), code=1)
    assert ("1 done, 1 refused" in refused.out, "change 2 (absent)" in refused.err) == (True, True)
    run("stub create stub.yaml -w stubs")
    run("stub delete ping -w stubs --yes")
    assert run("stub list -w stubs -o json").json == []


def test_what_is_wrong_in_a_file_is_said_with_its_place() -> None:
    run("workspace create wrong")
    bad = run("stub create - -w wrong", stdin="id: x\nmatch: {nope: 1}\nrespond: 200\n", code=1)
    assert "nope" in bad.err
    assert ":2" in bad.err
    assert "no such file" in run("stub create absent.yaml -w wrong", code=2).err
    Path("two.yaml").write_text(f"- {{{'id: a, match: /a, respond: 204'}}}\n- {{id: b, match: /b, respond: 204}}\n")
    assert "stub bulk" in run("stub create two.yaml -w wrong", code=2).err
    assert "Missing option" in run("stub list", code=2).err


def test_scenarios_versions_and_pins() -> None:
    run("workspace create scenes")
    assert run("scenario create scenario.yaml -w scenes -o json").json["status"] == "draft"
    published = run("scenario publish down -w scenes --label 1.0.0 -o json")
    [version] = published.json["versions"]
    assert run("scenario list -w scenes").rows[1][:3] == ["down", "published", "no"]
    [pin] = [each for each in run("pin list -w scenes -e dev -o json").json if each["entity_key"]]
    assert pin["version_id"] == version["id"]
    run("pin set scenario 1.0.0 --name down -w scenes -e test")
    assert "scenario" in run("pin list -w scenes -e test").out
    run("pin delete scenario --name down -w scenes -e test --yes")
    assert "scenario" not in run("pin list -w scenes -e test").out
    assert [each["label"] for each in run("version list -w scenes --type scenario -o json").json] == ["1.0.0"]
    assert run(f"version get {version['id']} -w scenes -o json").json["number"] == 1
    [config, *_] = run("version list -w scenes --type config -o json").json
    assert run(f"version label {config['id']} 2.0.0 -w scenes -o json").json["label"] == "2.0.0"
    content = subprocess.run(
        [sys.executable, "-m", "mockops", "version", "content", version["id"], "-w", "scenes"],
        capture_output=True,
        check=True,
    )
    assert b'"down"' in content.stdout
    run("scenario update down - -w scenes --merge", stdin="description: d\n")
    assert "description: d" in run("scenario get down -w scenes --document").out
    run("scenario update down scenario.yaml -w scenes")
    assert run("scenario deprecate down -w scenes -o json").json["status"] == "deprecated"
    run("scenario delete down -w scenes --yes")


def test_personas() -> None:
    assert run("persona create -", stdin="name: gold\ntraits: {tier: gold}\n").err.startswith("mockops: ")
    run("persona update gold - --merge", stdin="description: d\n")
    [newest, _] = run("version list --name gold -o json").json
    run(f"pin set persona {newest['id']} --name gold -e test")
    assert run("pin list -e test -o json").json[0]["persona"] == "gold"
    run("pin delete persona --name gold -e test --yes")
    assert run("pin set persona x -e test", code=2).err == "mockops: this needs --name\n"
    assert run("persona list").rows[1][0] == "gold"
    assert "tier: gold" in run("persona get gold --document").out
    run("persona bulk -", stdin='[{"action": "update", "id": "gold", "document": {"name": "gold"}}]')
    run("persona delete gold --yes")


def test_environments() -> None:
    run("workspace create envs")
    run("environment create qa -w envs --position 1")
    assert [row[1] for row in run("environment list -w envs").rows[1:]] == ["dev", "qa", "test", "prod"]
    Path("settings.yaml").write_text("seed: 5\n")
    run("environment update qa -w envs --rename qb --settings settings.yaml")
    assert run("environment get qb -w envs -o json").json["settings"] == {"seed": 5}
    run("environment delete qb -w envs --yes")


def test_contracts() -> None:
    run("workspace create pets")
    assert "Pets" in run("contract set api.yaml -w pets").out
    shown = run("contract get -w pets -o json").json
    assert sorted(shown["contract"]["files"]) == ["api.yaml", "pet.yaml"]
    assert run("contract operations -w pets").rows[1][:2] == ["GET", "/pets"]
    assert run("contract list").rows[1][0] == "Pets"
    document = [sys.executable, "-m", "mockops", "contract", "document", "-w", "pets"]
    assert subprocess.run(document, capture_output=True, check=True).stdout.decode() == CONTRACT
    Path("api.yaml").write_text(CONTRACT.replace("fine", "better"))
    assert "not saved" in run("contract reimport api.yaml -w pets --dry-run").out
    assert run("contract reimport api.yaml -w pets -o json").json["is_saved"] is True
    run("contract delete -w pets --yes")
    assert "no contract" in run("contract get -w pets", code=1).err
    bad = run("contract set - -w pets", stdin="openapi: [", code=1)
    assert "mockops: " in bad.err
    assert "cannot be read" in run("contract set absent.yaml -w pets", code=1).err


def test_people_and_teams() -> None:
    run("workspace create crew")
    run("team create red --title Red")
    run("team update red --rename blue --title Blue")
    assert run("team list").rows[1][:2] == ["blue", "Blue"]
    assert run("team get blue -o json").json["title"] == "Blue"
    run("member create ada@example.com --role editor --team blue")
    run("member update ada@example.com --name Ada")
    assert run("member list --role editor").rows[1] == ["ada@example.com", "Ada", "editor", "blue", "no"]
    assert run("member get ada@example.com -o json").json["teams"] == ["blue"]
    run("member set-role ada@example.com approver -w crew")
    assert run("member roles -w crew").rows[1][2] == "approver"
    run("member unset-role ada@example.com -w crew")
    done = run("member bulk -", stdin="- {action: delete, id: ada@example.com}\n")
    assert "1 done" in done.out
    run("team delete blue --yes")
    assert run("member create nonsense", code=1).err.startswith("mockops: ")


def test_a_token_is_told_once_and_a_secret_never(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = run("token create ci --role viewer --expires never -o json")
    assert "once" in made.err
    text = made.json["token"]
    assert text not in run("token list -o json").out + run(f"token get {made.json['id']}").out
    assert run(f"me --token {text} -o json").json["name"] == "ci"
    denied = run(f"workspace create no --token {text}", code=1)
    assert "editor" in denied.err
    run(f"token delete {made.json['id']} --yes")
    assert "--token" in run(f"me --token {text}", code=1).err
    kept = run("secret set UPSTREAM", stdin="s3cret\n")
    assert "s3cret" not in kept.out + kept.err
    assert run("secret list").rows[1][0] == "UPSTREAM"
    assert run("secret get UPSTREAM -o json").json["version"] == 1
    assert "empty" in run("secret set UPSTREAM", stdin="\n", code=2).err
    run("secret delete UPSTREAM --yes")


def test_organizations(tmp_path: Path) -> None:
    run("org create acme --title Acme --environment one")
    run("org update acme --title ACME")
    assert run("org get acme -o json").json["title"] == "ACME"
    assert "acme" in run("org list").out
    run("workspace create theirs --org acme")
    assert run("environment list -w theirs --org acme -o json").json[0]["name"] == "one"
    assert run("workspace get theirs", code=1).out == ""
    run("workspace delete theirs --org acme --yes")
    run("org delete acme --yes")


def test_a_project_goes_to_the_organization_that_it_names() -> None:
    run("org create globex")
    Path("workspaces/hi/stubs").mkdir(parents=True)
    Path("mockops.yaml").write_text("name: p\norg: globex\n")
    Path("workspaces/hi/workspace.yaml").write_text("name: hi\n")
    run("apply --yes")
    assert run("workspace list --org globex -o json").json[0]["name"] == "hi"
    assert "hi" not in [each["name"] for each in run("workspace list --all -o json").json]
    assert "4 unchanged" in run("plan").out


def test_events() -> None:
    run("workspace create told")
    sent = ["event", "send", "com.x", "--source", "/s", "--data", '{"n": 1}', "-w", "told", "--id", "e1", "-o", "json"]
    result = CliRunner().invoke(app, sent)
    assert json.loads(result.stdout) == [{"id": "e1", "source": "/s", "is_new": True}]
    event = run("event get e1 -o json").json
    assert (event["data"], event["workspace"]) == ({"n": 1}, "told")
    run("event send --file -", stdin=json.dumps({"specversion": "1.0", "id": "e2", "source": "/s", "type": "com.y"}))
    listed = run("event list --type com.* --since 5m --oldest-first")
    assert [row[2] for row in listed.rows[1:]] == ["com.x", "com.y"]
    lines = run(f"event stream --type com.* --after {event['sequence'] - 1} --limit 2 -o json").out.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["e1", "e2"]
    assert "--source" in run("event send com.x", code=2).err
    assert "time zone" in run("event list --since 2026-01-01T00:00:00", code=2).err


def test_audit_gateways_and_traffic() -> None:
    run("workspace create audited --title x")
    entries = run("audit list --action workspace.created --limit 1 -o json").json
    assert entries[0]["after"]["name"] == "audited"
    assert run("gateway list --with-gone").rows == [
        ["NAME", "LIVE", "REVISION", "WORKERS", "VERSION", "SEEN", "PROBLEMS"]
    ]
    assert run("gateway wait --revision 1 -o json").json["is_complete"] is True
    assert run("gateway problems -o json").json == []
    assert run("traffic counts --by workspace --by status -o json").json == []
    assert run("traffic samples --status 5xx --since 1h -o json").json == []


def test_traffic_is_followed(url: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "mockops", "traffic", "stream", "--all"], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert process.stderr.readline() == f"mockops: following the traffic of {url}\n"
    process.send_signal(2)
    process.communicate(timeout=30)
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("format", "name", "count"), [("postman", "petstore.postman_collection.json", 10), ("auto", "shop.har", 10)]
)
def test_files_of_other_tools_go_to_the_server(format: str, name: str, count: int) -> None:
    home = f"imported-{format}"
    run(f"workspace create {home}")
    assert "would be" in run(f"import {format} {DATA / name} -w {home} --dry-run").out
    report = run(f"import {format} {DATA / name} -w {home} -o json").json
    assert len(report["created"]) == len(run(f"stub list -w {home} --all -o json").json) > 0
    again = run(f"import {format} {DATA / name} -w {home}")
    assert f"{len(report['created'])} unchanged" in again.out
    assert not list(Path().glob("workspaces"))
    assert "--workspace" in run(f"import {format} {DATA / name} --dry-run", code=2).err
    assert "no such workspace" in run(f"import {format} {DATA / name} -w absent", code=1).err


def test_without_a_server_the_exit_code_is_4() -> None:
    found = run("workspace list --server http://127.0.0.1:1", code=4)
    assert "mockops up" in found.err
    assert found.err.count("\n") == 1
    assert run("workspace list --server nonsense", code=2).err.startswith("mockops: ")


def test_names_of_workspaces_are_completed() -> None:
    from mockops.cli.nouns.inputs import complete_workspaces

    run("workspace create complete-me")
    assert complete_workspaces("complete-") == ["complete-me"]
    environment = {
        "_MOCKOPS_COMPLETE": "complete_bash",
        "COMP_WORDS": "mockops workspace get complete-",
        "COMP_CWORD": "3",
    }
    import os

    done = subprocess.run(
        [str(Path(sys.executable).with_name("mockops"))],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["complete-me"]


def test_what_a_server_says_cannot_steer_a_terminal(url: str) -> None:
    with MockOps(url) as api:
        api.workspaces.create("steering", title="\x1b[2Jboo")
    printed = run("workspace list -q boo").out + run("workspace get steering").out
    assert ("\x1b" in printed, "\\u001b[2Jboo" in printed) == (False, True)


def test_help_is_quick_and_loads_no_command() -> None:
    code = """
import sys
sys.argv = ["mockops", "--help"]
from mockops.cli import main
try:
    main()
finally:
    heavy = ("mockops.cli.nouns", "mockops.client", "mockops.wiring.serve", "httpx2", "rich.console")
    print([name for name in sys.modules if name.startswith(heavy)])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "[]"
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


def test_a_name_that_is_almost_right_is_found() -> None:
    assert "Did you mean 'workspace'" in run("workspac list", code=2).err


def commands() -> Iterator[tuple[str, Any]]:
    root = typer.main.get_command(app)
    for name in COMMANDS:
        command = root.commands[name]  # type: ignore[attr-defined]
        yield name, command
        for inner, each in getattr(command, "commands", {}).items():
            yield f"{name} {inner}", each


NOUNS = {name for name, each in COMMANDS.items() if ".nouns." in each.place} | {"me"}


@pytest.mark.parametrize(("name", "command"), [pytest.param(*each, id=each[0]) for each in commands()])
def test_every_command_explains_itself(name: str, command: Any) -> None:
    assert command.help
    shown = CliRunner().invoke(app, [*name.split(), "--help"])
    assert shown.exit_code == 0
    if name.split()[0] in NOUNS and (" " in name or name == "me"):
        assert f"Example: mockops {name}" in " ".join(command.help.split()) or "| mockops " in command.help
        options = {option for parameter in command.params for option in parameter.opts}
        assert {"--output", "--server", "--token", "--org"} <= options
        assert ("--limit" in options) == ("--all" in options)
        if name.endswith(" list"):
            assert "--limit" in options
        if "delete" in name:
            assert "--yes" in options
