"""The command itself: options, exit codes, careless inputs, how it ends."""

from __future__ import annotations

import ast
import http.client
import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PETSTORE = ROOT / "examples" / "petstore.yaml"


def run(*arguments: str, cwd: Path = ROOT, environment: dict[str, str] | None = None):
    return subprocess.run(
        [sys.executable, "-m", "mockops", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        timeout=60,
        check=False,
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "petstore.yaml").write_bytes(PETSTORE.read_bytes())
    (tmp_path / "empty.yaml").touch()
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (tmp_path / "nothing").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing"], ["nothing", "nothing to serve"]),
        (["petstor.yaml"], ["petstor.yaml", "no such file", "did you mean petstore.yaml"]),
        (["empty.yaml"], ["empty.yaml:1:1", "empty"]),
        (["picture.png"], ["picture.png", "UTF-8"]),
        (["http://127.0.0.1:1/openapi.yaml"], ["http://127.0.0.1:1/openapi.yaml", "cannot be fetched"]),
        (["http://169.254.169.254/openapi.yaml"], ["169.254.169.254", "metadata"]),
        (["petstore.yaml", "--host", "no-such-host.invalid"], ["no-such-host.invalid", "--host"]),
        (["petstore.yaml", "--tls-cert", "empty.yaml", "--tls-key", "empty.yaml"], ["empty.yaml", "PEM"]),
    ],
)
def test_what_cannot_be_served_is_named_and_exits_1(folder, environment, arguments, words):
    ended = run("serve", *arguments, "--port", "0", "--admin-port", "0", cwd=folder, environment=environment)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    for word in words:
        assert word in ended.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(folder, environment):
    (folder / "petstore.yaml").chmod(0)
    ended = run("serve", "petstore.yaml", cwd=folder, environment=environment)
    assert ended.returncode == 1
    assert "petstore.yaml" in ended.stderr
    assert "ermission denied" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["petstore.yaml", "--port", "70800"], "--port"),
        (["petstore.yaml", "--workers", "0"], "--workers"),
        (["petstore.yaml", "--prot", "1"], "--prot"),
        (["petstore.yaml", "--validation", "maybe"], "--validation"),
        (["petstore.yaml", "--tls-cert", "petstore.yaml"], "--tls-key"),
        ([], "SPEC"),
    ],
)
def test_wrong_usage_is_named_and_exits_2(folder, environment, arguments, word):
    ended = run("serve", *arguments, cwd=folder, environment=environment)
    assert ended.returncode == 2
    assert word in ended.stderr
    assert "Traceback" not in ended.stderr


def test_help_says_what_there_is(environment):
    ended = run("serve", "--help", environment=environment)
    assert ended.returncode == 0
    for word in ("--port", "--watch", "--workers", "--validation", "--seed", "mockops serve petstore.yaml"):
        assert word in ended.stdout


def test_a_port_in_use_is_named_with_the_option_that_changes_it(environment):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for workers in ("1", "2"):
            ended = run("serve", str(PETSTORE), "--port", port, "--workers", workers, environment=environment)
            assert ended.returncode == 1
            assert f"127.0.0.1:{port}" in ended.stderr
            assert "--port" in ended.stderr
        ended = run("serve", str(PETSTORE), "--port", "0", "--admin-port", port, environment=environment)
        assert ended.returncode == 1
        assert "--admin-port" in ended.stderr


def test_a_port_that_another_mockops_shares_among_workers_is_in_use(serve, environment):
    first = serve(PETSTORE, "--workers", "2")
    port = first.url.rpartition(":")[2]
    ended = run("serve", str(PETSTORE), "--port", port, "--workers", "2", environment=environment)
    assert ended.returncode == 1
    assert "--port" in ended.stderr


def test_the_usual_admin_port_gives_way_when_taken(serve):
    first = serve(PETSTORE, admin_port=None)
    second = serve(PETSTORE, admin_port=None)
    assert first.admin != second.admin
    assert first.admin_ask("/health").status == second.admin_ask("/health").status == 200


def test_a_broken_contract_among_good_ones_is_left_out(serve, folder):
    served = serve("petstore.yaml", "empty.yaml", cwd=folder)
    assert served.ask("/pets").status == 200
    served.err.wait(r"empty\.yaml:1:1: error")
    served.err.wait("not served: empty")


def test_files_globs_folders_and_urls_are_served_side_by_side(serve, folder):
    (folder / "apis" / "deep").mkdir(parents=True)
    (folder / "apis" / "one.yaml").write_bytes(PETSTORE.read_bytes())
    (folder / "apis" / "deep" / "openapi.yaml").write_bytes(PETSTORE.read_bytes())
    (folder / "apis" / "part.yaml").write_text("type: object\n")
    (folder / "glob-a.yaml").write_bytes(PETSTORE.read_bytes())
    (folder / "glob-b.yaml").write_bytes(PETSTORE.read_bytes())
    (folder / "web").mkdir()
    (folder / "web" / "remote.yaml").write_bytes(PETSTORE.read_bytes())

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def __init__(self, *args, **kwargs):
            super().__init__(*args, directory=str(folder / "web"), **kwargs)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{web.server_address[1]}/remote.yaml"
        served = serve("petstore.yaml", "apis", "glob-*.yaml", url, cwd=folder)
        names = served.ask("/").json["targets"]
        web.shutdown()
    assert sorted(names) == ["deep", "glob-a", "glob-b", "one", "petstore", "remote"]
    for name in names:
        assert served.ask(f"/@{name}/pets/7").json["id"] == 7


@pytest.mark.parametrize(("mode", "status"), [("enforce", 400), ("warn", 200), ("off", 200)])
def test_validation_is_chosen(serve, mode, status):
    served = serve(PETSTORE, "--validation", mode)
    answer = served.ask("/pets?limit=1000")
    assert answer.status == status
    assert ("mockops-violations" in answer.headers) is (mode == "warn")


def test_the_same_seed_gives_the_same_bytes_in_two_processes(serve):
    path, wish = "/pets/42", {"Prefer": "dynamic=true"}
    first, second, other = (serve(PETSTORE, "--seed", seed) for seed in ("7", "7", "8"))
    answers = [served.ask(path, **wish).body for served in (first, second, other)]
    assert answers[0] == answers[1] != answers[2]


def test_stateful_finds_again_what_was_posted(serve):
    served = serve(PETSTORE, "--stateful")
    made = served.ask("/pets", method="POST", body={"name": "Odd", "kind": "dog"}, X_API_Key="k", Api_Key="k")
    assert made.status == 201, made.body
    pet = made.json["id"]
    assert served.ask(f"/pets/{pet}").json["name"] == "Odd"


SLOW = """
name: slow
contract: contract.yaml
"""
SLOW_STUB = """
id: slow
match: {method: GET, path: /slow}
respond: {text: patience}
delay: DELAY
"""


@pytest.fixture
def slow(tmp_path):
    """Make a workspace whose /slow takes its time."""

    def make(delay: str):
        (tmp_path / "stubs").mkdir()
        (tmp_path / "workspace.yaml").write_text(SLOW)
        (tmp_path / "contract.yaml").write_bytes(PETSTORE.read_bytes())
        (tmp_path / "stubs" / "slow.yaml").write_text(SLOW_STUB.replace("DELAY", delay))
        return tmp_path

    return make


def _begin(served, eventually):
    """Ask for the slow answer, and return once it is under way."""
    connection = served.connect()
    connection.request("GET", "/slow")
    open_now = "mockops_open_connections 1"
    eventually(lambda: open_now in served.admin_ask("/metrics").body.decode())
    return connection


def _ask_slowly(port: int) -> socket.socket:
    """Send two requests in one piece and read the first answer: then the second, slow one is surely under way."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    head = b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    connection.sendall(b"GET /pets/1" + head + b"GET /slow" + head)
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    assert answer.read()
    return connection


@pytest.mark.parametrize("workers", ["1", "2"])
def test_sigterm_lets_an_answer_under_way_finish(serve, slow, workers):
    served = serve(slow("1500ms"), "--workers", workers)
    port = int(served.url.rpartition(":")[2])
    waiting = [_ask_slowly(port) for _ in range(6)]
    started = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    for connection in waiting:
        with connection, http.client.HTTPResponse(connection) as answer:
            answer.begin()
            assert answer.headers["Connection"] == "close"
            assert answer.read() == b"patience"
    assert served.process.wait(30) == 0
    assert time.monotonic() - started < 8
    with pytest.raises(ConnectionRefusedError):
        served.connect().connect()


def test_a_second_interrupt_ends_it_at_once(serve, slow, eventually):
    served = serve(slow("60s"))
    _begin(served, eventually)
    served.process.send_signal(signal.SIGINT)

    def is_refused() -> bool:
        try:
            socket.create_connection(("127.0.0.1", int(served.url.rpartition(":")[2])), timeout=5).close()
        except ConnectionError:
            return True
        return False

    eventually(is_refused)
    started = time.monotonic()
    assert served.stop(signal.SIGINT) == 130
    assert time.monotonic() - started < 2


FRAMEWORKS = ("fastapi", "pydantic", "starlette", "sqlalchemy", "dbos")
SERVING = """
import sys, threading, urllib.request
from mockops.wiring import serve
from mockops.cli import main

def ask(gateway, address, admin, **rest):
    def work():
        for place, path in ((address, "/pets"), (admin, "/state"), (admin, "/openapi.json"), (admin, "/metrics")):
            with urllib.request.urlopen("http://%s:%d%s" % (*place, path)) as answer:
                answer.read()
        print(sorted({name.partition(".")[0] for name in sys.modules}), flush=True)
        import os, signal
        os.kill(os.getpid(), signal.SIGTERM)
    threading.Thread(target=work).start()

serve.banner = ask
sys.argv = ["mockops", "serve", sys.argv[1], "--port", "0", "--admin-port", "0"]
main()
"""


def modules_of(code: str, environment: dict[str, str]) -> list[str]:
    command = [sys.executable, "-c", code, str(PETSTORE)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, timeout=60)
    return ast.literal_eval(ended.stdout)


def test_a_gateway_at_work_has_loaded_no_framework(environment):
    loaded = modules_of(SERVING, environment)
    assert "mockops" in loaded
    assert "uvloop" in loaded
    assert [name for name in (*FRAMEWORKS, "typer", "rich", "mimesis", "watchfiles") if name in loaded] == []


def test_a_follower_needs_no_command_line(environment):
    code = "import sys, mockops.wiring.worker; print(sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = modules_of(code, environment)
    assert "mockops" in loaded
    assert [name for name in (*FRAMEWORKS, "typer", "click", "rich", "watchfiles") if name in loaded] == []


STARTED = """
import os, sys
from mockops.cli import main
from mockops.wiring import serve

def note(*args, **rest):
    print(sorted(sys.modules), flush=True)
    os._exit(0)

serve.banner = note
sys.argv = ["mockops", "serve", sys.argv[1], "--port", "0", "--admin-port", "0"]
main()
"""
LATER = (
    "http.client",
    "importlib.metadata",
    "jinja2",
    "jsonpath_rfc9535",
    "jsonschema_rs",
    "mimesis",
    "mockops.contracts.importers.openapi",
    "mockops.gateway.admin",
    "mockops.gateway.workers",
    "mockops.mocking.importers",
    "multiprocessing",
    "rich",
    "typer",
    "watchfiles",
    "yaml",
)


def test_a_gateway_is_ready_before_it_loads_what_few_answers_need(environment):
    modules_of(STARTED, environment)  # compiles the contract, for which importers are needed
    loaded = modules_of(STARTED, environment)
    assert [name for name in LATER if name in loaded] == []
