"""Axes to draw on."""

import pytest

from zflib import plots


@pytest.fixture
def axes():
    figure, axes = plots.figure()
    yield axes
    figure.clear()
