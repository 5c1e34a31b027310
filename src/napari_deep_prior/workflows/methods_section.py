"""What a paper says of a restoration, made from its record: two or three true sentences, and what is to be cited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.found import NoiseFound
from napari_deep_prior.core.methods import METHODS
from napari_deep_prior.core.parameters import shown
from napari_deep_prior.core.results import PlaneReport, Record, StopReason, largest_error
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import TASKS
from napari_deep_prior.workflows.as_text import changed
from napari_deep_prior.workflows.summary import planes_by_reason

HOMEPAGE = "https://github.com/napari-deep-prior/napari-deep-prior"

DISTILLATION = (
    "Hinton, G., Vinyals, O. & Dean, J. Distilling the knowledge in a neural network. arXiv:1503.02531 (2015)."
)

SURE_LET = "Blu, T. & Luisier, F. The SURE-LET approach to image denoising. IEEE Transactions on Image Processing 16, 2778-2786 (2007)."

_NOTHING_DONE = 0
"""Steps of a plane in which there was nothing to restore."""


def methods_paragraph(record: Record) -> str:
    """Two or three sentences for the methods section of a paper, with the works to cite, each on a line of its own.

    Parameters
    ----------
    record
        ``Result.record``, or `Record.from_json` of the file beside a result.

    Returns
    -------
    str
        Plain text. What it says is in the record; what was done to the image before and after is yours to add.

    Raises
    ------
    ValueError
        If the record's task is unknown to this version.
    """
    sentences = filter(None, (_what_was_done(record), _mixed(record), _how_it_went(record), _what_limits_it(record)))
    return "\n".join([" ".join(sentences), "", "References", *references(record)])


def references(record: Record) -> tuple[str, ...]:
    """The program, the papers behind method and task, each once."""
    used = {*methods_used(record), *(plane.partner for plane in record.planes)}
    papers = [method.citation for method in METHODS if method.name in used]
    papers += TASKS[_task(record)].references(record.task)
    papers += [SURE_LET] if any(plane.bands for plane in record.planes) else []
    papers += [DISTILLATION] if any(plane.distilled for plane in record.planes) else []
    program = f"napari-deep-prior {record.versions.get('napari-deep-prior', 'of unknown version')}, {HOMEPAGE}"
    return program, *dict.fromkeys(papers)


def methods_used(record: Record) -> list[str]:
    """Names of the methods, that of most planes first."""
    return [name for name, _ in Counter(plane.method for plane in _fitted(record)).most_common()]


def settings_said(record: Record) -> str:
    """The settings and parameters that are not at their defaults, in words; the seed is told by itself."""
    values = {**_parameters(record), **changed(Settings, record.settings)}
    values.pop("seed", None)
    if not values:
        return "all settings at their defaults"
    return "settings other than the defaults: " + ", ".join(f"{name} = {value}" for name, value in values.items())


def noise_said(noise: NoiseFound) -> str:
    """The noise of a plane, in words."""
    length = noise.correlation_length
    shared = "independent from pixel to pixel" if length <= 1 else f"correlated over {length} pixels"
    line = f"variance {noise.gain:.3g} times the brightness {noise.base:+.3g}; " if noise.gain else ""
    over = f" on average, {noise.levels[0]:.3g} to {noise.levels[-1]:.3g} in parts of the image" if noise.levels else ""
    return f"a standard deviation of {noise.sigma:.3g} grey values{over} ({line}{shared})"


def device_said(record: Record) -> str:
    """Where it was computed, in words."""
    device = record.device
    threads = f"{device['threads']} thread{'s' if device['threads'] != 1 else ''}"
    return f"{device['hardware']}, {threads}, {device['precision']}"


def versions_said(record: Record) -> str:
    """What computed it, in words."""
    names = {"torch": "PyTorch", "numpy": "NumPy", "python": "Python"}
    others = [f"{title} {record.versions[name]}" for name, title in names.items() if name in record.versions]
    own = record.versions.get("napari-deep-prior", "of unknown version")
    return f"napari-deep-prior {own} ({', '.join(others)})"


def limits(record: Record) -> Iterator[str]:
    """What a reader may not believe of the result, in whole sentences."""
    if by_hand := [plane for plane in record.planes if any("chosen by hand" in note for note in plane.notes)]:
        yield f"The step whose result was kept was chosen by hand in {len(by_hand)} of {len(record.planes)} planes."
    if record.invented >= 1:
        yield "No measurement stands behind single pixels of the result, which are finer than those of the image."
    elif record.invented > 0:
        yield f"No measurement stands behind {_percent(record.invented)} of the pixels, which are invented."
    planes = Axes.of_record(record.axes, record.settings).count(record.input["shape"])
    skipped = len(record.planes) - len(_fitted(record))
    if skipped:
        yield f"{skipped} of {planes} planes had nothing to restore and are as they were measured."
    if missing := planes - len(record.planes):
        yield f"{missing} of {planes} planes were not restored and are as they were measured."
    yield "The result is an estimate from this image alone: what is weaker than its noise may be missing from it or invented."


def _what_was_done(record: Record) -> str:
    task, size = TASKS[_task(record)], " x ".join(map(str, record.input["shape"]))
    methods = methods_used(record) or ["none"]
    principles = {method.name: method.principle for method in METHODS}
    ways = dict.fromkeys(principles.get(name, "nothing was done") for name in methods)
    return (
        f"The image ({size} pixels, axes {record.axes}, {record.input['dtype']}) was {task.past} with "
        f"{versions_said(record)} by the method {' and '.join(methods)}, in which {' or '.join(ways)}, without "
        f"training data; {settings_said(record)}."
    )


def _mixed(record: Record) -> str:
    """What the result is beside what the network of a fit has drawn: a mixture, or what another network has learnt from drawings."""
    shares = sorted(share for plane in record.planes for share in plane.shares)
    steps = max((plane.distilled for plane in record.planes), default=0)
    if not shares and not steps:
        return ""
    made = _weighted_mean(record, shares) if shares else "that of the first"
    by = (
        f"was drawn by a second network, distilled in {steps} steps from {made}, on some of the planes"
        if steps
        else f"is {made}"
    )
    return f"The result {by}{_bands(record)}{_featureless(record)}.{_error(record)}"


def _bands(record: Record) -> str:
    """What became of the detail of a mixture."""
    if not any(plane.bands for plane in record.planes):
        return ""
    return ", whose detail was then scaled in bands by a linear expansion of thresholds (SURE-LET, Blu & Luisier 2007)"


def _featureless(record: Record) -> str:
    """What there is in place of a mixture where nothing but noise was found."""
    count = sum(len(plane.featureless) for plane in record.planes)
    if not count:
        return ""
    channels, planes = _counted(count, "channel"), _counted(len(record.planes), "plane")
    return f"; {channels} of {planes} hold nothing but noise that could be found, and there a Gaussian mean of the image is the result"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _weighted_mean(record: Record, shares: list[float]) -> str:
    """With what the result of the network was mixed, in which of these shares, the least first."""
    names = " and ".join(dict.fromkeys(plane.partner for plane in record.planes if plane.partner))
    weight = f"{shares[0]:.0%}" if shares[-1] - shares[0] < 0.01 else f"{shares[0]:.0%} to {shares[-1]:.0%}"
    return (
        f"a weighted mean of that of the network ({weight}) and that of {names}, with the weights of least expected error by Stein's "
        "unbiased estimate"
    )


def _error(record: Record) -> str:
    """What error is to be expected, where it was estimated."""
    worst = largest_error(record.planes)
    each = " of the worst plane" if len(record.planes) > 1 else ""
    return "" if worst is None else f" Its error{each}, estimated without the truth, is {worst}."


def _how_it_went(record: Record) -> str:
    fitted = _fitted(record)
    each = " in the first plane" if len(fitted) > 1 else ""
    steps, seconds = sum(plane.iterations for plane in fitted), sum(plane.seconds for plane in fitted)
    ends = "; ".join(_because(reason) for reason, _ in planes_by_reason(fitted))
    repeats = "" if record.deterministic else ", where a repetition differs in its last digits"
    taken = fitted[0].noise if fitted else None
    noise = "" if taken is None else f"The noise{each}{_measured(record)} {noise_said(taken)}. "
    if record.network is not None:
        source = record.network["learnt_on"] or "another image"
        return (
            f"{noise}The network had learnt before, from {source}, in {fitted[0].iterations} steps (SHA-256 {record.network['sha256']}); "
            f"it drew this image in {seconds:.3g} s on {device_said(record)}, without a fit. {' '.join(record.notes)}"
        )
    if {plane.reason for plane in fitted} == {StopReason.COMPUTED.name}:
        return f"{noise}It took {seconds:.3g} s on {device_said(record)}, as {StopReason.COMPUTED.value}."
    return (
        f"{noise}The fit took {steps} steps in {seconds:.3g} s on {device_said(record)}, seed {record.settings.get('seed', 0)}"
        f"{repeats}, and ended because {ends}."
    )


def _measured(record: Record) -> str:
    """Whether the noise was measured; a parameter of the task may have said it."""
    return " was taken to have" if _parameters(record) else ", measured in the image, had"


def _parameters(record: Record) -> dict[str, Any]:
    return changed(TASKS[_task(record)], record.task)


def _because(reason: StopReason) -> str:
    return "it was stopped by hand" if reason is StopReason.REQUESTED else reason.value


def _what_limits_it(record: Record) -> str:
    return " ".join(limits(record))


def _fitted(record: Record) -> list[PlaneReport]:
    return [plane for plane in record.planes if plane.iterations > _NOTHING_DONE]


def _task(record: Record) -> str:
    name = record.task.get("name")
    if not isinstance(name, str) or name not in TASKS:
        raise ValueError(f"The result was made by {shown(name)}, which this version does not have.")
    return name


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share >= 0.0001 else "less than 0.01 %"
