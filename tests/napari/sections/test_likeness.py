"""How like a result is to what is known: the numbers are those of the definition, on the plane in view."""

import numpy as np
import pytest

from napari_deep_prior._napari.sections.likeness import likeness_words, plane_in_view

RNG = np.random.default_rng(0)
TRUTH = 100 + 50 * np.sin(np.mgrid[:40, :32].sum(0) / 5)


def test_the_numbers_are_those_of_their_definition(viewer):
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    seen = TRUTH + RNG.normal(0, 5, TRUTH.shape)
    truth, result = (viewer.add_image(data, name=name) for data, name in ((TRUTH, "truth"), (seen, "result")))
    extent = np.ptp(TRUTH)
    psnr, ssim = (
        measure(TRUTH, seen, data_range=extent) for measure in (peak_signal_noise_ratio, structural_similarity)
    )
    assert likeness_words(viewer, result, truth) == (
        f"Against 'truth' on the plane in view: PSNR {psnr:.2f} dB, SSIM {ssim:.3f}."
    )
    assert "no difference, SSIM 1.000" in likeness_words(viewer, truth, truth)


def test_of_a_stack_the_plane_in_view_counts(viewer):
    stack = np.stack([TRUTH, TRUTH + 1, TRUTH])
    reference = np.stack([TRUTH, TRUTH, TRUTH + RNG.normal(0, 9, TRUTH.shape)])
    result, truth = viewer.add_image(stack), viewer.add_image(reference)
    words = []
    for plane in range(3):
        viewer.dims.set_point(0, plane)
        words.append(likeness_words(viewer, result, truth))
    assert "no difference" in words[0]
    assert f"PSNR {20 * np.log10(np.ptp(TRUTH)):.2f} dB" in words[1]
    assert len(set(words)) == 3
    viewer.dims.order = (1, 0, 2)
    assert plane_in_view(viewer, result).shape == (3, 32)


def test_colours_are_measured_together(viewer):
    colours = np.stack([TRUTH, TRUTH, TRUTH], -1).astype(np.uint8)
    result, truth = viewer.add_image(colours), viewer.add_image(colours)
    assert "SSIM 1.000" in likeness_words(viewer, result, truth)


@pytest.mark.parametrize(
    ("reference", "words"),
    [(np.full((40, 32), 7.0), "is flat"), (np.where(TRUTH > 120, np.nan, TRUTH), "dB."), (TRUTH[:5], "dB.")],
)
def test_what_cannot_be_measured_is_left_out_and_said(viewer, reference, words):
    result = viewer.add_image(TRUTH[: len(reference)] + 1)
    assert words in likeness_words(viewer, result, viewer.add_image(reference, name="truth"))
