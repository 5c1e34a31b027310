"""What the samples of a pixel are: said by the file, not guessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_deep_prior.files.formats._tiff_colour import has_alpha, true_is_one, without_false_colour
from napari_deep_prior.files.picture import Picture


@pytest.mark.parametrize(
    ("samples", "photometric", "extra", "alpha"),
    [(3, "rgb", None, False), (4, "rgb", ["unassalpha"], True), (4, "rgb", ["unspecified"], True), (2, "minisblack", ["assocalpha"], True)],
)  # fmt: skip
def test_transparency_is_said_or_the_fourth_colour(
    tmp_path: Path, samples: int, photometric: str, extra: list[str] | None, alpha: bool
) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif",
        np.zeros((5, 6, samples), np.uint8),
        photometric=photometric,
        extrasamples=extra,
        planarconfig="contig",
    )
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        assert has_alpha(tiff.pages[0], Picture(array=np.zeros((5, 6, samples)), axes="YXS")) == alpha
        assert not has_alpha(tiff.pages[0], Picture(array=np.zeros((5, 6)), axes="YX"))
        assert not true_is_one(tiff.pages[0])


def test_samples_of_a_grey_image_are_channels(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 6, 7), np.uint8), photometric="minisblack", planarconfig="contig")
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        found = without_false_colour(Picture(array=np.zeros((5, 6, 7)), axes="YXS"), tiff.pages[0], tmp_path / "a.tif")
    assert found.axes == "YXC"
    assert "taken as channels" in found.notes[0]
