"""zflib: run "Visualizing and Understanding Convolutional Networks" (Zeiler & Fergus, arXiv:1311.2901)."""

from zflib._torchvision import declare_missing_operators

declare_missing_operators()

from zflib.architecture import ALEXNET, ZFNET, Architecture  # noqa: E402
from zflib.network import ConvNet, device  # noqa: E402
