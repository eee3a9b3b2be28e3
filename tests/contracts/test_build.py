"""Contracts are compiled in processes of their own: whatever they hold, the next one is compiled."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING

import psutil
import pytest

from mockops.contracts.model import BuildTooCostly, Bundle, BundleInvalid, ContractInvalid
from mockops.contracts.rules.artefact import Contract
from mockops.contracts.service.build import Builder, BuilderBusy, BuildFailed
from mockops.contracts.service.load import load_contract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PETS = b"""openapi: 3.1.0
info: {title: Pets, version: 1.2.3}
paths:
  /pets:
    get:
      operationId: listPets
      tags: [pets]
      responses:
        '200':
          description: ok
          content:
            application/json:
              schema: {$ref: 'schemas/pets.yaml'}
"""
SCHEMA = b"type: array\nitems: {type: string}\n"


def pets(**files: bytes) -> Bundle:
    return Bundle(root="api.yaml", files={"api.yaml": PETS, "schemas/pets.yaml": SCHEMA, **files})


@pytest.fixture(scope="module")
def builder() -> Iterator[Builder]:
    with Builder(processes=1, timeout_s=20, memory_bytes=700 << 20) as builder:
        yield builder


def children(builder: Builder) -> list[psutil.Process]:
    return [*map(psutil.Process, builder.pids)]


def test_a_bundle_is_compiled_as_a_file_would_be(builder: Builder, tmp_path: Path) -> None:
    built = builder.build(pets())
    assert (built.title, built.version, built.dialect) == ("Pets", "1.2.3", "openapi-3.1")
    assert [entry.key for entry in built.operations] == ["GET /pets"]
    assert built.diagnostics == ()
    assert built.artefact_digest == sha256(built.artefact).hexdigest()
    (tmp_path / "schemas").mkdir()
    (tmp_path / "api.yaml").write_bytes(PETS)
    (tmp_path / "schemas/pets.yaml").write_bytes(SCHEMA)
    assert load_contract(tmp_path / "api.yaml").contract.to_bytes() == built.artefact
    assert Contract.from_bytes(built.artefact, verify=True).operation(0).operation_id == "listPets"


def test_what_is_wrong_has_its_place_in_the_bundle(builder: Builder) -> None:
    built = builder.build(pets(**{"schemas/pets.yaml": b"type: array\nitems:\n  $ref: gone.yaml\n"}))
    (found,) = built.diagnostics
    assert (found.code, found.source, found.pointer) == ("contract.ref_broken", "schemas/pets.yaml", "/items/$ref")
    assert found.line is not None
    with pytest.raises(ContractInvalid) as caught:
        builder.build(Bundle(root="a/b.yaml", files={"a/b.yaml": b"openapi: 3.1.0\nx: [1\ny: 2"}))
    (found,) = caught.value.diagnostics
    assert found.source == "a/b.yaml"
    assert found.line == 3


@pytest.mark.parametrize(
    "reference", ["/etc/hostname", "../../etc/hostname", "file:///etc/hostname", "https://x.test/a"]
)
def test_nothing_outside_of_the_bundle_is_read(builder: Builder, reference: str) -> None:
    root = PETS.replace(b"schemas/pets.yaml", reference.encode())
    (found,) = builder.build(pets(**{"api.yaml": root})).diagnostics
    assert found.code == "contract.ref_broken"
    assert "bundle" in found.message


def test_what_is_no_bundle_reaches_no_process(builder: Builder) -> None:
    with pytest.raises(BundleInvalid):
        builder.build(Bundle(root="../a", files={"../a": b""}))


def bomb() -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return ("openapi: 3.1.0\n" + "\n".join(lines)).encode()


HOSTILE = {
    "yaml-bomb": bomb(),
    "deep-json": b'{"openapi": "3.1.0", "x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "deep-yaml": b"openapi: 3.1.0\nx: " + b"[" * 100_000 + b"]" * 100_000,
    "not-utf8": b"openapi: \xff\xfe",
    "empty": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_are_refused_and_the_next_is_compiled(builder: Builder, name: str) -> None:
    with pytest.raises((ContractInvalid, BuildTooCostly)) as caught:
        builder.build(Bundle(root="x.yaml", files={"x.yaml": HOSTILE[name]}))
    assert caught.value.diagnostics[0].source == "x.yaml"
    assert builder.build(pets()).operations


def test_a_schema_that_nests_deeply_is_refused_or_compiled(builder: Builder) -> None:
    schema: object = {"type": "string"}
    for _ in range(240):
        schema = {"type": "array", "items": schema}
    document = json.loads('{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}')
    content = {"application/json": {"schema": schema}}
    document["paths"]["/a"] = {"get": {"responses": {"200": {"description": "", "content": content}}}}
    assert builder.build(Bundle(root="x.json", files={"x.json": json.dumps(document).encode()})).operations


def test_memory_is_bounded(builder: Builder) -> None:
    heavy = b'{"openapi": "3.1.0", "x": [' + b"{}," * (8 << 20) + b"{}]}"
    with pytest.raises(BuildTooCostly, match="more memory than 700 MiB") as caught:
        builder.build(Bundle(root="x.json", files={"x.json": heavy}))
    assert caught.value.code == "contract.too_costly"
    assert builder.build(pets()).operations


def _large(paths: int) -> Bundle:
    responses = {str(code): {"description": "text"} for code in range(200, 240)}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {f"/p{number}": {"get": {"responses": responses}} for number in range(paths)},
    }
    return Bundle(root="large.json", files={"large.json": json.dumps(document).encode()})


def test_time_is_bounded() -> None:
    with Builder(processes=1, timeout_s=0.05) as builder:
        with pytest.raises(BuildTooCostly, match=r"longer than 0\.05 s"):
            builder.build(_large(5_000))
        assert children(builder) == []  # it was ended, not left to itself


def test_an_artefact_that_is_too_large_is_refused() -> None:
    with Builder(processes=1, artefact_bytes=1_000) as builder:
        with pytest.raises(BuildTooCostly, match="larger than 1,000 bytes"):
            builder.build(_large(100))
        assert builder.build(Bundle(root="api.yaml", files={"api.yaml": PETS[:58] + b"paths: {}"})).operations == ()


@pytest.mark.parametrize(
    ("number", "error", "text"),
    [
        (signal.SIGSEGV, BuildFailed, "SIGSEGV"),
        (signal.SIGXCPU, BuildTooCostly, "longer than"),
        (signal.SIGKILL, BuildTooCostly, "memory"),
    ],
)
def test_a_process_that_dies_costs_its_contract_and_nothing_else(
    number: signal.Signals, error: type[Exception], text: str
) -> None:
    with Builder(processes=1) as builder, ThreadPoolExecutor(1) as threads:
        builder.build(pets())
        (process,) = children(builder)
        process.suspend()
        lost = threads.submit(builder.build, pets())
        while builder.working == 0:
            pass
        os.kill(process.pid, number)
        with contextlib.suppress(psutil.NoSuchProcess):
            process.resume()
        with pytest.raises(error, match=text):
            lost.result(timeout=20)
        assert builder.build(pets()).operations
        assert [each.pid for each in children(builder)] != [process.pid]


def test_a_process_that_died_while_it_had_nothing_to_do_costs_nothing() -> None:
    with Builder(processes=1) as builder:
        builder.build(pets())
        (process,) = children(builder)
        process.kill()
        while process.status() != psutil.STATUS_ZOMBIE:
            pass
        assert builder.build(pets()).operations
        assert process.pid not in builder.pids


def test_no_process_outlives_whoever_started_it() -> None:
    script = (
        "import sys\n"
        "from mockops.contracts.model import Bundle\n"
        "from mockops.contracts.service.build import Builder\n"
        "builder = Builder(processes=1)\n"
        "builder.build(Bundle(root='a.yaml', files={'a.yaml': b'openapi: 3.1.0'}))\n"
        "print(*builder.pids, flush=True)\n"
        "sys.stdin.read()\n"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", script], stdin=pipe, stdout=pipe) as owner:
        assert owner.stdout is not None
        worker = psutil.Process(int(owner.stdout.readline()))
        owner.kill()
    gone, _ = psutil.wait_procs([worker], timeout=10)
    assert gone == [worker]


def test_processes_are_used_again_and_end_with_the_builder() -> None:
    with Builder(processes=2) as builder, ThreadPoolExecutor(6) as threads:
        built = [*threads.map(lambda _: builder.build(pets()), range(24))]
        assert len({each.artefact for each in built}) == 1
        running = children(builder)
        assert 1 <= len(running) <= 2
    psutil.wait_procs(running, timeout=10)
    assert not any(process.is_running() for process in running)
    with pytest.raises(BuilderBusy, match="shutting down"):
        builder.build(pets())


def test_too_many_waiting_are_refused_at_once() -> None:
    with Builder(processes=1, max_waiting=1) as builder, ThreadPoolExecutor(2) as threads:
        builder.build(pets())
        (process,) = children(builder)
        process.suspend()
        waiting = [threads.submit(builder.build, pets()) for _ in range(2)]
        refused = threading.Event()
        while not refused.is_set():
            if builder.waiting == 1:
                with pytest.raises(BuilderBusy, match="1 contracts are waiting"):
                    builder.build(pets())
                refused.set()
        process.resume()
        assert all(each.result(timeout=20).operations for each in waiting)


def test_nobody_waits_for_ever() -> None:
    with Builder(processes=1, wait_s=0.05) as builder, ThreadPoolExecutor(1) as threads:
        builder.build(pets())
        (process,) = children(builder)
        process.suspend()
        first = threads.submit(builder.build, pets())
        while builder.working == 0:
            pass
        with pytest.raises(BuilderBusy, match="in time"):
            builder.build(pets())
        process.resume()
        assert first.result(timeout=20).operations


def test_closing_tells_those_who_are_being_served() -> None:
    with ThreadPoolExecutor(1) as threads:
        builder = Builder(processes=1)
        builder.build(pets())
        (process,) = children(builder)
        process.suspend()
        lost = threads.submit(builder.build, pets())
        while builder.working == 0:
            pass
        builder.close()
        with pytest.raises(BuilderBusy, match="shutting down"):
            lost.result(timeout=20)
        assert children(builder) == []
