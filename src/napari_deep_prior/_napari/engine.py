"""The window's one door to the core, loaded late: torch may be slow to import, missing, or broken."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from napari_deep_prior.core.compute.device import Device
    from napari_deep_prior.core.data.axes import Axes
    from napari_deep_prior.core.diagnostics.trust import Trust
    from napari_deep_prior.core.results import PlaneReport, Record, Result, Snapshot
    from napari_deep_prior.core.run.shared.kept_network import KeptNetwork
    from napari_deep_prior.core.settings import Settings
    from napari_deep_prior.core.tasks import AbstractTask


class EngineMissing(Exception):
    """PyTorch, and with it the engine, could not be loaded; the text says what to do about it."""


class FitLike(Protocol):
    """What the window asks of a fit; the tests stand one in that takes no time."""

    @property
    def task(self) -> AbstractTask:
        """What is restored, with its companions."""

    @property
    def axes(self) -> Axes:
        """Which axis of the image is what."""

    @property
    def device(self) -> Device:
        """Where it computes."""

    @property
    def result(self) -> Result:
        """The kept image so far."""

    @property
    def network(self) -> KeptNetwork:
        """The network that drew all planes. ValueError: there is none."""

    def __iter__(self) -> Iterator[Snapshot]:
        """Runs the fit, or goes on with it."""

    def stop(self) -> None:
        """End after the present step. From any thread."""

    def choose(self, snapshot: Snapshot, /) -> None:
        """Take an earlier snapshot as the result of its plane."""

    def resume(self, iterations: int | None, seconds: float | None, back_to: int | None, /) -> None:
        """Give the present plane a further budget; the next iteration goes on."""


class FitMaker(Protocol):
    """Makes a fit of an image."""

    def __call__(self, image: Any, task: AbstractTask, settings: Settings, /, *, axes: str, first: int) -> FitLike:
        """May be slow: called in the thread of the run. `first` is the number of the plane to begin with."""


class BatchEvent(Protocol):
    """What happens to one of many files."""

    @property
    def image(self) -> Path:
        """The file."""

    @property
    def status(self) -> Literal["done before", "begins", "restored", "failed", "stopped"]:
        """What has happened to it."""

    @property
    def message(self) -> str:
        """Why it failed."""


class Batch(Protocol):
    """Many files that are restored in the same way."""

    @property
    def images(self) -> Sequence[Path]:
        """The files."""

    def output(self, image: Path, /) -> Path:
        """Where the result of one goes."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What the window uses of the core that needs PyTorch. No other file of the window imports such a part.

    Attributes
    ----------
    tasks, settings, axes
        The tasks by name, and the classes of settings and of axes.
    fit
        Makes a fit.
    choose_device
        (device, precision) -> where a fit would compute.
    forecast_bytes
        (task, shape of a plane, settings) -> memory a fit takes, at least and at most, and on which device.
    missing_words
        How many pixels of an image were missing, and how they come back.
    available_bytes
        Memory of a device that is free; None where it cannot be told.
    bad_pixel_kinds, find_bad_pixels
        Kinds of bad pixels, and the search for them in one channel of a plane.
    examine, course_warnings
        How far a result can be trusted, by what it shows and by how its run went.
    residual, flux_map, blend
        What was taken away, where that is light, and a mixture with the observed image.
    write_network
        Keeps a network in a file.
    pure_noise
        What the recipe of a result draws on a flat field with the noise of one of its planes, in words.
    batch, run_many
        Many files, and what restores them, telling what happens to each.
    """

    tasks: Mapping[str, type[AbstractTask]]
    settings: type[Settings]
    axes: type[Axes]
    fit: FitMaker
    choose_device: Callable[[str, str], Device]
    forecast_bytes: Callable[[AbstractTask, tuple[int, ...], Settings], tuple[int, int, Device]]
    available_bytes: Callable[[Device], int | None]
    bad_pixel_kinds: Sequence[str]
    find_bad_pixels: Callable[..., NDArray[np.uint8]]
    examine: Callable[[Any, Result, AbstractTask, Axes], Trust]
    course_warnings: Callable[[Sequence[PlaneReport], int], tuple[str, ...]]
    missing_words: Callable[[Any, Result, AbstractTask, Axes], str]
    residual: Callable[[Any, NDArray[np.float32], AbstractTask, Axes], NDArray[np.float32]]
    flux_map: Callable[[Any, NDArray[np.float32], AbstractTask, Axes], NDArray[np.float32]]
    blend: Callable[[NDArray[np.generic], NDArray[np.floating[Any]], float], NDArray[np.float32]]
    write_network: Callable[..., None]
    pure_noise: Callable[[Any, AbstractTask, Axes, Record, int, Callable[[Any], Any]], tuple[str, ...]]
    batch: Callable[..., Batch]
    run_many: Callable[..., Generator[BatchEvent, None, None]]


def load() -> Engine:
    """Import the engine.

    Raises
    ------
    EngineMissing
        If PyTorch does not load.
    """
    try:
        from napari_deep_prior.core.compute.device import choose
        from napari_deep_prior.core.compute.memory import available_bytes
        from napari_deep_prior.core.data.axes import Axes
        from napari_deep_prior.core.diagnostics.course import course_warnings
        from napari_deep_prior.core.diagnostics.flux_map import flux_map
        from napari_deep_prior.core.diagnostics.forecast import forecast_bytes
        from napari_deep_prior.core.diagnostics.missing import missing_words
        from napari_deep_prior.core.diagnostics.pure_noise import pure_noise_control
        from napari_deep_prior.core.diagnostics.residual import blend, residual
        from napari_deep_prior.core.diagnostics.trust import examine
        from napari_deep_prior.core.imaging.bad_pixels import KINDS, find_bad_pixels
        from napari_deep_prior.core.settings import Settings
        from napari_deep_prior.core.tasks import TASKS
        from napari_deep_prior.workflows.control import recipe_in_hand
        from napari_deep_prior.workflows.network_file import make_fit, write_network
        from napari_deep_prior.workflows.run_many import Batch as Many
        from napari_deep_prior.workflows.run_many import run_many
    except (ImportError, OSError) as error:
        raise EngineMissing(explained(error)) from error
    return Engine(
        tasks=TASKS,
        settings=Settings,
        axes=Axes,
        fit=make_fit,
        choose_device=choose,
        forecast_bytes=forecast_bytes,
        available_bytes=available_bytes,
        bad_pixel_kinds=KINDS,
        find_bad_pixels=find_bad_pixels,
        examine=examine,
        course_warnings=course_warnings,
        missing_words=missing_words,
        residual=residual,
        flux_map=flux_map,
        blend=blend,
        write_network=write_network,
        pure_noise=lambda *made: pure_noise_control(recipe_in_hand(*made[:-1]), watch=made[-1]).sentences,
        batch=Many,
        run_many=run_many,
    )


def explained(error: ImportError | OSError) -> str:
    """What to do about an import that failed, in words."""
    if isinstance(error, ModuleNotFoundError):
        cure = f"Install it into napari's environment:\npip install {error.name or 'torch'}\nThen restart napari."
    elif getattr(error, "winerror", None) in (1114, 126):
        # Windows, PyTorch 2.9 and later: its libraries do not load once Qt has loaded its own (pytorch issue 166628).
        cure = (
            "On Windows PyTorch must be loaded before the window. Close napari and start it with\n"
            "napari-deep-prior gui\n"
            "If that does not help, install the Microsoft Visual C++ Redistributable and restart."
        )
    else:
        cure = "Reinstall PyTorch for your system (pytorch.org, Get started), then restart napari."
    return f"PyTorch does not load, so nothing can be restored yet.\n\n{cure}\n\nWhat the system says: {error}"
