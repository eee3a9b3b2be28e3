"""`mockops init|plan|apply|pull|export` against a small server that keeps what it is sent, over real sockets."""

from __future__ import annotations

import json
import shutil
import threading
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from mockops.cli.app import app
from mockops.cli.failures import explain
from mockops.contracts.rules.bundles import bundle_digest
from mockops.core.errors import MockOpsError
from mockops.core.problems import problem
from mockops.workspaces.model.projects import (
    Applied,
    ApplyRequest,
    Item,
    Plan,
    PlanRequest,
    ProjectState,
)
from mockops.workspaces.rules.entries import entries_of
from mockops.workspaces.rules.plan import brief, plan

replace = msgspec.structs.replace
SHOP = Path(__file__).parents[2] / "examples" / "shop"


class Control:
    """Plans truly; applies by taking the files' state whole, which is right while nobody edits it."""

    def __init__(self):
        self.state = ProjectState()
        self.base = {}
        self.bundles = {}
        self.uploads = 0
        self.applies = 0
        self.tokens = set()
        self.changes_meanwhile = False

    def answer(self, method, path, body):
        route = (method, path.partition("?")[0].removeprefix("/api/v1/"))
        match route:
            case ("POST", "contracts/missing"):
                return 200, {"missing": [each for each in json.loads(body)["digests"] if each not in self.bundles]}
            case ("POST", "contracts"):
                return self.upload(json.loads(body))
            case ("POST", "projects/plan"):
                return 200, brief(self.plan(msgspec.json.decode(body, type=PlanRequest)))
            case ("POST", "projects/apply"):
                return self.apply(msgspec.json.decode(body, type=ApplyRequest))
            case ("GET", "projects/export"):
                return 200, self.state
            case ("GET", name) if name.startswith("workspaces/") and path.endswith("/contract/document?format=bundle"):
                [home] = [each for each in self.state.workspaces if each.name == name.split("/")[1]]
                return 200, self.bundles[home.contract.digest]
        return 404, None

    def plan(self, request) -> Plan:
        return plan(self.base, self.state, request.project, prune=request.prune, prefer=request.prefer)

    def upload(self, bundle):
        self.uploads += 1
        if "nonsense" in json.dumps(bundle):
            errors = [{"code": "contract.x", "message": "nonsense", "source": bundle["root"], "line": 3}]
            return 422, json.loads(problem(422, "contract.invalid", "cannot be served", errors=errors))
        hashes = {name: sha256(text.encode()).hexdigest() for name, text in bundle["files"].items()}
        digest = bundle_digest(bundle["root"], hashes)
        self.bundles[digest] = bundle
        return 201, {"digest": digest}

    def apply(self, request):
        made = self.plan(request)
        if self.changes_meanwhile or request.fingerprint not in ("", made.fingerprint):
            return 412, json.loads(problem(412, "workspace.plan_outdated", "the server changed"))
        assert all(each.contract.digest in self.bundles for each in request.project.workspaces if each.contract)
        self.applies += 1
        self.state = request.project
        self.base = {name: entry.digest for name, entry in entries_of(self.state).items()}
        return 200, Applied(plan=brief(made))

    def edit(self, workspace, key, **members):
        """Edit a stub as somebody does in the web UI."""

        def edited(stub):
            return replace(stub, document={**stub.document, **members}) if stub.key == key else stub

        self.state = replace(
            self.state,
            workspaces=tuple(
                replace(each, stubs=tuple(map(edited, each.stubs))) if each.name == workspace else each
                for each in self.state.workspaces
            ),
        )


@pytest.fixture
def control(monkeypatch, tmp_path):
    held = Control()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            held.tokens.add(self.headers.get("Authorization"))
            status, answer = held.answer(self.command, self.path, body)
            content = msgspec.json.encode(answer)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if self.path.endswith("/apply"):
                self.send_header("MockOps-Revision", "7")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815 (the library's names)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("MOCKOPS_SERVER", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("MOCKOPS_TOKEN", "t0ken")
    monkeypatch.setenv("MOCKOPS_CACHE_DIR", str(tmp_path / "cache"))
    yield held
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def shop(tmp_path):
    return Path(shutil.copytree(SHOP, tmp_path / "shop"))


def run(*words):
    """Run a command; return exit code and everything it printed."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(result.exception, MockOpsError):
        return explain(result.exception), f"{result.output}{result.exception}"
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_a_project_is_planned_applied_and_done(control, shop):
    code, printed = run("plan", shop)
    assert code == 0
    assert "+ stub locked-out  workspaces/auth/stubs/locked-out.yaml" in printed
    assert "to create" in printed
    assert control.applies == control.uploads == 0
    assert run("plan", shop, "--detailed-exitcode")[0] == 5
    code, printed = run("apply", shop)
    assert code == 0
    assert "40 created" in printed
    assert "revision 7" in printed
    assert (control.uploads, control.applies) == (4, 1)
    code, printed = run("plan", shop, "--detailed-exitcode")
    assert code == 0
    assert "create" not in printed
    assert run("apply", shop)[0] == 0
    assert control.uploads == 4
    assert control.tokens == {"Bearer t0ken"}


def test_an_edited_file_shows_where_and_from_what_to_what(control, shop):
    run("apply", shop)
    path = shop / "workspaces/payments/stubs/declined-card.yaml"
    path.write_text(path.read_text().replace("402", "409"))
    code, printed = run("plan", shop)
    assert code == 0
    assert "~ stub declined-card" in printed
    assert "~ /respond/status: 402 → 409" in printed
    assert "\x1b" not in printed


def test_an_edit_on_the_server_is_kept_and_pulled_into_its_file_alone(control, shop):
    run("apply", shop)
    control.edit("payments", "declined-card", name="Edited")
    before = {path: path.read_bytes() for path in shop.rglob("*") if path.is_file()}
    assert "= stub declined-card" in run("plan", shop)[1]
    code, printed = run("pull", shop)
    assert code == 0
    changed = [path for path, text in before.items() if path.read_bytes() != text]
    assert changed == [shop / "workspaces/payments/stubs/declined-card.yaml"]
    assert "Edited" in changed[0].read_text()
    assert "1 written, 0 removed" in printed


def test_pulling_leaves_what_was_edited_in_the_files(control, shop):
    run("apply", shop)
    path = shop / "workspaces/payments/stubs/declined-card.yaml"
    path.write_text(text := path.read_text().replace("402", "409"))
    control.edit("payments", "rate-limit", times=3)
    assert run("pull", shop)[0] == 0
    assert path.read_text() == text
    assert "times: 3" in (shop / "workspaces/payments/stubs/rate-limit.yaml").read_text()


def test_what_is_new_on_the_server_is_pulled(control, shop):
    run("apply", shop)
    stub = Item(key="new", document={"id": "new", "match": "/x", "respond": 204}, path="../../../evil.yaml")
    auth = control.state.workspaces[0]
    control.state = replace(
        control.state, workspaces=(replace(auth, stubs=(*auth.stubs, stub)), *control.state.workspaces[1:])
    )
    assert "? stub new" in run("plan", shop)[1]
    assert run("pull", shop)[0] == 0
    assert (shop / "workspaces/auth/stubs/new.yaml").is_file()


def test_a_conflict_stops_everything_until_a_side_is_preferred(control, shop):
    run("apply", shop)
    control.edit("payments", "declined-card", delay="1s")
    path = shop / "workspaces/payments/stubs/declined-card.yaml"
    path.write_text(text := path.read_text().replace("200ms", "300ms"))
    code, printed = run("plan", shop)
    assert code == 3
    assert "! stub declined-card" in printed
    assert '"300ms"' in printed
    assert '"1s"' in printed
    assert run("apply", shop, "--yes")[0] == 3
    assert run("pull", shop)[0] == 3
    assert control.applies == 1
    assert path.read_text() == text
    assert run("apply", shop, "--yes", "--prefer", "files")[0] == 0
    assert control.applies == 2


def test_a_server_that_changes_after_the_plan_is_a_conflict(control, shop):
    control.changes_meanwhile = True
    code, printed = run("apply", shop)
    assert code == 3
    assert "the server changed" in printed


def test_with_errors_nothing_is_sent_and_all_of_them_are_named(control, shop):
    (shop / "workspaces/auth/stubs/locked-out.yaml").write_text("match: GET /nowhere\nrespond: {statsu: 200}\n")
    (shop / "workspaces/payments/workspace.yaml").write_text("name: payments\nenvironments: [dev, Dev, dev]\n")
    code, printed = run("apply", shop)
    assert code == 1
    assert "locked-out.yaml:2" in printed
    assert "workspace.yaml:2" in printed
    assert "'Dev'" in printed
    assert not control.tokens


def test_a_contract_that_the_server_refuses_is_named_by_its_file(control, shop):
    contract = shop / "workspaces/auth/contract.yaml"
    contract.write_text(contract.read_text() + "x-nonsense: nonsense\n")
    code, printed = run("apply", shop)
    assert code == 1
    assert f"{contract}:3: error: nonsense" in printed
    assert control.applies == 0


def test_deleting_without_a_terminal_needs_a_yes(control, shop):
    run("apply", shop)
    (shop / "workspaces/auth/stubs/locked-out.yaml").unlink()
    assert "? stub locked-out" in run("plan", shop)[1]
    code, printed = run("apply", shop, "--prune")
    assert (code, control.applies) == (1, 1)
    assert "--yes" in printed
    assert run("apply", shop, "--prune", "--yes")[0] == 0
    assert "locked-out" not in {stub.key for stub in control.state.workspaces[0].stubs}


@pytest.mark.parametrize("output", ["json", "yaml"])
def test_machines_read_the_same(control, shop, output):
    from mockops.core.documents import read_document

    code, printed = run("plan", shop, "--output", output)
    document = read_document(printed.encode(), f"plan.{output}").data
    assert code == 0
    assert document["counts"] == {"create": len(document["changes"])}
    code, printed = run("apply", shop, "--output", output)
    assert read_document(printed.encode(), f"x.{output}").data["revision"] == 7


def test_secrets_and_control_characters_are_not_printed(control, shop):
    run("apply", shop)
    control.edit("payments", "declined-card", respond={"status": 200, "json": {"api_key": "hunter2", "a": "\x1b[2J"}})
    for output in ("text", "json"):
        printed = run("plan", shop, "--output", output)[1]
        assert "hunter2" not in printed
        assert "\x1b" not in printed


def test_an_export_is_applied_without_a_change(control, shop, tmp_path):
    run("apply", shop)
    control.state = replace(control.state, name="exported")
    folder = tmp_path / "exported"
    assert run("export", folder)[0] == 0
    code, printed = run("plan", folder, "--detailed-exitcode")
    assert (code, "~" in printed) == (0, False)
    code, printed = run("export", folder)
    assert code == 1
    assert "not empty" in printed


def test_no_server_is_exit_code_4(control, shop, monkeypatch):
    monkeypatch.setattr("mockops.client.base._FIRST_WAIT_S", 0.0)
    code, printed = run("plan", shop, "--server", "http://127.0.0.1:9")
    assert code == 4
    assert "mockops up" in printed


def test_what_is_no_project_says_how_to_start_one(control, tmp_path):
    code, printed = run("plan", tmp_path)
    assert code == 1
    assert "neither" in printed


def test_a_new_project_is_right_and_can_be_applied(control, tmp_path):
    folder = tmp_path / "new"
    code, printed = run("init", folder)
    assert code == 0
    assert f"mockops serve {folder}" in printed
    assert run("validate", folder, "--strict")[0] == 0
    assert run("apply", folder)[0] == 0
    assert [stub.key for stub in control.state.workspaces[0].stubs] == ["try-a-stub"]
    assert [persona.key for persona in control.state.personas] == ["regular"]
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert run("init", folder)[0] == 1
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_project_begins_with_contracts_that_are_there(control, tmp_path, shop):
    specs = tmp_path / "specs"
    (specs / "parts").mkdir(parents=True)
    shutil.copy(shop / "workspaces/auth/contract.yaml", specs / "auth.yaml")
    (specs / "refers.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: R, version: '1'}\npaths:\n  /a:\n    get:\n      responses:\n"
        "        '200': {$ref: 'parts/a.yaml#/ok'}\n"
    )
    (specs / "parts/a.yaml").write_text("ok: {description: fine}\n")
    folder = tmp_path / "new"
    assert run("init", folder, "--from", specs / "auth.yaml", "--from", specs / "refers.yaml")[0] == 0
    assert run("validate", folder, "--strict")[0] == 0
    assert (folder / "workspaces/refers/contract/parts/a.yaml").read_text() == "ok: {description: fine}\n"
    assert run("apply", folder)[0] == 0
    assert {each.name for each in control.state.workspaces} == {"auth", "refers"}
