"""`--watch`: edits are served within a second, mistakes are named and never served."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest

WITHIN_S = 5.0
"""A second is promised; machines that run tests are busy."""


@pytest.fixture
def api(tmp_path, write_contract):
    write_contract(tmp_path / "words.yaml", "word-0")
    return tmp_path / "words.yaml"


class Hammer:
    """A client that asks on and on over one connection."""

    def __init__(self, url: str) -> None:
        self.answers: list[bytes] = []
        self.errors: list[object] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(urlsplit(url).netloc,))
        self._thread.start()

    def _work(self, place: str) -> None:
        connection = http.client.HTTPConnection(place, timeout=30)
        try:
            connection.connect()
            first = connection.sock
            while not self._is_over.is_set():
                connection.request("GET", "/word")
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != 200 or connection.sock is not first:
                    self.errors.append((answer.status, body))
                if not self.answers or self.answers[-1] != body:
                    self.answers.append(body)
        except Exception as error:
            self.errors.append(error)
        finally:
            connection.close()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join(30)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_no_connection_notices_twenty_edits(serve, api, write_contract, eventually, workers):
    served = serve(api, "--watch", "--workers", workers)
    hammer = Hammer(served.url)
    try:
        eventually(lambda: hammer.answers)
        for edit in range(1, 21):
            write_contract(api, f"word-{edit}")
            eventually(lambda edit=edit: served.ask("/word").json == f"word-{edit}", WITHIN_S)
        eventually(lambda: hammer.errors or hammer.answers[-1:] == [b'"word-20"'], WITHIN_S)
    finally:
        hammer.stop()
    assert hammer.errors == []
    assert hammer.answers[0] == b'"word-0"'


def test_an_edit_is_seen_soon_and_what_was_added_stays(serve, api, write_contract, eventually):
    served = serve(api, "--watch")
    stub = {"match": {"method": "GET", "path": "/added"}, "respond": {"text": "still here"}}
    assert served.admin_ask("/api/v1/stubs", method="POST", body=stub).status == 201
    on = served.connect()
    took = []
    for edit in range(1, 4):
        write_contract(api, f"edit-{edit}")
        started = time.monotonic()
        eventually(lambda edit=edit: served.ask("/word", on=on).json == f"edit-{edit}", WITHIN_S)
        took.append(time.monotonic() - started)
    assert min(took) < 1.0
    assert served.ask("/added", on=on).body == b"still here"


def test_a_broken_edit_is_named_and_not_served(serve, api, write_contract, eventually):
    served = serve(api, "--watch")
    assert served.ask("/word").json == "word-0"
    api.write_text("openapi: 3.1.0\npaths:\n  /word: [unclosed\n")
    served.err.wait(r"words\.yaml:\d+:\d+: error")
    served.err.wait("words: not reloaded, the last good version is served")
    assert served.ask("/word").json == "word-0"
    api.unlink()
    served.err.wait(r"there is no file .*words\.yaml")
    assert served.ask("/word").json == "word-0"
    write_contract(api, "mended")
    eventually(lambda: served.ask("/word").json == "mended", WITHIN_S)
    served.out.wait("reloaded words")


def test_files_come_and_go_in_a_served_folder(serve, api, write_contract, eventually):
    folder = api.parent
    served = serve(folder, "--watch")
    assert served.ask("/word").json == "word-0"
    write_contract(folder / "other.yaml", "another")
    eventually(lambda: served.ask("/@other/word").status == 200, WITHIN_S)
    assert served.ask("/@words/word").json == "word-0"
    served.out.wait("added other")
    (folder / "sub").mkdir()
    write_contract(folder / "sub" / "third.yaml", "a third")
    eventually(lambda: served.ask("/@third/word").status == 200, WITHIN_S)
    (folder / "other.yaml").unlink()
    eventually(lambda: served.ask("/@other/word").status == 404, WITHIN_S)
    served.out.wait("removed other")


def test_a_glob_takes_in_new_files(serve, api, write_contract, eventually):
    served = serve("*.yaml", "--watch", cwd=api.parent)
    assert served.ask("/word").json == "word-0"
    write_contract(api.parent / "later.yaml", "later")
    eventually(lambda: served.ask("/@later/word").status == 200, WITHIN_S)


def test_a_broken_workspace_file_keeps_what_was_served(serve, api, write_contract, eventually):
    home = api.parent / "workspaces" / "words"
    (home / "stubs").mkdir(parents=True)
    write_contract(home / "contract.yaml", "from the contract")
    (home / "workspace.yaml").write_text("name: words\n")
    (api.parent / "mockops.yaml").write_text("name: project\n")
    served = serve(api.parent, "--watch")
    assert served.ask("/word").json == "from the contract"
    (home / "workspace.yaml").write_text("name: [words\n")
    served.err.wait(r"workspace\.yaml.*not reloaded")
    assert served.ask("/word").json == "from the contract"
    (home / "workspace.yaml").write_text("name: words\n")
    (home / "stubs" / "new.yaml").write_text(
        "id: new\nmatch: {method: GET, path: /word}\nrespond: {json: from a stub}\n"
    )
    eventually(lambda: served.ask("/word").json == "from a stub", WITHIN_S)
    (home / "stubs" / "new.yaml").write_text("id: new\nmatch: {methud: GET}\n")
    served.err.wait(r"new\.yaml:2:\d+: error")
    assert served.ask("/word").json == "from a stub"


def test_a_port_of_its_own_follows_the_settings(serve, api, write_contract, eventually):
    home = api.parent / "alone"
    home.mkdir()
    write_contract(home / "contract.yaml", "alone")
    (home / "workspace.yaml").write_text("name: alone\n")
    served = serve(home, "--watch")
    assert served.ask("/word").json == "alone"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (home / "workspace.yaml").write_text(f"name: alone\nsettings: {{listen: {port}}}\n")
    own = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return served.ask("/word", base=own).json == "alone"
        except ConnectionError:
            return False

    eventually(answers, WITHIN_S)
    (home / "workspace.yaml").write_text("name: alone\n")
    eventually(lambda: not answers(), WITHIN_S)
