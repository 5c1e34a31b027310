"""A result that is opened again: its record, and where it lies."""

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Denoise, Settings, files, restore
from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior._napari.sharing.save_button import saved


@pytest.mark.parametrize("where", ["inside", "beside"])
def test_a_saved_result_opened_again_refills_the_form(viewer, panel, tmp_path, image, where):
    tifffile.imwrite(tmp_path / "cells.tif", image)
    picture = files.read(tmp_path / "cells.tif")
    settings = Settings(preset="fast", iterations=3, seconds="never", seed=5)
    result = restore(image, Denoise(), settings=settings)
    files.write(tmp_path / "out.tif", result.image, like=picture, record=result.record.to_json())
    sidecar = files.sidecar(tmp_path / "out.tif")
    if where == "inside":
        sidecar.unlink()
    else:
        tifffile.imwrite(tmp_path / "out.tif", result.image)
    viewer.open(tmp_path / "out.tif", plugin="napari")
    viewer.layers.selection.active = viewer.layers["out"]
    panel.recall.button.click()
    assert panel.advanced.values()["seed"] == 5
    assert panel.advanced.values()["iterations"] == 3


def test_a_result_from_the_command_line_gets_the_size_of_its_pixels_back(viewer, panel, tmp_path, image):
    sizes = {letter: files.PixelSize(size=0.2, unit="µm") for letter in "YX"}
    like = files.Picture(array=image, axes="YX", pixel_size=sizes)
    record = restore(image, Denoise(), settings=Settings(iterations=3, seconds="never")).record
    files.write(tmp_path / "out.tif", image, like=like, record=record.to_json())
    for path in ("out.tif", "bare.tif"):
        if path == "bare.tif":
            tifffile.imwrite(tmp_path / path, image)
        viewer.open(tmp_path / path, plugin="napari")
    viewer.layers.selection.active = viewer.layers["out"]
    np.testing.assert_allclose(viewer.layers["out"].scale, (0.2, 0.2))
    assert [str(unit) for unit in viewer.layers["out"].units] == ["micrometer"] * 2
    assert viewer.layers["out"].axis_labels == ("y", "x")
    np.testing.assert_allclose(viewer.layers["bare"].scale, (1, 1))


@pytest.mark.parametrize("content", ["[1, 2]", "no json", '{"task": 1}'])
def test_other_files_and_other_records_are_left_alone(viewer, panel, tmp_path, image, content):
    tifffile.imwrite(tmp_path / "out.tif", image)
    files.sidecar(tmp_path / "out.tif").write_text(content)
    viewer.open(tmp_path / "out.tif", plugin="napari")
    viewer.layers.selection.active = viewer.layers["out"]
    assert panel.recall.record is None
    assert not panel.recall.isVisibleTo(panel)


def test_a_result_opened_again_looks_as_it_did(viewer, panel, tmp_path, image, run_to_end):
    viewer.add_image(image, name="cells")
    run_to_end(panel)
    result = viewer.layers["cells · denoised"]
    result.colormap, result.contrast_limits, result.gamma = "magma", (20, 90), 0.7
    saved(result, result.metadata[KEY], tmp_path / "out.tif")
    viewer.open(tmp_path / "out.tif", plugin="napari")
    again = viewer.layers["out"]
    viewer.layers.selection.active = again
    assert (again.colormap.name, tuple(again.contrast_limits), again.gamma) == ("magma", (20, 90), 0.7)
