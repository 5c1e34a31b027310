"""Similar patches: those that a search by hand finds."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from napari_deep_prior.core.imaging.patch_matching import (
    REACH,
    TILE,
    Band,
    Grouping,
    box_sums,
    similar_patches,
)
from napari_deep_prior.core.imaging.patch_noise import PatchNoise, positive_correlation

GROUPING = Grouping(patch=5, stride=3, first=6, second=8)
WIDTH = GROUPING.span + 9 * GROUPING.stride


def patches_of(image: torch.Tensor, side: int) -> torch.Tensor:
    """(c, h, w) -> (h - side + 1, w - side + 1, c side side)."""
    return image.unfold(1, side, 1).unfold(2, side, 1).permute(1, 2, 0, 3, 4).flatten(2)


def band(image: torch.Tensor) -> Band:
    """An image (c, span, w) as the rows that one row of tiles searches."""
    padded = F.pad(image, (REACH,) * 4)
    ones = torch.ones_like(padded[:1])
    return Band(own=padded, guide=padded, inside=F.pad(torch.ones_like(image[:1]), (REACH,) * 4), strength=ones)


def image(channels: int = 1) -> torch.Tensor:
    return torch.randn((channels, GROUPING.span, WIDTH), generator=torch.Generator().manual_seed(0))


def references(column: int) -> list[tuple[int, int]]:
    """Rows and columns in the padded band of the first tile's references."""
    places = [REACH + GROUPING.stride * step for step in range(TILE)]
    return [(y, column + x) for y in places for x in places]


def by_hand(made: Band, column: int, size: int) -> list[set[int]]:
    """The same search, one reference and one candidate after the other."""
    patches = patches_of(made.guide.mean(0, keepdim=True), GROUPING.patch)
    whole = F.avg_pool2d(made.inside, GROUPING.patch, 1)[0] > 0.999
    across, found = 2 * REACH + (TILE - 1) * GROUPING.stride + 1, []
    for y, x in references(column):
        near = [
            (float((patches[row, at] - patches[y, x]).square().sum()), row * patches.shape[1] + at)
            for row in range(across)
            for at in range(column, column + across)
            if whole[row, at]
        ]
        found.append({place for _, place in sorted(near)[:size]})
    return found


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("column", [0, 9])
def test_it_finds_what_a_search_by_hand_finds(column: int, channels: int) -> None:
    made = band(image(channels))
    (found,) = similar_patches(made, torch.tensor([column]), GROUPING, 6, None)
    assert [set(places.tolist()) for places in found] == by_hand(made, column, 6)


def test_tiles_are_searched_as_if_alone() -> None:
    made = band(image())
    both = similar_patches(made, torch.tensor([0, 9]), GROUPING, 6, None)
    for number, column in enumerate((0, 9)):
        (alone,) = similar_patches(made, torch.tensor([column]), GROUPING, 6, None)
        assert [set(p.tolist()) for p in both[number]] == [set(p.tolist()) for p in alone]


def test_a_patch_is_in_its_own_group_and_nothing_beyond_the_edges_is() -> None:
    made = band(image())
    columns = made.guide.shape[2] - GROUPING.patch + 1
    (found,) = similar_patches(made, torch.tensor([0]), GROUPING, 8, None)
    for places, (y, x) in zip(found, references(0), strict=True):
        assert y * columns + x in places
        rows, across = places // columns, places % columns
        assert rows.min() >= REACH
        assert rows.max() + GROUPING.patch <= REACH + GROUPING.span
        assert across.min() >= REACH
        assert across.max() + GROUPING.patch <= REACH + WIDTH


def test_neighbours_that_share_noise_are_no_more_alike_for_it() -> None:
    """In pure noise, correlated ones are chosen near by unless it is said that they are."""
    lags = torch.tensor([[0.5, 0.7, 0.5], [0.7, 1.0, 0.7], [0.5, 0.7, 0.5]])
    smooth = F.avg_pool2d(image()[None], 3, 1, 1)[0]
    made = band(smooth / smooth.std())
    noise = PatchNoise(slope=0.0, base=1.0, correlation=positive_correlation(lags))
    columns = made.guide.shape[2] - GROUPING.patch + 1

    def near(told: PatchNoise | None) -> int:
        (found,) = similar_patches(made, torch.tensor([0]), GROUPING, 8, told)
        far = [
            torch.maximum((places // columns - y).abs(), (places % columns - x).abs())
            for places, (y, x) in zip(found, references(0), strict=True)
        ]
        return int((torch.stack(far) == 1).sum())

    assert near(noise) < 0.5 * near(None)


def test_sums_over_squares_are_those_of_all_pixels() -> None:
    torch.testing.assert_close(
        box_sums(image(2), 5), patches_of(image(2), 5).unflatten(2, (2, 25)).sum(3).permute(2, 0, 1)
    )
