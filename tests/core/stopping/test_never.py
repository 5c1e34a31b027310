"""The choice never to stop."""

from __future__ import annotations

from napari_deep_prior.core.stopping import STOPPING, NoHoldOut
from napari_deep_prior.core.stopping.hidden_pixels import HiddenPixels
from napari_deep_prior.core.stopping.pixels import PixelBlocks
from napari_deep_prior.core.stopping.rules import EarlyStopping, NeverStop


def test_nothing_is_kept_out_where_nothing_is_judged() -> None:
    blocks = PixelBlocks(rule=EarlyStopping(), fraction=0.05, block_size=2)
    assert STOPPING["never"].chosen(blocks, True, ((1.0,),)) == NoHoldOut(rule=NeverStop())


def test_hidden_pixels_go_on_showing_their_error() -> None:
    hidden = HiddenPixels(rule=EarlyStopping())
    assert STOPPING["never"].chosen(hidden, True, ((1.0,),)) == HiddenPixels(rule=NeverStop())
