"""Which layer is the image to be restored, when layers are selected, come, or are given another part to play.

What one looks at is what is restored:

- A layer that is selected is the image, be it by a click or because it has just been opened: it lies on top then.
- A result stands for the image it was made from.
- A layer that goes with the image, such as a PSF, is not the image; to select it, say for its contrast, changes nothing.
- Where the task waits for a layer that does not lie over the image, as for a PSF, one that has just been opened is left to be chosen
  there. A click on it makes it the image all the same.
- A layer that is chosen to go with the image while it is the image itself was opened for that: the image before it is the image again.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from napari_deep_prior._napari.layers.source import FROM, KEY

if TYPE_CHECKING:
    from napari.layers import Layer


class ChosenImage:
    """Puts the image that is meant into its chooser.

    Parameters
    ----------
    chooser
        Of the images.
    companions
        The layers that go with the image now.
    waits_for
        What the task waits for, "PSF", that a layer just opened may be; empty where it waits for nothing.
    say
        Tells the user.
    """

    def __init__(
        self,
        chooser: Any,
        companions: Callable[[], Iterable[Any]],
        waits_for: Callable[[], str],
        say: Callable[[str], None],
    ) -> None:
        self._chooser, self._companions, self._waits_for, self._say = chooser, companions, waits_for, say
        self._seen = weakref.WeakSet[Any](chooser.choices)
        self._now: Any = chooser.value
        self._before: Any = None
        self._selected: Any = None
        chooser.changed.connect(self._on_image)

    def look_at(self, layer: Layer | None) -> None:
        """A layer was selected, or none; napari tells of one that comes twice."""
        again, self._selected = layer == self._selected, layer
        if layer is None or again:
            return
        opened = layer not in self._seen
        self._seen.add(layer)
        if any(layer == used for used in self._companions()) or (meant := self._meant_by(layer)) is None:
            return
        wanted, image = self._waits_for(), self._chooser.value
        if opened and wanted and image is not None and meant != image:
            self._say(
                f"The image is still '{image.name}'. Choose '{layer.name}' as {wanted}, or click it to restore it."
            )
        else:
            self._chooser.value = meant

    def give_way(self) -> None:
        """The image may have been chosen to go with itself."""
        image, before = self._chooser.value, self._before
        if image is None or not any(image == used for used in self._companions()):
            return
        if any(before == offered for offered in self._chooser.choices):
            self._chooser.value = before
            self._say(f"The image is '{before.name}' again: '{image.name}' goes with it.")

    def _on_image(self, image: Layer | None) -> None:
        if image != self._now:
            self._before, self._now = self._now, image

    def _meant_by(self, layer: Layer) -> Any:
        """The image that a layer is or stands for; None where that is not there."""
        made_from = layer.metadata.get(FROM) or (layer.metadata.get(KEY) or {}).get("layers", {}).get("image")
        offered = self._chooser.choices
        return next((one for one in offered if (one == layer if made_from is None else one.name == made_from)), None)
