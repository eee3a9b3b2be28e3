"""What is read from a file is bounded by what comes, not by what the file says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockops.contracts.model import ContractInvalid
from mockops.contracts.service import sources
from mockops.contracts.service.load import load_contract


def test_a_device_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_BYTES", 1 << 16)
    with pytest.raises(ContractInvalid, match="larger than 65,536 bytes"):
        load_contract(Path("/dev/zero"))


def test_a_file_of_the_largest_size_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "api.json"
    text = '{"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}}'
    path.write_text(text)
    monkeypatch.setattr(sources, "MAX_BYTES", len(text))
    assert load_contract(path).contract.entries == ()
    monkeypatch.setattr(sources, "MAX_BYTES", len(text) - 1)
    with pytest.raises(ContractInvalid, match="larger than"):
        load_contract(path)
