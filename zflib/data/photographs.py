"""The photographs inside the scikit-image and scikit-learn packages: real pictures that need no network.

Left out are drawings and test patterns, images that no camera took, the right eye's twin of `motorcycle`, and
pictures too small for the networks. Sources and licences are as the two packages state them.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import as_file, files

from PIL import Image

from zflib.arguments import brief
from zflib.data.pictures import read


@dataclass(frozen=True)
class Photograph:
    """A photograph by name, with where it comes from and on what terms; its pixels are read when asked for.

    name     what `photograph` takes
    title    a caption
    source   who took it, or where the package has it from
    licence  the terms of use
    file     where it lies: the package, then the path inside it
    """

    name: str
    title: str
    source: str
    licence: str
    file: str

    @property
    def picture(self) -> Image.Image:
        """The photograph in RGB, read afresh each time, so that drawing on it spoils nothing.

        Raises UnreadablePicture when the installed package no longer holds the file.
        """
        package, path = self.file.split("/", 1)
        with as_file(files(package) / path) as where:
            return read(where)


_CC0 = "CC0"
_FREE = "no known copyright restrictions"
# scikit-image says nothing about these two besides the licence of the whole package.
_PACKAGE = "BSD-3-Clause, as the whole of scikit-image"


def photographs() -> tuple[Photograph, ...]:
    """All of them, in a fixed order: colour first, then grey."""
    return _PHOTOGRAPHS


def photograph(name: str) -> Photograph:
    """One photograph, such as "astronaut". Raises KeyError, listing the names, for one that isn't there."""
    for each in _PHOTOGRAPHS:
        if each.name == name:
            return each
    raise KeyError(f"No photograph is called {brief(repr(name))}; there are {', '.join(p.name for p in _PHOTOGRAPHS)}.")


_PHOTOGRAPHS = (
    Photograph(
        "astronaut",
        "Eileen Collins, astronaut",
        "NASA Great Images database",
        "public domain",
        "skimage/data/astronaut.png",
    ),
    Photograph("chelsea", "Chelsea the cat", "Stefan van der Walt", _CC0, "skimage/data/chelsea.png"),
    Photograph("coffee", "A cup of coffee", "Rachel Michetti, Pikolo Espresso Bar", _CC0, "skimage/data/coffee.png"),
    Photograph(
        "china",
        "A pagoda by a lake in China",
        "danielbuechele on Flickr",
        "CC BY 2.0",
        "sklearn/datasets/images/china.jpg",
    ),
    Photograph("flower", "A dahlia", "vultilion on Flickr", "CC BY 2.0", "sklearn/datasets/images/flower.jpg"),
    Photograph(
        "motorcycle",
        "A motorcycle in a garage",
        "Middlebury 2014 stereo data set (Scharstein et al., GCPR 2014)",
        "free to use and publish, with a request to cite",
        "skimage/data/motorcycle_left.png",
    ),
    Photograph("rocket", "Falcon 9 at lift-off", "SpaceX", "public domain", "skimage/data/rocket.jpg"),
    Photograph(
        "retina",
        "The retina of a human eye",
        "Mikael Häggström, Wikimedia Commons",
        _CC0,
        "skimage/data/retina.jpg",
    ),
    Photograph(
        "tissue",
        "Stained glands of the colon under a microscope",
        "Center for Microscopy and Molecular Imaging (CMMI)",
        _FREE,
        "skimage/data/ihc.png",
    ),
    Photograph(
        "galaxies",
        "Hubble eXtreme Deep Field",
        "NASA, HubbleSite",
        "public domain",
        "skimage/data/hubble_deep_field.jpg",
    ),
    Photograph("camera", "A man with a camera", "Lav Varshney", _CC0, "skimage/data/camera.png"),
    Photograph("brick", "A brick wall", "CC0Textures, Bricks25", _CC0, "skimage/data/brick.png"),
    Photograph("grass", "Grass", "linolafett on DeviantArt", _CC0, "skimage/data/grass.png"),
    Photograph("gravel", "Gravel", "CC0Textures, Gravel04", _CC0, "skimage/data/gravel.png"),
    Photograph("coins", "Greek coins from Pompeii", "Brooklyn Museum Collection", _FREE, "skimage/data/coins.png"),
    Photograph("moon", "The surface of the moon", "scikit-image", _PACKAGE, "skimage/data/moon.png"),
    Photograph("page", "A printed page", "scikit-image", _PACKAGE, "skimage/data/page.png"),
    Photograph(
        "text", "Handwriting on squared paper", "Wikipedia, Corner.png", "public domain", "skimage/data/text.png"
    ),
    Photograph(
        "clock",
        "A wall clock, blurred by motion",
        "Stefan van der Walt",
        "public domain",
        "skimage/data/clock_motion.png",
    ),
)
