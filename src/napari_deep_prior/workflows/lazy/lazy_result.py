"""restore_lazily(): dask arrays of a result, whose planes are restored when they are computed."""

from __future__ import annotations

import dataclasses
import importlib
import itertools
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.labelled import is_labelled, labelled_like
from napari_deep_prior.core.data.sink import RestoredPlane
from napari_deep_prior.core.diagnostics.input_notes import warn_of_input
from napari_deep_prior.core.results import PlaneReport, Record
from napari_deep_prior.core.run.arguments import as_image
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import AbstractTask
from napari_deep_prior.workflows.lazy.blocks import Blocks
from napari_deep_prior.workflows.lazy.plane_drawer import PlaneDrawer

if TYPE_CHECKING:
    from dask.delayed import Delayed

_FLOAT, _BOOL = np.dtype(np.float32), np.dtype(np.bool_)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LazyResult:
    """A result whose planes are restored when they are computed; what is computed together is restored once.

    Attributes
    ----------
    image
        A dask array, float32, or a labelled one (xarray) where the image is. Along the axes of the stack it has the chunks of the image;
        each holds whole planes, or volumes.
    uncertainty, invented
        Likewise, as in `Result`.
    record
        Computed, the record: ``dask.compute(result.image, result.record)`` restores each plane once for both.
    network
        The network that draws, to be kept; None where each plane has a fit of its own.
    """

    image: Any
    uncertainty: Any
    invented: Any
    record: Delayed
    network: KeptNetwork | None


def restore_lazily(
    image: Any,
    task: AbstractTask | None = None,
    *,
    axes: Axes | str | None = None,
    settings: Settings | None = None,
    network: KeptNetwork | None = None,
) -> LazyResult:
    """Learn what holds for all planes of a stack now, from some of them, and restore each when it is computed: the same bits as `restore`.

    Parameters
    ----------
    image
        A dask array, a labelled one (xarray) of dask or of a file, or what has a shape and a dtype and can be indexed (zarr, HDF5).
    task, axes, settings, network
        As for `restore`. Where each plane has a fit of its own (``Settings(network="each")``, methods that cannot be shared), it is fitted
        when it is computed.

    Raises
    ------
    ImportError
        If dask is missing.
    TypeError, ValueError, RunError
        As for `restore`, about what is learnt from; planes that cannot be restored raise it when they are computed.
    """
    try:
        da = _dask_array()
    except ImportError as error:
        raise ImportError('Lazy results need dask: pip install "napari-deep-prior[cluster]"') from error
    image = as_image(image)
    found = Axes.of(image, axes)
    whole = image.data if is_labelled(image) and getattr(image, "chunks", None) is not None else image
    drawer = PlaneDrawer(whole, task=task, settings=settings, axes=found, network=network)
    warn_of_input(whole, drawer.fit.axes, drawer.fit.task, drawer.fit.settings)
    source = whole if hasattr(whole, "rechunk") else da.from_array(whole, name=False, lock=True, asarray=True)
    source = source.rechunk({axis: -1 for axis in range(source.ndim) if axis not in drawer.fit.axes.stack})
    graph = _Graph(drawer, source)
    return LazyResult(
        image=labelled_like(image, graph.array("image", _FLOAT)),
        uncertainty=labelled_like(image, graph.array("uncertainty", _FLOAT), name="uncertainty"),
        invented=labelled_like(image, graph.array("invented", _BOOL), name="invented"),
        record=graph.record(),
        network=drawer.fit.network if drawer.fit.is_shared else None,
    )


def _dask_array() -> Any:
    """The module `dask.array`, which has no types."""
    return importlib.import_module("dask.array")


class _Graph:
    """The tasks of a lazy result: one that restores the planes of a block, of which those of all arrays and of the record take theirs."""

    def __init__(self, drawer: PlaneDrawer, source: Any) -> None:
        from dask.highlevelgraph import HighLevelGraph

        self._fit, self._source, self._token = drawer.fit, source, uuid.uuid4().hex
        self._restored, self._learnt = f"restored-{self._token}", f"learnt-{self._token}"
        self._blocks = Blocks(tuple(source.chunks[axis] for axis in self._fit.axes.stack))
        keys = _flat(source.__dask_keys__())
        layer: dict[Any, Any] = {self._learnt: (drawer, self._blocks)}
        for block in range(len(self._blocks)):
            read = self._blocks.read_for(block, self._fit.reads)
            layer[self._restored, block] = (_restore, self._learnt, block, read, [keys[number] for number in read])
        self._graph = HighLevelGraph.from_collections(self._restored, layer, dependencies=[source])

    def _with(self, name: str, layer: Mapping[Any, Any]) -> Any:
        from dask.highlevelgraph import HighLevelGraph

        depends = {**self._graph.dependencies, name: {self._restored}}
        return HighLevelGraph({**self._graph.layers, name: layer}, depends)

    def array(self, part: str, dtype: np.dtype[Any]) -> Any:
        """Of the image, its uncertainty or invented pixels."""
        axes, name = self._fit.axes, f"{part}-{self._token}"
        sizes = enumerate(self._fit.result_shape)
        chunks = tuple(self._source.chunks[axis] if axis in axes.stack else (size,) for axis, size in sizes)
        keys = itertools.product(*(range(len(along)) for along in chunks))
        layer = {(name, *key): (_part, (self._restored, block), part, axes) for block, key in enumerate(keys)}
        return _dask_array().Array(self._with(name, layer), name, chunks, dtype=dtype)

    def record(self) -> Delayed:
        """Of all planes, none of which it needs in memory."""
        delayed: Any = importlib.import_module("dask.delayed")
        name, parts = f"record-{self._token}", f"report-{self._token}"
        layer: dict[Any, Any] = {(parts, n): (_account, (self._restored, n)) for n in range(len(self._blocks))}
        layer[name] = (_record, self._learnt, list(layer))
        found: Delayed = delayed.Delayed(name, self._with(name, layer))
        return found


def _flat(keys: Any) -> list[Any]:
    """The keys of the blocks of an array in order."""
    return list(itertools.chain.from_iterable(map(_flat, keys))) if isinstance(keys, list) else [keys]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Restored:
    """Planes of a block in order, and its sizes along the axes of the stack."""

    planes: Sequence[RestoredPlane]
    sizes: tuple[int, ...]


_Learnt = tuple[PlaneDrawer, Blocks]


def _restore(learnt: _Learnt, block: int, read: Sequence[int], pixels: Sequence[NDArray[np.generic]]) -> Restored:
    drawer, blocks = learnt
    axes, numbers = drawer.fit.axes, blocks.planes(block)
    known = {
        int(number): np.asarray(array[index])
        for other, array in zip(read, pixels, strict=True)
        for number, index in zip(blocks.planes(other).flat, axes.planes(array.shape), strict=True)
    }
    planes = [drawer.draw(int(number), known) for number in numbers.flat]
    return Restored(planes, numbers.shape)


def _part(restored: Restored, part: str, axes: Axes) -> NDArray[np.generic]:
    planes = [getattr(plane, part) for plane in restored.planes]
    inside, along = iter(planes[0].shape), dict(zip(axes.stack, restored.sizes, strict=True))
    whole = np.empty(
        [along[axis] if axis in along else next(inside) for axis in range(len(axes.letters))], planes[0].dtype
    )
    for index, plane in zip(axes.planes(whole.shape), planes, strict=True):
        whole[index] = plane
    return whole


def _account(restored: Restored) -> list[tuple[bytes, PlaneReport]]:
    return [(plane.digest, plane.report) for plane in restored.planes]


def _record(learnt: _Learnt, parts: Sequence[Sequence[tuple[bytes, PlaneReport]]]) -> Record:
    return learnt[0].record([plane for part in parts for plane in part])
