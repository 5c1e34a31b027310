"""A record tells the processor by its make and model: two with the same instructions do not give the same bits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from napari_deep_prior.core.compute import processor as processors
from napari_deep_prior.core.compute.device import choose

TABLE = """processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
model\t\t: 17
model name\t: AMD EPYC
stepping\t: 1
flags\t\t:

processor\t: 1
model name\t: another
"""


@pytest.fixture(autouse=True)
def _asked_anew():
    processors.processor.cache_clear()
    yield
    processors.processor.cache_clear()


def test_make_and_model_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "cpuinfo"
    table.write_text(TABLE)
    monkeypatch.setattr(processors, "_TABLE", table)
    told = processors.processor()
    assert told.startswith("AMD EPYC (family 25, model 17, stepping 1, ")
    assert f", {os.cpu_count()} cores, " in told
    assert choose("cpu").hardware == told
    processors.processor.cache_clear()
    table.write_text(TABLE.replace(": 17", ": 18"))
    assert processors.processor() != told


def test_where_the_system_has_no_table_something_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processors, "_TABLE", tmp_path / "none")
    monkeypatch.setattr("platform.processor", lambda: "")
    assert processors.processor().startswith("processor (")
    processors.processor.cache_clear()
    monkeypatch.setattr("platform.processor", lambda: "arm")
    assert processors.processor().startswith("arm (")
