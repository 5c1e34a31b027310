"""Nothing that comes out has changed: no pixel, no key of a record, no word of the help. See cases.py, which computes it all."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).parent
pytestmark = pytest.mark.timeout(1200)


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("golden_cases", HERE / "cases.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # before it runs: its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


CASES = _loaded()
GOLDEN: dict[str, Any] = json.loads(CASES.GOLDEN.read_text("utf-8"))
AGAIN = "If that was meant: python tests/golden/cases.py --write"


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """Everything computed once, by two processes; where pixels cannot be compared, only what the keys are taken from."""
    result: dict[str, Any] = CASES.compute_all(unless=CASES.GOLDEN)
    return result


def test_the_cases_are_those_that_were_kept() -> None:
    assert list(CASES.CASES) == list(GOLDEN["pixels"]), AGAIN + " pixels"


@pytest.mark.parametrize("name", GOLDEN["pixels"])
def test_pixels(found: dict[str, Any], name: str) -> None:
    mine, theirs = found["fingerprint"], GOLDEN["fingerprint"]
    if mine != theirs:
        other = ", ".join(
            f"{key} {theirs[key]} then, {mine[key]} now" for key in theirs if theirs[key] != mine.get(key)
        )
        pytest.skip(
            f"kept with another arithmetic ({other}): python tests/golden/cases.py --write pixels, before the change"
        )
    now, then = found["pixels"][name], GOLDEN["pixels"][name]
    assert "error" not in now, now["error"]
    changed = [part for part in ("image", "uncertainty", "invented") if now[part] != then[part]]
    assert not changed, (
        f"changed: {', '.join(changed)} (least, mean, largest: {then['about']} then, {now['about']} now). {AGAIN} pixels"
    )


@pytest.mark.parametrize("task", GOLDEN["keys"])
def test_keys_of_a_record(found: dict[str, Any], task: str) -> None:
    assert found["keys"][task] == GOLDEN["keys"][task], AGAIN + " keys"


@pytest.mark.parametrize("command", GOLDEN["words"]["commands"])
def test_help(found: dict[str, Any], command: str) -> None:
    if found["words"]["tyro"] != GOLDEN["words"]["tyro"]:
        pytest.skip(f"kept with tyro {GOLDEN['words']['tyro']}, which lays the words out: {AGAIN} words")
    assert found["words"]["commands"][command]["text"] == GOLDEN["words"]["commands"][command]["text"], AGAIN + " words"


def test_no_command_is_new(found: dict[str, Any]) -> None:
    assert list(found["words"]["commands"]) == list(GOLDEN["words"]["commands"]), AGAIN + " words"
