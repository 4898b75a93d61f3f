"""zflib: run "Visualizing and Understanding Convolutional Networks" (Zeiler & Fergus, arXiv:1311.2901)."""

from zflib.architecture import ALEXNET, ZFNET, Architecture
from zflib.network import ConvNet, device
