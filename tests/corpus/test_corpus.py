"""A sample of the real contracts of MOCKOPS_CORPUS, asked through a real gateway."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

_BENCH = Path(__file__).parents[2] / "bench" / "corpus.py"
_SWAGGER = Path(__file__).with_name("swagger-2.0.json")
_MAX_DOCUMENTS = 40
_OPERATIONS_EACH = 12
_MAX_BYTES = 2_000_000


@pytest.fixture(scope="module")
def corpus() -> ModuleType:
    """Load the corpus runner, which is a script and no part of the package."""
    spec = importlib.util.spec_from_file_location("mockops_corpus", _BENCH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.corpus
def test_real_operations_get_answers_that_keep_their_contract(corpus: ModuleType, real_contracts: list[Path]) -> None:
    documents = [path for path in real_contracts if path.stat().st_size < _MAX_BYTES]
    step = max(1, len(documents) // _MAX_DOCUMENTS)
    reports = []
    with corpus.served() as server:
        for path in documents[::step][:_MAX_DOCUMENTS]:
            count = path.read_bytes().count(b'"responses"')
            every = max(1, count // _OPERATIONS_EACH)
            reports.append(corpus.check_contract(path, server, name=path.name, every=every))
    wrong = [f"{one.name} {each.operation}: {each.reason}" for one in reports for each in one.failures]
    assert sum(report.operations for report in reports), "no operation was found"
    assert corpus.passed_ratio(reports) >= 0.995, "\n".join(wrong)


@pytest.mark.parametrize("seed", range(5))
def test_every_operation_of_a_swagger_document_is_answered(corpus: ModuleType, seed: int) -> None:
    with corpus.served() as server:
        report = corpus.check_contract(_SWAGGER, server, name="kennel", seed=seed)
    assert (report.failures, report.operations, report.passed) == ([], 7, 7)
    assert report.bodies >= 4


def test_a_wrong_answer_is_noticed(corpus: ModuleType) -> None:
    from mockops.contracts.model import MediaType, Operation, Response

    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    content = (MediaType(media_type="application/json", schema=schema),)
    operation = Operation(method="GET", path="/", responses=(Response(status="200", content=content),))

    def kind_of(status: int, content_type: str, body: bytes) -> str | None:
        answer = corpus.Answer(status=status, content_type=content_type, body=body)
        failure, _ = corpus.check_answer(operation, answer)
        return None if failure is None else str(failure.kind)

    assert kind_of(200, "application/json", b'{"id":1}') is None
    assert kind_of(200, "application/json", b'{"id":"1"}') == "body"
    assert kind_of(200, "application/json", b"{") == "body"
    assert kind_of(200, "text/html", b"<p>") == "media_type"
    assert kind_of(500, "application/json", b'{"id":1}') == "status"
