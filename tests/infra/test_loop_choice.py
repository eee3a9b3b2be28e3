"""The loop is uvloop where there is one, and whatever the environment asks for."""

from __future__ import annotations

import asyncio
import sys

import pytest
import uvloop

from mockops.infra.loop import VARIABLE, LoopUnknown, find_loop_factory, run


async def kind() -> type:
    return type(asyncio.get_running_loop())


@pytest.mark.parametrize(("wanted", "is_uv"), [("", True), ("auto", True), (" UVLOOP ", True), ("asyncio", False)])
def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch, wanted: str, is_uv: bool) -> None:
    monkeypatch.setenv(VARIABLE, wanted)
    assert issubclass(run(kind()), uvloop.Loop) is is_uv


def test_without_uvloop_asyncio_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert not issubclass(run(kind()), uvloop.Loop)
    monkeypatch.setenv(VARIABLE, "uvloop")
    with pytest.raises(LoopUnknown, match="not installed"):
        find_loop_factory()


def test_an_unknown_loop_is_an_error_and_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "trio")
    with pytest.raises(LoopUnknown, match="MOCKOPS_LOOP='trio'"):
        run(kind())


def test_what_the_coroutine_raises_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail() -> None:
        raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        run(fail())
