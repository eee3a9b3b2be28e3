"""Asks a gateway for every operation of real contracts, and checks what it answers.

python bench/corpus.py [--corpus DIR] [--output REPORT] [--every N] [--most N] [--seed N]

For each contract: load it, serve it on a real socket, send a valid request for every operation, and check that the
status is a declared success and that the body conforms to the schema declared for that status and media type. Writes
REPORT.json and REPORT.md with totals for each API, and every operation that failed with its reason.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import os
import sys
import threading
import time
from collections import Counter
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from contracts import unpacked
from mockops.contracts.model import ContractInvalid
from mockops.contracts.rules.direction import standalone_schema
from mockops.contracts.rules.validators import compile_schema
from mockops.contracts.service.load import load_contract
from mockops.core.clock import SystemClock
from mockops.core.errors import MockOpsError
from mockops.gateway.gateway import Gateway
from mockops.gateway.handler import MockHandler
from mockops.gateway.http.server import Server
from mockops.infra.loop import find_loop_factory
from mockops.mocking.rules.bodies.encode import is_json, is_xml
from mockops.mocking.rules.bodies.xml_read import XmlUnreadable, read_xml
from mockops.mocking.rules.negotiate.accept import matches
from mockops.mocking.rules.samples import SampleImpossible, Sampler
from mockops.publishing.model import Snapshot, TargetSnapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockops.contracts.model import MediaType, Operation, Response
    from mockops.contracts.rules.artefact import Contract
    from mockops.core.exchange import Request

TIMEOUT_S = 30
TARGET = "corpus"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One operation that did not go well."""

    operation: str
    kind: str
    """`request` (no valid one exists), `status`, `media_type`, `body`, `response` (none conforms) or `error`."""
    reason: str


class ApiReport(msgspec.Struct, kw_only=True):
    """One contract."""

    name: str
    operations: int = 0
    passed: int = 0
    bodies: int = 0
    """How many bodies were held against a schema."""
    load_s: float = 0.0
    run_s: float = 0.0
    not_loaded: str = ""
    """Why the contract cannot be served; empty: it can."""
    is_empty: bool = False
    """It is served by nobody: it declares no operation, or is no contract at all."""
    failures: list[Failure] = msgspec.field(default_factory=list)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int
    content_type: str
    body: bytes


class Served:
    """A gateway on a real socket, in a thread of its own."""

    def __init__(self) -> None:
        self._gateway = Gateway(clock=SystemClock(), journal_bytes=0)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.port = 0
        started: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        self.port = started.result(TIMEOUT_S)

    def _run(self, started: Future[int]) -> None:
        with asyncio.Runner(loop_factory=find_loop_factory()) as runner:
            runner.run(self._serve(started))

    async def _serve(self, started: Future[int]) -> None:
        self._stop = asyncio.Event()
        handler = MockHandler(self._gateway)
        self._gateway.attach(handler)
        server = Server(handler, clock=SystemClock())
        _, port = await server.listen("127.0.0.1", 0)
        self._loop = asyncio.get_running_loop()
        started.set_result(port)
        await self._stop.wait()
        await server.close(drain_s=0.0)

    def serve(self, contract: Contract) -> None:
        """Serve one contract and nothing else from now on."""
        assert self._loop is not None
        snapshot = Snapshot(targets=(TargetSnapshot(name=TARGET, contract=contract.to_bytes()),))
        done: Future[None] = Future()

        def apply() -> None:
            try:
                self._gateway.apply(snapshot)
                done.set_result(None)
            except BaseException as error:
                done.set_exception(error)

        self._loop.call_soon_threadsafe(apply)
        done.result(TIMEOUT_S)

    def stop(self) -> None:
        """Stop serving."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(TIMEOUT_S)


@contextmanager
def served() -> Iterator[Served]:
    """Serve for as long as the block lasts."""
    server = Served()
    try:
        yield server
    finally:
        server.stop()


class Client:
    """Sends requests over one connection, and opens another when it is closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: http.client.HTTPConnection | None = None

    def send(self, request: Request) -> Answer:
        """Send a request and return the answer; raises OSError or HTTPException."""
        connection = self._connection or http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_S)
        self._connection = None
        target = request.path + (f"?{request.query_string}" if request.query_string else "")
        connection.putrequest(request.method, target, skip_accept_encoding=True)
        # Said in a header, for contracts whose own paths begin with `/@`.
        connection.putheader("mockops-target", TARGET)
        for name, value in request.headers:
            connection.putheader(name, value)
        if request.body or request.method in ("POST", "PUT", "PATCH"):
            connection.putheader("content-length", str(len(request.body)))
        connection.endheaders(request.body or None)
        response = connection.getresponse()
        body = response.read()
        answer = Answer(status=response.status, content_type=response.getheader("content-type") or "", body=body)
        if response.will_close:
            connection.close()
        else:
            self._connection = connection
        return answer

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()


def declared_for(operation: Operation, status: int) -> Response | None:
    """Return the response that a contract declares for a status: exact, by range, or the default."""
    by_status = {response.status.upper(): response for response in operation.responses}
    return by_status.get(str(status)) or by_status.get(f"{status // 100}XX") or by_status.get("DEFAULT")


def check_answer(operation: Operation, answer: Answer) -> tuple[Failure | None, bool]:
    """Return what is wrong with an answer, and whether its body was held against a schema."""

    def failed(kind: str, reason: str) -> Failure:
        return Failure(operation=operation.key, kind=kind, reason=reason[:600])

    response = declared_for(operation, answer.status)
    has_success = any(one.status[:1] == "2" for one in operation.responses)
    if response is None and not has_success and 200 <= answer.status < 300:
        return None, False  # nothing is promised for success, so nothing is broken
    # Some operations promise redirects alone, a few nothing but errors.
    is_said = any(one.status == str(answer.status) for one in operation.responses)
    if response is None or not (200 <= answer.status < 300 or (is_said and not has_success)):
        kind = "response" if b"mocking.schema_unsatisfiable" in answer.body else "status"
        return failed(kind, f"status {answer.status}: {answer.body[:500].decode('utf-8', 'replace')}"), False
    if operation.method == "HEAD" or not response.content or answer.status in (204, 205, 304):
        return None, False
    kind = answer.content_type.partition(";")[0].strip().lower()
    media = max(response.content, key=lambda one: matches(one.media_type, answer.content_type))
    if not matches(media.media_type, answer.content_type):
        declared = ", ".join(one.media_type for one in response.content)
        return failed("media_type", f"{answer.content_type or 'no Content-Type'} is not among {declared}"), False
    if media.schema is None or not (is_json(kind) or is_xml(kind)):
        return None, False
    wrong = wrong_in_body(operation, media, answer, kind)
    return (failed("body", wrong) if wrong else None), True


def wrong_in_body(operation: Operation, media: MediaType, answer: Answer, kind: str) -> str:
    """Return how a body breaks its schema; empty when it does not."""
    schema = True if media.schema is None else media.schema
    try:
        if is_xml(kind):
            value = read_xml(answer.body, schema, operation.definitions)
        else:
            value = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, XmlUnreadable) as error:
        return f"not {kind}: {error}"
    validator = compile_schema(standalone_schema(operation, schema, direction="response"))
    error = next(iter(validator.iter_errors(value)), None)
    return "" if error is None else f"at /{'/'.join(map(str, error.instance_path))}: {error.message}"


def check_operation(operation: Operation, client: Client, base_path: str, seed: int) -> tuple[Failure | None, bool]:
    """Ask for one operation; return what went wrong, and whether a body was held against a schema."""
    try:
        request = Sampler(operation).sample(seed=seed, base_path=base_path)
    except SampleImpossible as error:
        return Failure(operation=operation.key, kind="request", reason=str(error)[:600]), False
    try:
        answer = client.send(request)
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        return Failure(operation=operation.key, kind="error", reason=f"{type(error).__name__}: {error}"[:600]), False
    return check_answer(operation, answer)


def check_contract(
    path: Path, server: Served, *, name: str, every: int = 1, most: int = 1 << 30, seed: int = 0
) -> ApiReport:
    """Check the operations of one document: each `every`th, and `most` of them at most, spread over the document."""
    report = ApiReport(name=name)
    started = time.perf_counter()
    try:
        contract = load_contract(path).contract
    except ContractInvalid as error:
        report.not_loaded = str(error)[:600]
        report.is_empty = "no operation" in report.not_loaded or "neither an OpenAPI" in report.not_loaded
        return report
    except MockOpsError as error:
        report.not_loaded = str(error)[:600]
        return report
    report.load_s = round(time.perf_counter() - started, 4)
    started = time.perf_counter()
    server.serve(contract)
    client = Client(server.port)
    for index in range(0, len(contract.entries), max(every, -(-len(contract.entries) // most))):
        operation = contract.operation(index)
        base_paths = contract.entries[index].base_paths
        base_path = base_paths[index % len(base_paths)] if base_paths else ""
        failure, is_checked = check_operation(operation, client, base_path, seed)
        report.operations += 1
        report.bodies += is_checked
        if failure is None:
            report.passed += 1
        else:
            report.failures.append(failure)
    client.close()
    report.run_s = round(time.perf_counter() - started, 4)
    return report


def check_corpus(
    corpus: Path, *, every: int = 1, most: int = 1 << 30, seed: int = 0, say: bool = False
) -> list[ApiReport]:
    """Check every document of a corpus: a folder (archives in it are unpacked meanwhile) or one document."""
    reports: list[ApiReport] = []
    with unpacked(corpus) as documents, served() as server:
        names = short_names(documents)
        for path in documents:
            report = check_contract(path, server, name=names[path], every=every, most=most, seed=seed)
            reports.append(report)
            if say:
                failed = len(report.failures)
                state = report.not_loaded or (f"{failed} of {report.operations} failed" if failed else "")
                print(f"{names[path]}: {state or report.operations}", file=sys.stderr, flush=True)
    return reports


def short_names(documents: list[Path]) -> dict[Path, str]:
    """Return the documents' paths below the folder that holds them all."""
    if len(documents) < 2:
        return {path: path.name for path in documents}
    root = os.path.commonpath([str(path) for path in documents])
    return {path: str(path.relative_to(root)) for path in documents}


def passed_ratio(reports: Iterable[ApiReport]) -> float:
    """Return the share of operations that passed, 0 to 1."""
    pairs = [(report.passed, report.operations) for report in reports]
    return sum(passed for passed, _ in pairs) / max(1, sum(operations for _, operations in pairs))


def markdown(reports: list[ApiReport]) -> str:
    """Return the report as people read it."""
    total = sum(report.operations for report in reports)
    passed = sum(report.passed for report in reports)
    loaded = sum(not report.not_loaded for report in reports)
    empty = sum(report.is_empty for report in reports)
    kinds = Counter(failure.kind for report in reports for failure in report.failures)
    lines = [
        "# Corpus report",
        "",
        f"- Documents: {len(reports)}; served: {loaded}; without any operation: {empty}; "
        f"not served: {len(reports) - loaded - empty}",
        f"- Operations asked: {total}; right: {passed} ({100 * passed / max(1, total):.2f} %); "
        f"bodies held against a schema: {sum(report.bodies for report in reports)}",
        f"- Failures by kind: {', '.join(f'{kind} {count}' for kind, count in kinds.most_common()) or 'none'}",
        "",
        "| API | operations | right | load (s) | run (s) |",
        "|---|---:|---:|---:|---:|",
    ]
    for report in sorted(reports, key=lambda one: one.passed - one.operations):
        if report.failures:
            lines.append(
                f"| {report.name} | {report.operations} | {report.passed} | {report.load_s:.2f} | {report.run_s:.2f} |"
            )
    lines += ["", "## Documents that are not served", ""]
    lines += [f"- {report.name}: {report.not_loaded}" for report in reports if report.not_loaded]
    lines += ["", "## Operations that failed", ""]
    for report in reports:
        for failure in report.failures:
            reason = " ".join(failure.reason.split())
            lines.append(f"- {report.name} `{failure.operation}` [{failure.kind}] {reason}")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Check, write the report, return 0 when at least `--target` of the operations are right."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=os.environ.get("MOCKOPS_CORPUS"), help="folder or one document")
    parser.add_argument("--output", type=Path, default=Path("build/corpus-report"), help="without suffix")
    parser.add_argument("--every", type=int, default=1, help="each how manieth operation; 1: all")
    parser.add_argument("--most", type=int, default=1 << 30, help="operations of one document at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", type=float, default=99.5, help="per cent that make the exit code 0")
    arguments = parser.parse_args()
    if arguments.corpus is None or not Path(arguments.corpus).exists():
        print("corpus: name a folder of contracts with --corpus or MOCKOPS_CORPUS", file=sys.stderr)
        return 2
    reports = check_corpus(
        Path(arguments.corpus), every=arguments.every, most=arguments.most, seed=arguments.seed, say=True
    )
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(reports)))
    text = markdown(reports)
    arguments.output.with_suffix(".md").write_text(text, encoding="utf-8")
    print("\n".join(text.splitlines()[:6]))
    return 0 if 100 * passed_ratio(reports) >= arguments.target else 1


if __name__ == "__main__":
    sys.exit(main())
