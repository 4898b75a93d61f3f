"""Pictures and data sets: what the networks look at."""

from zflib.data.caltech import caltech101, caltech256
from zflib.data.gallery import Gallery, gallery
from zflib.data.photographs import Photograph, photograph, photographs
from zflib.data.pictures import UnreadablePicture, read
from zflib.data.sets import PictureSet, data_root, folder, imagenette, part
from zflib.data.synthetic import SyntheticSet, synthetic
from zflib.data.voc import SeveralLabels, voc2012

__all__ = [
    "Gallery",
    "Photograph",
    "PictureSet",
    "SeveralLabels",
    "SyntheticSet",
    "UnreadablePicture",
    "caltech101",
    "caltech256",
    "data_root",
    "folder",
    "gallery",
    "imagenette",
    "part",
    "photograph",
    "photographs",
    "read",
    "synthetic",
    "voc2012",
]
