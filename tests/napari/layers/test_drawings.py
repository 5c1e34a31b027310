"""Shapes and points mark the pixels that they cover, wherever the layers lie."""

import numpy as np
import pytest

from napari.layers import Image, Points, Shapes
from napari_deep_prior._napari.layers.drawings import Drawing, is_drawing
from napari_deep_prior._napari.layers.source import LayerData

BOX = np.array([[3, 4], [3, 9], [7, 9], [7, 4]], float)


def over(layer, shape=(20, 30), axes="YX", **place):
    return Drawing.of(layer).onto(LayerData.of(Image(np.zeros(shape), **place)), axes)


def box(labels, number=1):
    rows, columns = np.nonzero(labels == number)
    return rows.min(), rows.max(), columns.min(), columns.max()


@pytest.mark.parametrize("kind", ["rectangle", "polygon", "ellipse"])
def test_what_is_closed_marks_what_lies_within(kind):
    labels = over(Shapes([BOX], shape_type=kind))
    assert box(labels) == ((4, 6, 4, 9) if kind == "ellipse" else (3, 7, 4, 9))
    assert labels[5, 6] == 1
    assert (labels[4, 4] == 0) == (kind == "ellipse")


def test_each_shape_has_its_number_and_a_line_its_width():
    lines = Shapes([BOX, BOX[:2] + 10], shape_type=["rectangle", "line"], edge_width=3)
    labels = over(lines)
    assert set(np.unique(labels)) == {0, 1, 2}
    assert box(labels, 2) == (12, 14, 13, 20)


def test_they_are_laid_over_the_image_by_world_coordinates():
    finer = over(Shapes([BOX], scale=(2, 2), translate=(4, 0)), scale=(2, 1))
    assert box(finer) == (5, 9, 8, 18)
    moved = over(Shapes([BOX], units=("um", "um")), scale=(500, 500), units=("nm", "nm"))
    assert box(moved) == (6, 14, 8, 18)


def test_points_are_as_large_as_they_are_drawn_and_never_lost():
    labels = over(Points([[5, 6], [12.2, 20.3]], size=[4, 0.1]))
    assert box(labels, 1) == (3, 7, 4, 8)
    assert labels[12, 20] == 2


def test_on_one_plane_of_a_stack_or_on_all():
    labels = over(Shapes([np.insert(BOX, 0, 2, axis=1)]), (4, 20, 30), "TYX")
    assert labels.shape == (4, 20, 30)
    assert [bool(plane.any()) for plane in labels] == [False, False, True, False]
    assert over(Shapes([BOX]), (4, 20, 30), "TYX").shape == (20, 30)
    assert over(Shapes([np.insert(BOX, 0, 1, axis=1)]), (3, 20, 30), "CYX").shape == (20, 30), "channels have one mask"


def test_what_lies_beside_the_image_is_refused():
    with pytest.raises(ValueError, match="Nothing that is drawn on 'beside' lies over"):
        over(Shapes([BOX + 100], name="beside"))


def test_only_shapes_and_points_are_drawings():
    assert is_drawing(Shapes([BOX]))
    assert is_drawing(Points([[1, 2]]))
    assert not is_drawing(Image(np.zeros((4, 5))))
