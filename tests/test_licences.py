"""No package of the base installation bars commercial use, or asks for more than to be named."""

from __future__ import annotations

import importlib.util
import re
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]

FREE = re.compile(
    r"MIT|BSD|Apache|MPL|Mozilla Public License|PSF|Python Software Foundation|ISC|HPND|Zlib|CC0|BSL-1\.0|Unlicense"
    # Not free software, but its licence allows any use; PyTorch brings it where there may be a card.
    r"|NVIDIA Proprietary"
)
BARRED = re.compile(r"non[- ]?commercial|\bNC\b|\bA?GPL|Affero|(?<!Lesser )General Public", re.I)


def loaded() -> ModuleType:
    loader = SourceFileLoader("licences", str(ROOT / "scripts" / "licences"))
    spec = importlib.util.spec_from_loader("licences", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


LICENCES = loaded()


def may_be_used(words: str) -> bool:
    """Whether anybody may use it for anything."""
    return bool(FREE.search(words)) and not BARRED.search(words)


@pytest.mark.parametrize(
    ("words", "free"),
    [
        ("MIT License", True),
        ("BSD-3-Clause AND 0BSD", True),
        ("Mozilla Public License 2.0 (MPL 2.0)", True),
        ("Apache-2.0 OR BSD-2-Clause", True),
        ("GPL-3.0-only", False),
        ("AGPL-3.0", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("CC-BY-NC-4.0", False),
        ("MIT, for non-commercial use", False),
        ("Other/Proprietary License", False),
        ("unknown", False),
    ],
)
def test_the_judgement_tells_them_apart(words: str, free: bool) -> None:
    assert may_be_used(words) is free


def test_all_packages_of_the_base_installation_are_free_for_any_use() -> None:
    found = {name: words for name, words in LICENCES.required(set()).items() if words != "not installed here"}
    assert {"numpy", "torch", "tifffile", "pillow"} <= set(found)
    assert len(found) > 25  # what they need in turn is among them
    assert not {name: words for name, words in found.items() if not may_be_used(words)}


def test_extras_are_followed() -> None:
    assert "zarr" not in LICENCES.required(set())
    assert "zarr" in LICENCES.required({"zarr"})
    assert "zarr" in LICENCES.required({"all"})  # through the extra of an extra
