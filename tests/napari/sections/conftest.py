"""A result over its source."""

import pytest

TILTED = {
    "scale": (0.2, 0.3), "translate": (5, 7), "rotate": 30, "shear": [0.1], "units": ("um", "um"),
    "affine": [[1, 0.2, 3], [0.1, 1.3, 4], [0, 0, 1]],
}  # fmt: skip


@pytest.fixture
def pair(viewer, panel, image, run_to_end):
    """A result over its source, a layer that is hidden, and an overlay."""
    other = viewer.add_image(image, name="other", visible=False)
    source = viewer.add_image(image, name="cells", **TILTED)
    panel.problem.image.value = source
    run_to_end(panel)
    for section in panel.sections.folds.values():
        section.button.setChecked(True)
    return panel.sections["Compare"], source, viewer.layers[-1], other
