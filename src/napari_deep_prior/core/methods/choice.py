"""Which of the methods suits an image: by its noise where that is to be left out, by the task otherwise."""

from __future__ import annotations

from napari_deep_prior.core.imaging.holes import NO_HOLES, HoleStatistics
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.settings import Method, Settings
from napari_deep_prior.core.tasks import Need

_COARSE = 0.5
"""Detail (see `NoiseEstimate`) below which a picture is as good as known from the surroundings of each pixel."""

_GAUSSIAN = 0.2
"""Skewness below which noise passes for Gaussian."""

_FAR = 16.0
"""Typical width of holes in pixels from which their middle is too far from all that is known for it to be predicted: the mean of all
that it could be, which practice arrives at, is a smear there. Where most is missing, nothing else helps."""

_LOST = "and what was lost can be lost once more to learn from"
_REPEATED: dict[Need, str] = {
    "detail": _LOST,
    "much detail": _LOST,
    "blocks": _LOST,
    "sharpness": "in turns with a denoiser learnt on the image itself",
}
"""What method redegraded can do, and how. Of much detail it can tell little: the image made many times smaller is hardly a picture."""


def suited(settings: Settings, noise: NoiseEstimate, need: Need, gaps: HoleStatistics = NO_HOLES) -> tuple[Method, str]:
    """The method, and in words why this one."""
    if settings.method == "recorrupted" and noise.patches == 0:
        raise ValueError(
            "method = 'recorrupted' needs the image's noise, but no part of this image is large enough to measure it in: "
            "16 x 16 known pixels that are not all alike. Choose the method 'masked' or 'code'."
        )
    if settings.method == "redegraded" and need not in _REPEATED:
        raise ValueError(
            "method = 'redegraded' needs a loss that is known exactly, so that it can happen once more: finer pixels, a "
            "blur that is given, or blocks of a JPEG that has been neither cropped nor scaled. Choose another method, or auto."
        )
    if settings.method != "auto":
        return settings.method, f"method {settings.method}: you chose it"
    if settings.preset == "paper":
        return "code", "method code: the paper's"
    if need in _REPEATED and need != "much detail" and not (need == "sharpness" and settings.volume):
        return "redegraded", f"method redegraded: {_BECAUSE[need]}, {_REPEATED[need]}"
    far = gaps.typical_width >= _FAR and gaps.mostly_known
    if need in ("holes", "wide holes") and not settings.volume and not far:
        return "masked", "method masked: the network learns to fill such holes where it is known what stands there"
    if need != "cleanness":
        return "code", f"method code: {_BECAUSE[need]}"
    if noise.patches == 0:
        return "masked", "method masked: no part of the image is large enough to measure the noise in"
    if noise.outliers:
        return "masked", "method masked: what is far off can only be told from what surrounds it"
    rho, skew = noise.correlation[1], noise.skewness
    fine = f"there is detail finer than the noise hides ({noise.detail:.1f} times its variance)"
    if noise.correlation_length > 1:
        shared = f"neighbouring pixels share their noise (correlation {rho:.2f})"
        if noise.detail > _COARSE:
            return "recorrupted", f"method recorrupted: {shared}, and {fine}"
        return (
            "masked",
            f"method masked, hiding {2 * noise.correlation_length + 1} x {2 * noise.correlation_length + 1} pixels: {shared}",
        )
    own = f"the noise is independent from pixel to pixel (correlation {rho:.2f})"
    if abs(skew) < _GAUSSIAN:
        return "recorrupted", f"method recorrupted: {own} and symmetric (skewness {skew:.2f})"
    return "masked", f"method masked: {own} and skewed, as of few photons (skewness {skew:.2f})"


_BECAUSE: dict[Need, str] = {
    "cleanness": "there is noise to leave out",
    "artifacts": "neighbouring pixels share what is to be removed",
    "blocks": "the steps are known to which the file was rounded",
    "holes": "there are missing pixels to fill",
    "wide holes": "there are wide holes to fill",
    "noisy wide holes": "there are wide holes to fill, and noise to leave out",
    "detail": "there are finer pixels to draw",
    "much detail": "there are pixels to draw that are many times finer",
    "sharpness": "there is a blur to undo",
    "unknown blur": "there is a blur to find out and to undo",
}
