"""OME-XML: which image of it lies in the file that was opened, and whether all of it is there.

OME-TIFF may spread its images over many files, each of which describes all of them. Other files are followed only where
they lie in the same folder and say themselves that they belong together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import tifffile

from napari_deep_prior.files.formats._tiff_structure import check_structure
from napari_deep_prior.files.picture import PixelSize, Unreadable, pixel_size

_MOST_PLANES = 10_000_000
"""Planes of one image, at most: what claims more is no image."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class OmeImage:
    """The one image of an OME-TIFF that is read.

    Attributes
    ----------
    xml
        The metadata of this image alone, for the decoder.
    pixels
        Its element ``Pixels``.
    notes
        What a user should know about the choice.
    """

    xml: str
    pixels: ElementTree.Element
    notes: tuple[str, ...]

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels; none where one has no name."""
        names = [channel.get("Name") for channel in self.pixels.findall("{*}Channel")]
        return tuple(name for name in names if name) if all(names) else ()

    def pixel_sizes(self) -> Iterator[tuple[str, PixelSize | None]]:
        """Letter of an axis, and the distance between its neighbours."""
        for letter in "XYZ":
            unit = self.pixels.get(f"PhysicalSize{letter}Unit", "µm")
            yield letter, pixel_size(self.pixels.get(f"PhysicalSize{letter}"), unit)
        yield "T", pixel_size(self.pixels.get("TimeIncrement"), self.pixels.get("TimeIncrementUnit", "s"))


def read_root(xml: str) -> ElementTree.Element:
    """The root of OME-XML.

    Raises
    ------
    ValueError
        If it is no XML.
    """
    try:
        return ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise ValueError(f"its OME-XML is damaged: {error}") from None


def choose_image(xml: str, path: Path) -> OmeImage | None:
    """The first image of which this file holds planes; None where the XML describes no images.

    Raises
    ------
    Unreadable
        If no image lies in this file, or a part of it is in a file that is missing or does not belong to it.
    """
    root = read_root(xml)
    images = [(image, pixels) for image in root.findall("{*}Image") if (pixels := image.find("{*}Pixels")) is not None]
    if not images:
        return None
    own = [number for number, (_, pixels) in enumerate(images) if _is_here(pixels, root, path)]
    if not own and len(_files_of(root)) == 1:  # renamed after it was written
        _forget_names(root)
        own = [0]
    if not own:
        others = ", ".join(sorted(name for name, _ in _files_of(root))[:3])
        raise Unreadable(f"{path} holds none of the images that it describes: open {others} instead.")
    chosen, pixels = images[own[0]]
    _check_size(pixels, path)
    _check_other_files(pixels, root, path)
    for image, _ in images:
        if image is not chosen:
            root.remove(image)
    return OmeImage(ElementTree.tostring(root, "unicode"), pixels, tuple(_notes(path, len(images), own)))


def _notes(path: Path, images: int, own: list[int]) -> Iterator[str]:
    if len(own) > 1:
        yield f"{path.name} holds {len(own)} images; the first is used."
    if images > len(own):
        yield f"{path.name} belongs to a set of {images} images; the one in this file is used."


def _is_here(pixels: ElementTree.Element, root: ElementTree.Element, path: Path) -> bool:
    """Whether planes of this image are in the file itself."""
    parts = pixels.findall("{*}TiffData")
    return not parts or any(_is_own(part.find("{*}UUID"), root, path) for part in parts)


def _is_own(uuid: ElementTree.Element | None, root: ElementTree.Element, path: Path) -> bool:
    if uuid is None:
        return True
    if root.get("UUID") is not None and uuid.text is not None:
        return uuid.text.strip() == str(root.get("UUID")).strip()
    return str(uuid.get("FileName")).lower() == path.name.lower()


def _files_of(element: ElementTree.Element) -> set[tuple[str, str]]:
    """Name and identifier of each file that is mentioned."""
    return {(str(uuid.get("FileName")), str(uuid.text).strip()) for uuid in element.iter() if _is_uuid(uuid)}


def _is_uuid(element: ElementTree.Element) -> bool:
    return element.tag.rpartition("}")[2] == "UUID"


def _forget_names(root: ElementTree.Element) -> None:
    """Without the names of files, all planes are in the file itself."""
    for part in root.iter():
        for uuid in [child for child in part if _is_uuid(child)]:
            part.remove(uuid)


def _check_size(pixels: ElementTree.Element, path: Path) -> None:
    """Refuse numbers for which no decoder should make room."""
    claims = [int(value) for key, value in pixels.attrib.items() if key in ("SizeC", "SizeZ", "SizeT")]
    planes = 1
    for claim in claims:
        planes *= max(claim, 1)
    for part in pixels.findall("{*}TiffData"):
        numbers = ("IFD", "PlaneCount", "NumPlanes", "FirstC", "FirstZ", "FirstT")
        claims += [int(part.get(name, 0)) for name in numbers]
    if planes > _MOST_PLANES or max(claims, default=0) > _MOST_PLANES:
        raise Unreadable(f"{path} claims to hold {max([planes, *claims])} planes, which no file of its size can.")


def _check_other_files(pixels: ElementTree.Element, root: ElementTree.Element, path: Path) -> None:
    for part in pixels.findall("{*}TiffData"):
        uuid = part.find("{*}UUID")
        if uuid is not None and not _is_own(uuid, root, path):
            _check_sibling(str(uuid.get("FileName")), str(uuid.text).strip(), path)


def _check_sibling(name: str, identifier: str, path: Path) -> None:
    """Refuse another file that lies elsewhere, is missing, or says of itself that it is another one."""
    if Path(name).name != name or "\\" in name or name in (".", "..") or ":" in name:
        raise Unreadable(f"{path} takes planes from {name}, outside of its folder: save the image as one file.")
    other = path.with_name(name)
    if not other.is_file():
        raise Unreadable(
            f"{path} is one of several files of an image, and {name} is missing: put all of them into one folder."
        )
    check_structure(other)
    with tifffile.TiffFile(other, _multifile=False) as tiff:
        xml = tiff.ome_metadata
    said = None if xml is None else read_root(xml).get("UUID")
    if said is not None and said.strip() != identifier:
        raise Unreadable(
            f"{path} takes planes from {name}, which belongs to another image: save the image as one file."
        )
