"""What many tests share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.append(str(Path(__file__).parent.parent / "bench"))

from contracts import named_corpus, unpacked


@pytest.fixture(scope="session")
def real_contracts() -> Iterator[list[Path]]:
    """Give the documents of MOCKOPS_CORPUS, unpacked; without it the test is skipped."""
    corpus = named_corpus()
    if corpus is None:
        pytest.skip("set MOCKOPS_CORPUS to a folder of real contracts to run this")
    with unpacked(corpus) as documents:
        assert documents, f"{corpus} holds no contract"
        yield documents
