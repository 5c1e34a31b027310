"""What the README says is so: its Python runs, its commands are accepted, its pictures exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import tifffile

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
HOME = "https://raw.githubusercontent.com/napari-deep-prior/napari-deep-prior/main/"
COMMANDS = re.findall(r"^napari-deep-prior (?:denoise|inpaint) .*$", README, re.M)


@pytest.fixture(autouse=True)
def _in_a_folder_with_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    image = np.random.default_rng(0).poisson(50, (2, 24, 32)).astype(np.uint16)
    mask = np.zeros((24, 32), np.uint8)
    mask[4:6] = 255
    tifffile.imwrite("cells.tif", image[0])
    tifffile.imwrite("movie.tif", image)
    tifffile.imwrite("scratches.tif", mask)


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", README, re.S))
def test_python(block: str) -> None:
    from napari_deep_prior.cli import main

    run = [
        "denoise",
        "cells.tif",
        "--output",
        "cells-restored.tif",
        "--iterations",
        "2",
        "--seconds",
        "never",
        "--quiet",
    ]
    assert main(run) == 0  # what the last block starts from
    quick = block.replace("seconds=30", "iterations=4")
    assert quick != block or "replay" in block
    names: dict[str, object] = {}
    exec(compile(quick, "README.md", "exec"), names)
    restored = names["again"].image if "again" in names else names.get("filled", names.get("restored"))
    assert isinstance(restored, np.ndarray)
    assert restored.shape == (24, 32)


@pytest.mark.parametrize("command", COMMANDS)
def test_command(command: str, tmp_path: Path) -> None:
    from napari_deep_prior.cli import main

    arguments = shlex.split(command.replace("scratches.png", "scratches.tif").replace(" --seconds 60", ""))[1:]
    assert main([*arguments, "--iterations", "2", "--seconds", "never", "--quiet"]) == 0
    output = tmp_path / arguments[arguments.index("--output") + 1]
    assert output.exists()
    assert output.with_name(f"{output.name}.json").exists()


def test_commands_are_shown() -> None:
    assert len(COMMANDS) >= 3


@pytest.mark.parametrize("url", sorted(set(re.findall(r"!\[.*?\]\((.*?)\)", README))))
def test_pictures_are_absolute_and_in_the_repository(url: str) -> None:
    """PyPI and the napari hub show the README away from its repository."""
    assert url.startswith(HOME)
    assert (ROOT / url.removeprefix(HOME)).is_file()


def test_links_into_the_repository_lead_somewhere() -> None:
    blob = "https://github.com/napari-deep-prior/napari-deep-prior/blob/main/"
    for page in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"):
        for target in re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text("utf-8")):
            path = target.removeprefix(blob) if target.startswith(blob) else target
            assert path.startswith("http") or (ROOT / path).exists(), f"{page}: {target}"
