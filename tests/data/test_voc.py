"""PASCAL VOC 2012 from a small tree in the official layout."""

import pytest
from PIL import Image

from zflib.data import voc, voc2012

OBJECTS = {
    "2008_000002": [("tvmonitor", 0), ("person", 1)],
    "2008_000003": [("person", 1), ("person", 0), ("dog", 0)],
    "2008_000007": [("dog", 1)],
}


def annotation(objects):
    inside = "".join(f"<object><name>{n}</name><difficult>{d}</difficult></object>" for n, d in objects)
    return f"<annotation><folder>VOC2012</folder>{inside}</annotation>"


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path))
    base = tmp_path / "VOCdevkit" / "VOC2012"
    for folder in ("ImageSets/Main", "JPEGImages", "Annotations"):
        (base / folder).mkdir(parents=True)
    (base / "ImageSets" / "Main" / "train.txt").write_text("2008_000002\n2008_000003\n")
    (base / "ImageSets" / "Main" / "val.txt").write_text("2008_000007\n2008_000003\n2008_000002\n")
    for name, objects in OBJECTS.items():
        Image.new("RGB", (50, 30), (len(objects) * 60, 90, 30)).save(base / "JPEGImages" / f"{name}.jpg")
        (base / "Annotations" / f"{name}.xml").write_text(annotation(objects))
    return base


def names(rows):
    return [{voc.CLASSES[at] for at in row.nonzero()[0]} for row in rows]


def test_what_is_present_and_what_is_only_difficult(root):
    found = voc2012("val", 16)
    assert names(found.present) == [set(), {"dog", "person"}, {"tvmonitor"}]
    assert names(found.difficult) == [{"dog"}, set(), {"person"}]


def test_a_picture_that_cannot_be_read_takes_its_labels_along(root):
    (root / "JPEGImages" / "2008_000003.jpg").write_bytes(b"torn")
    found = voc2012("val", 16)
    assert len(found.pictures) == 2 and names(found.present) == [set(), {"tvmonitor"}]
    assert "2008_000003" in found.pictures.unreadable[0]


def test_what_is_missing_is_said(tmp_path, monkeypatch, root):
    with pytest.raises(ValueError, match="train and val, not 'test'"):
        voc2012("test", 16)
    (root / "Annotations" / "2008_000007.xml").write_text("<annotation><object>")
    with pytest.raises(FileNotFoundError, match=r"can't be read from .*VOC2012"):
        voc2012("val", 16)
    monkeypatch.setenv("ZFLIB_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="Set ZFLIB_DATA to the folder that holds VOCdevkit"):
        voc2012("val", 16)
