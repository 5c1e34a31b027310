"""JPEG's transform is undone, and the table of the file is found in the picture."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from napari_deep_prior.core.physics import jpeg


def scene(size: int = 96) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal((size, size))
    smooth = sum(ndimage.gaussian_filter(noise, sigma) * sigma for sigma in (1, 3, 9))
    return (128 + 60 * smooth / np.abs(smooth).max()).round().astype(np.uint8)


def compressed(image: np.ndarray, quality: int) -> tuple[np.ndarray, np.ndarray]:
    """The picture in a JPEG file and the file's own table of steps."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    opened = Image.open(file)
    return np.asarray(opened), np.reshape(opened.quantization[0], (8, 8))


def tensor(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(image.astype(np.float32) / 255)[None, None]


def test_the_transform_is_orthonormal_and_begins_with_the_mean() -> None:
    dct = jpeg.dct_matrix(torch.zeros(1, dtype=torch.float64))
    torch.testing.assert_close(dct @ dct.T, torch.eye(8, dtype=torch.float64))
    torch.testing.assert_close(dct[0], torch.full((8,), 8**-0.5, dtype=torch.float64))


@pytest.mark.parametrize("shape", [(8, 16), (19, 33)])
def test_the_cosine_transform_is_undone(shape: tuple[int, int]) -> None:
    x = torch.rand(1, 2, *shape)
    back = jpeg.inverse_block_dct(jpeg.block_dct(x), x.shape)
    rows, columns = (n // 8 * 8 for n in shape)
    torch.testing.assert_close(back[..., :rows, :columns], x[..., :rows, :columns])
    assert not back[..., rows:, :].any()


@pytest.mark.parametrize("quality", [10, 20, 40])
def test_the_table_of_the_file_is_found_in_the_picture(quality: int) -> None:
    image, table = compressed(scene(192), quality)
    estimate = jpeg.estimate_quantization_table(tensor(image), 1 / 255)
    assert estimate is not None
    steps = (estimate * 255).round().numpy()
    assert (steps == table)[0, 1:3].all()
    assert (steps == table)[1:3, 0].all()
    assert np.isfinite(steps).all(), "frequencies without coefficients have a neighbour's step"


def test_what_is_no_jpeg_has_no_table() -> None:
    assert jpeg.estimate_quantization_table(tensor(scene()), 1 / 255) is None
    assert jpeg.estimate_quantization_table(tensor(scene(24)), 1 / 255) is None, "fewer blocks than are needed"


def test_clipped_blocks_do_not_mislead() -> None:
    """What was cut off at white is no multiple of any step."""
    bright = np.clip(scene(192).astype(int) + 90, 0, 255).astype(np.uint8)
    image, table = compressed(bright, 20)
    estimate = jpeg.estimate_quantization_table(tensor(image), 1 / 255)
    assert estimate is not None
    assert ((estimate * 255).round().numpy() == table)[0, 1:3].all()
