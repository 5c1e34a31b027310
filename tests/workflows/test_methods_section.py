"""What a paper says of a run is what its record says, and nothing else."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from napari_deep_prior import Inpaint, Settings, methods_paragraph, restore
from napari_deep_prior.core.found import ErrorFound, NoiseFound
from napari_deep_prior.core.methods import METHODS
from napari_deep_prior.core.results import StopReason
from napari_deep_prior.core.tasks import TASKS
from napari_deep_prior.workflows.methods_section import limits, methods_used, noise_said, references


def changed(record, **plane):
    return dataclasses.replace(record, planes=(dataclasses.replace(record.planes[0], **plane),))


def test_it_says_what_was_done_with_what(record):
    text = methods_paragraph(record)
    noise = record.planes[0].noise
    for said in (
        "32 x 40 pixels, axes YX, float32) was denoised with napari-deep-prior",
        f"PyTorch {record.versions['torch']}",
        "by the method recorrupted",
        "preset = fast",
        "iterations = 3",
        f"standard deviation of {noise.sigma:.3g} grey values",
        "measured in the image",
        "3 steps",
        "seed 5",
        record.device["hardware"],
        "the given number of iterations was reached",
        "The result is an estimate",
    ):
        assert said in text
    assert "learning_rate" not in text
    assert "seed = 5" not in text
    assert 4 < noise.sigma < 6


def test_the_sentences_are_few(record):
    sentences = methods_paragraph(record).partition("\n\nReferences\n")[0]
    assert sentences.count(". ") <= 4
    assert "\n" not in sentences


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_each_method_brings_its_own_paper(record, method):
    cited = references(changed(record, method=method.name))
    assert method.citation in cited
    assert cited[0].startswith("napari-deep-prior ")
    others = {other.citation for other in METHODS if other.citation != method.citation}
    assert not others & set(cited)


def test_a_task_cites_by_its_parameters():
    known, unknown = (TASKS["deconvolve"].references({"blur": blur}) for blur in ("given", "unknown"))
    assert set(known) < set(unknown)
    assert all(paper.endswith(").") for task in TASKS.values() for paper in task.references({}))


@pytest.mark.parametrize("reason", StopReason)
def test_every_end_is_said(record, reason):
    text = methods_paragraph(changed(record, reason=reason.name))
    assert ("stopped by hand" if reason is StopReason.REQUESTED else reason.value) in text
    assert "you" not in text.partition("References")[0].split()


def test_what_was_not_measured_is_said(record):
    image = np.random.default_rng(0).normal(100, 5, (3, 20, 24)).astype(np.float32)
    image[1] = 7
    mask = np.zeros((20, 24), np.uint8)
    mask[4:10, 6:12] = 1
    run = restore(
        image,
        Inpaint(mask=mask),
        axes="ZYX",
        settings=Settings(preset="fast", iterations=2, seconds="never", device="cpu"),
    )
    assert "% of the pixels, which are invented." in methods_paragraph(run.record)
    few = dataclasses.replace(run.record, planes=run.record.planes[:2])
    assert "1 of 3 planes were not restored" in methods_paragraph(few)
    assert "1 of 3 planes had nothing to restore" in methods_paragraph(run.record)
    assert "finer" in " ".join(limits(dataclasses.replace(record, invented=1.0)))
    assert len(list(limits(record))) == 1


def test_a_moment_chosen_by_hand_is_said(record):
    assert "by hand in 1 of 1 planes" in methods_paragraph(changed(record, notes=("step 2 was chosen by hand",)))
    assert "by hand" not in methods_paragraph(record)


def test_noise_that_was_given_is_not_called_measured(record):
    given = dataclasses.replace(record, task={**record.task, "gain": 2.0})
    assert "measured in the image, had" not in methods_paragraph(given)
    assert "gain = 2.0" in methods_paragraph(given)
    assert "standard deviation" not in methods_paragraph(changed(record, noise=None))


def test_noise_in_words():
    noise = NoiseFound(sigma=3.0, gain=0.0, base=9.0, correlation_length=1, skewness=0.0)
    assert noise_said(noise) == "a standard deviation of 3 grey values (independent from pixel to pixel)"
    photons = dataclasses.replace(noise, gain=2.0, base=-4.0, correlation_length=3)
    assert noise_said(photons).endswith("(variance 2 times the brightness -4; correlated over 3 pixels)")


def test_the_order_of_methods_is_that_of_planes(record):
    plane = record.planes[0]
    planes = [dataclasses.replace(plane, method=name) for name in ("a", "b", "b")]
    assert methods_used(dataclasses.replace(record, planes=tuple(planes))) == ["b", "a"]


def test_a_card_does_not_repeat_to_the_bit(record):
    assert "last digits" in methods_paragraph(dataclasses.replace(record, deterministic=False))
    assert "last digits" not in methods_paragraph(record)


@pytest.mark.parametrize("name", ["embellish", None, [], 3])
def test_an_unknown_task_is_refused(record, name):
    with pytest.raises(ValueError, match="this version does not have"):
        methods_paragraph(dataclasses.replace(record, task={"name": name}))


def test_a_mixture_is_said_and_both_are_cited(record):
    assert "weighted mean" not in methods_paragraph(record)
    text = methods_paragraph(changed(record, shares=(0.625,), partner="nl-ridge"))
    assert "that of the network (62%) and that of nl-ridge" in text
    assert "Herbreteau" in text.partition("References")[2]
    assert "estimated without the truth" not in text
    assert "SURE-LET" not in text
    text = methods_paragraph(changed(record, shares=(0.625,), bands=(0.1,) * 20, partner="nl-ridge"))
    assert (
        "unbiased estimate, whose detail was then scaled in bands by a linear expansion of thresholds (SURE-LET" in text
    )
    assert "Blu, T. & Luisier" in text.partition("References")[2]
    error = ErrorFound(relative=0.25, low=0.125, high=0.5, noise=8.0)
    text = methods_paragraph(changed(record, shares=(0.625,), partner="nl-ridge", error=error))
    assert "Its error" in text
    assert "estimated without the truth, is about 25% of the noise (12% to 50%, a 90 % interval)" in text
    assert "distilled" not in text
    text = methods_paragraph(changed(record, shares=(0.625,), partner="nl-ridge", distilled=300))
    assert "drawn by a second network, distilled in 300 steps from a weighted mean of that of the network (62%)" in text
    assert "Hinton" in text.partition("References")[2]


def test_a_student_of_drawings_alone_is_told(record):
    text = methods_paragraph(changed(record, distilled=300))
    assert "The result was drawn by a second network, distilled in 300 steps from that of the first, on some of" in text
    assert "weighted mean" not in text
    assert "Hinton" in text.partition("References")[2]


def test_without_a_network_none_is_spoken_of(record):
    text = methods_paragraph(changed(record, method="nl-ridge", reason="COMPUTED"))
    assert "similar patches of this image are combined" in text
    assert "network" not in text.partition("References")[0]
    assert "steps" not in text.partition("References")[0]
