"""Bands: the detail of a mixture is strengthened or weakened, band by band, so that the estimated error is least (SURE-LET)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Sequence

import torch
import torch.nn.functional as F

from napari_deep_prior.core.imaging.normalized_convolution import local_average
from napari_deep_prior.core.run.mixing.comparison import Comparison, weighted_mean
from napari_deep_prior.core.run.mixing.means import variance_uncertainty

_WIDTHS = (1.0, 2.0, 4.0, 8.0)
"""Widths in pixels of the Gaussian means between which the bands lie; the finest is what the first of them takes away."""

_CLASSES, _SOFTNESS = tuple(math.log(3.0**n) for n in (1, 2, 3, 4)), 0.15
"""Logarithms of the strength, in units of the usual one, at which a class of places ends and the next begins, and over how much."""

_BEFORE = 0.1
"""Standard deviation of a coefficient before the image is asked: most of the detail is right to a tenth."""

_DOUBT = 0.5
"""Relative standard deviation of how each term follows the noise, beside that of the variance, which all share: it is known less well at
each brightness, and a network that was fitted to the noise follows it by more than its derivative says (docs/estimates.md)."""

_BLOCK = 8
"""Side in pixels of the blocks whose sums tell how far chance goes: what lies nearer to each other is not independent."""

Band = tuple[torch.Tensor, torch.Tensor]
"""A band of (1, c, y, x), and how strong it is around each place."""

TERMS = len(_WIDTHS) * (len(_CLASSES) + 1)
"""Coefficients of a channel at one strength of the noise: for each band, from the finest on, one of each class, from the weakest on."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """What was decided: `coefficients`, `TERMS` for each strength of the noise and each channel in it.

    `gain` is by how much the squared error is expected to be less, `taken` by how much the squared difference from the observed image
    is, both as means over the pixels.
    """

    coefficients: tuple[float, ...]
    gain: float
    taken: float


def decide(comparison: Comparison, share: torch.Tensor | float) -> Bands | None:
    """How much of each band is added to a mixture; None where nothing can be told, as where pixels share noise.

    Parameters
    ----------
    comparison
        Of the two results that are mixed.
    share
        The share of the first, a number or (1, 1, y, x).

    Notes
    -----
    With y = x + n, a mixture f and terms t(f), the error of ``f + sum c t`` is least at ``A c = b`` with ``A = E t t'`` and
    ``b = E t (y - f) - E t n``, and Stein's identity tells ``E t n`` from how the terms follow a small change of y: a linear expansion
    of thresholds [1]_. The terms here are the bands of f, each at the places where it is about so strong. A dim bead that two methods
    took for noise in part gets it back, as all beads together tell; noise that is left among them goes.
    b is known as well as its sums over blocks scatter, and as it is known how terms follow the noise. So c is its mean a posteriori, from
    a Gaussian around 0: what the image cannot tell stays as it is. Each term has the mean 0, so light is only moved.

    References
    ----------
    .. [1] Blu, T. and Luisier, F. (2007). The SURE-LET approach to image denoising. IEEE Transactions on Image Processing 16(11).
    """
    here, image, noise = comparison.part.here, comparison.observation.image, comparison.observation.noise
    assert noise is not None
    if len(comparison.autocorrelation) > 1:
        return None
    mixture = weighted_mean(share, comparison.first, comparison.second.image)
    part = share if isinstance(share, float) else share[here]
    changed = mixture[here] + weighted_mean(part, comparison.answer[here], comparison.second_answer)
    usual, left = _usual(_bands(mixture)), (image - mixture)[here]
    before, after = list(_bands(mixture[here])), list(_bands(changed))
    counts = (comparison.counts * (comparison.seen > 0))[here]
    pixels = float(counts.sum()) * image.shape[1]
    if not pixels:
        return None
    found, gain, taken = [], 0.0, 0.0
    doubt = variance_uncertainty(comparison.autocorrelation)
    for place in noise.places(image.device):
        placed = place if place.ndim == 1 else place[here]
        pairs = zip(_terms(before, usual, placed), _terms(after, usual, placed), strict=True)
        terms, follows = zip(*((term, comparison.weight[here] * (other - term)) for term, other in pairs), strict=True)
        for channel in range(image.shape[1]):
            each = (*(_flat(tensors, channel) for tensors in (terms, follows)), left[0, channel], counts[0, 0])
            solved = _solved(*(tensor.cpu() for tensor in each), doubt=doubt)
            found.append(solved.coefficients)
            gain, taken = gain + solved.gain, taken + solved.taken
    coefficients = torch.cat(found).tolist()
    if not all(map(math.isfinite, (*coefficients, gain, taken))):
        return None
    return Bands(coefficients=tuple(coefficients), gain=gain / pixels, taken=taken / pixels)


def expanded(image: torch.Tensor, coefficients: Sequence[float], places: Sequence[torch.Tensor]) -> torch.Tensor:
    """A mixture, (1, c, y, x), with so much of its bands added; `places` of each strength of the noise as in `NoiseModel.places`.

    Raises
    ------
    ValueError
        If there is another number of coefficients than the image has terms.
    """
    channels = image.shape[1]
    if len(coefficients) != len(places) * channels * TERMS:
        raise ValueError(
            f"The record tells {len(coefficients)} coefficients of bands; the image has {len(places) * channels * TERMS} terms."
        )
    table = torch.tensor(coefficients, device=image.device, dtype=image.dtype).view(len(places), channels, TERMS)
    bands, found = list(_bands(image)), image.clone()
    usual = _usual(bands)
    for place, of_channels in zip(places, table, strict=True):
        for number, term in enumerate(_terms(bands, usual, place)):
            found += of_channels[:, number, None, None] * term
    return found


def in_words(coefficients: Sequence[float]) -> Iterator[str]:
    """For the record; nothing where there are none."""
    if coefficients:
        least, most = min(coefficients), max(coefficients)
        yield f"its detail, in {len(_WIDTHS)} bands, times {1 + least:.2f} to {1 + most:.2f}, of least expected error (SURE-LET)"


@dataclasses.dataclass(frozen=True, slots=True)
class _Solution:
    """Coefficients of one channel, and what they change of its summed squares."""

    coefficients: torch.Tensor
    gain: float
    taken: float


def _solved(
    terms: torch.Tensor, follows: torch.Tensor, left: torch.Tensor, counts: torch.Tensor, *, doubt: float
) -> _Solution:
    """The mean a posteriori of the coefficients of terms (n, y, x), which follow the noise so much, for what is `left`.

    On the processor: not every device has double precision.
    """
    follows, against = follows * counts, terms * left * counts
    told = (against - follows).double()
    flat = (terms * counts.sqrt()).flatten(1).double()
    table, sums, followed = flat @ flat.T, told.flatten(1).sum(1), follows.double().flatten(1).sum(1)
    blocks = F.avg_pool2d(told[None], _BLOCK, ceil_mode=True, divisor_override=1).flatten(2)[0]
    spread = blocks @ blocks.T + _BEFORE**2 * table @ table
    spread += doubt**2 * torch.outer(followed, followed) + _DOUBT**2 * torch.diag(followed.square())
    unit = spread.diagonal().sqrt()
    unit = torch.where(unit > 0, unit, 1.0)
    ridge = 1e-9 * torch.eye(len(unit), dtype=spread.dtype, device=spread.device)
    weights = torch.linalg.solve(spread / unit[:, None] / unit + ridge, sums / unit) / unit
    coefficients = _BEFORE**2 * table @ weights
    gain = float(coefficients @ table @ coefficients)
    return _Solution(coefficients, gain, float(2 * coefficients @ against.double().flatten(1).sum(1)) - gain)


def _terms(bands: Sequence[Band], usual: Sequence[torch.Tensor], place: torch.Tensor) -> Iterator[torch.Tensor]:
    """Each band at the places of each class, with the mean 0 over `place`."""
    for (band, strength), typical in zip(bands, usual, strict=True):
        above = (strength / typical).clamp(min=1e-9).log()
        beyond = torch.ones_like(above)
        for end in (*_CLASSES, math.inf):
            further = torch.sigmoid((above - end) / _SOFTNESS)
            term = band * (beyond - further) * place
            beyond = further
            yield term - place * (term.mean((-2, -1), keepdim=True) / place.mean().clamp(min=1e-12))


def _bands(image: torch.Tensor) -> Iterator[Band]:
    """Each band of (1, c, y, x), from the finest on, and how strong it is around each place."""
    finer = image
    for width in _WIDTHS:
        coarser = _smooth(image, width)
        band = finer - coarser
        yield band, _smooth(band.abs(), width)
        finer = coarser


def _usual(bands: Iterable[Band]) -> list[torch.Tensor]:
    """(1, c, 1, 1) of each band: its median strength."""
    return [strength.flatten(2).median(2).values[..., None, None].clamp(min=1e-12) for _, strength in bands]


def _smooth(image: torch.Tensor, width: float) -> torch.Tensor:
    return local_average(image, torch.ones_like(image[:, :1]), width, torch.zeros_like(image))


def _flat(each: Sequence[torch.Tensor], channel: int) -> torch.Tensor:
    """(n, y, x) of one channel."""
    return torch.stack([term[0, channel] for term in each])
