"""Pictures and data sets: what the networks look at."""

from zflib.data.gallery import Gallery, gallery
from zflib.data.photographs import Photograph, photograph, photographs
from zflib.data.pictures import UnreadablePicture, read
from zflib.data.sets import PictureSet, data_root, folder, imagenette, part
from zflib.data.synthetic import SyntheticSet, synthetic

__all__ = [
    "Gallery",
    "Photograph",
    "PictureSet",
    "SyntheticSet",
    "UnreadablePicture",
    "data_root",
    "folder",
    "gallery",
    "imagenette",
    "part",
    "photograph",
    "photographs",
    "read",
    "synthetic",
]
