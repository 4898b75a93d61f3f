"""Numbers and words where they belong on the axes."""

import numpy as np

from zflib import plots


def test_numbers_writes_every_value_and_marks_positions(axes):
    plots.numbers(axes, [[0, 1, 2], [3, 4.5, 5]], marked=[[4]], title="a map")
    assert [text.get_text() for text in axes.texts] == ["0", "1", "2", "3", "4.5", "5"]
    assert [patch.get_xy() for patch in axes.patches] == [(0.5, 0.5)]  # position 4: row 1, column 1
    assert axes.yaxis_inverted() and axes.get_title() == "a map"


def test_name_points_puts_words_beside_their_points_and_apart(axes):
    x, y, words = [1, 1.02, 5, 9.9], [1, 1.02, 5, 9.9], ["one", "a neighbour", "alone", "at the corner"]
    axes.plot(x, y, "o")
    axes.set(xlim=(0, 10), ylim=(0, 10))
    plots.name_points(axes, x, y, words)
    boxes = [text.get_window_extent() for text in axes.texts]
    assert [text.get_text() for text in axes.texts] == words
    inside = axes.get_window_extent()
    for at, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:at])
        assert inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 and box.y1 <= inside.y1
        point = axes.transData.transform((x[at], y[at]))
        assert not box.contains(*point) and np.abs(np.clip(point, box.min, box.max) - point).max() < 12
