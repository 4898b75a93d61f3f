"""Where pictures come from: sequences and data sets of many kinds, one picture after the other or in batches."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from zflib import memory
from zflib.data import Gallery, PictureSet, UnreadablePicture
from zflib.network import ConvNet


def check_network(net: Any) -> None:
    """Raise TypeError unless it is a network that knows its receptive fields and how to prepare pictures."""
    if not isinstance(net, ConvNet):
        raise TypeError(
            f"A ConvNet is needed, which knows its receptive fields and prepares pictures, not {type(net).__name__}. "
            "DeconvNet projects other networks' units."
        )


def check_memory(net: ConvNet, size: int, batch_size: int, upto: str) -> None:
    """Raise ValueError where a batch of pictures of that side, or one while it is prepared, can't fit the memory."""
    numbers = 3 * size**2
    for step in net.architecture.geometry(size):
        if not step.name.startswith("relu"):  # which the trace holds once, with the step before
            numbers += step.maps * step.size**2
        if step.name == upto:
            break
    needed = batch_size * numbers * net.mean.element_size()
    prepared = 16 * (size * 8 / 7) ** 2 * 3  # its bytes, and some copies as float32
    memory.check(max(needed, prepared), f"A batch of {batch_size} pictures of {size:,} pixels a side", net.mean.device)


def prepared_batches(
    net: ConvNet, pictures: Any, size: int, batch_size: int, unreadable: list[str], progress: str = ""
) -> Iterator[tuple[Tensor, Tensor]]:
    """Prepared pictures in batches: their numbers in the set (N,) and the images (N, 3, S, S).

    A picture that can't be read is warned about, noted in `unreadable` and passed over. Raises TypeError where the
    first item is no picture: the others won't be.
    """
    items = as_sequence(pictures)
    order = range(len(items))
    if progress:
        from tqdm.auto import tqdm

        order = tqdm(order, desc=progress, unit="picture", mininterval=1)
    numbers, images, first = [], [], True
    for at in order:
        item = None
        try:
            item = items[at]
            image = prepared(net, item, size)
        except Exception as error:  # data sets and decoders meet rubbish with errors of every kind
            if first and item is not None and not isinstance(error, OSError | UnreadablePicture):
                raise TypeError(
                    f"Item {at} is no picture. {error} Items must be pictures or (picture, label); leave ToTensor out."
                ) from error
            unreadable.append(f"picture {at}: {error}")
            warnings.warn(f"Picture {at} is left out: {error}", stacklevel=3)
            continue
        first = False
        numbers.append(at)
        images.append(image)
        if len(images) == batch_size:
            yield torch.tensor(numbers), torch.stack(images)
            numbers, images = [], []
    if images:
        yield torch.tensor(numbers), torch.stack(images)


def prepared(net: ConvNet, item: Any, size: int) -> Tensor:
    """An item's picture as `preprocess` makes it: (3, S, S)."""
    return net.preprocess(picture_of(item), size=size)


def picture_of(item: Any) -> Any:
    """The picture of an item that is one, or (picture, label) as a tuple or a list."""
    return item[0] if isinstance(item, tuple | list) and len(item) else item


def as_sequence(pictures: Any) -> Sequence[Any]:
    """The pictures by number. Raises TypeError for what has no length or no numbers, and for one array that may be a
    single picture."""
    if isinstance(pictures, PictureSet):
        return pictures.pixels
    items = pictures.pictures if isinstance(pictures, Gallery) else pictures
    by_number = hasattr(items, "__len__") and hasattr(items, "__getitem__")
    if not by_number or isinstance(items, str | bytes | Mapping):
        raise TypeError(f"Pictures must be a sequence or a data set with a length, not {type(items).__name__}.")
    shape = getattr(items, "shape", None)
    if shape is not None and len(shape) != 4:
        raise TypeError(
            f"One array of shape {tuple(shape)} may be a single picture: put it in a list. Many in one array must have "
            "shape (N, H, W, 3)."
        )
    return items
