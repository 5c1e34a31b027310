"""Files that go with an image: in its order of axes, on its scale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Deconvolve, Inpaint, files
from napari_deep_prior.workflows.inputs.companions import companions_of
from napari_deep_prior.workflows.restore_file import Job


def write(path: Path, shape: tuple[int, ...], axes: str, size: float = 0.1) -> Path:
    metadata = {
        "axes": axes,
        "PhysicalSizeX": size,
        "PhysicalSizeY": size,
        "PhysicalSizeXUnit": "um",
        "PhysicalSizeYUnit": "um",
    }
    tifffile.imwrite(path, np.arange(np.prod(shape)).reshape(shape).astype(np.uint8), ome=True, metadata=metadata)
    return path


def test_a_mask_takes_the_order_of_the_image(tmp_path: Path) -> None:
    image = write(tmp_path / "in.tif", (2, 3, 8, 9), "TZYX")
    mask = write(tmp_path / "mask.tif", (3, 2, 8, 9), "ZTYX")
    job = Job(input=image, output=tmp_path / "o.tif", task=Inpaint, companions={"mask": mask})
    found = companions_of(job, files.read(image))["mask"]
    assert found.shape == (2, 3, 8, 9)
    np.testing.assert_array_equal(found, files.read(mask).array.swapaxes(0, 1))


def test_what_lies_elsewhere_has_pixels_of_the_same_size(tmp_path: Path) -> None:
    image, psf = write(tmp_path / "in.tif", (20, 21), "YX"), write(tmp_path / "psf.tif", (5, 5), "YX", size=0.2)
    job = Job(input=image, output=tmp_path / "o.tif", task=Deconvolve, companions={"psf": psf})
    with pytest.raises(ValueError, match=r"A pixel of the psf is 0\.2"):
        companions_of(job, files.read(image))
