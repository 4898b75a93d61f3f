"""The cheat sheet's numbers are those that torch and the library give."""

import re

import pytest
import torch
from pages import TEXT
from torch.nn import functional as F

import zflib
from zflib.deconvnet import unpool


def cells(page, first):
    """Rows of the table of a page whose header begins with these words, header left out."""
    lines = re.search(rf"^\| {re.escape(first)}.*\n((?:^\|.*\n)+)", TEXT[page], flags=re.MULTILINE)[1].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def numbers(text):
    return [float(word) for word in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", text.replace("\u2212", "-"))]


def test_cheat_sheet_carries_a_unit_down_as_torch_does():
    words, up, _, down = zip(*cells("cheat_sheet.md", "Up"), strict=True)
    x, conv1, relu1, pooled, conv2, relu2 = (torch.tensor(numbers(row))[None, None] for row in up)
    *taps, stride, bias = numbers(words[1].removeprefix("conv1"))
    first = torch.tensor(taps)[None, None]
    assert torch.equal(F.conv1d(x, first, stride=int(stride)) + bias, conv1)
    assert torch.equal(conv1.relu(), relu1)
    kernel, step, *switches = map(int, numbers(words[3]))
    found, where = F.max_pool1d(relu1, kernel, step, return_indices=True)
    assert torch.equal(found, pooled)
    assert where.flatten().tolist() == switches
    *taps, bias = numbers(words[4].removeprefix("conv2"))
    second = torch.tensor(taps)[None, None]
    assert torch.equal(F.conv1d(pooled, second) + bias, conv2)
    assert torch.equal(conv2.relu(), relu2)

    came = [relu2, relu2.relu()]
    came.append(F.conv_transpose1d(came[-1], second))
    came.append(unpool(came[-1][:, :, None], where[:, :, None], (1, relu1.shape[2]))[:, :, 0])
    came.append(came[-1].relu())
    came.append(F.conv_transpose1d(came[-1], first, stride=int(stride)))
    assert [numbers(row) for row in down] == [each.flatten().tolist() for each in reversed(came)]


def test_cheat_sheet_has_the_three_rules_and_the_three_policies():
    header = re.search(r"activation (.+), signal (.+?) \|", TEXT["cheat_sheet.md"])
    activation, signal = (torch.tensor(numbers(part)) for part in header.groups())
    passes = {"gradient": activation > 0, "deconvnet": signal > 0, "guided": (activation > 0) & (signal > 0)}
    for rule, _, after, _ in cells("cheat_sheet.md", "At a ReLU"):
        assert numbers(after) == (signal * passes.pop(rule)).tolist()
    assert not passes

    claims = torch.tensor(numbers(re.search(r"\| Claims \| (.+?) \|", TEXT["cheat_sheet.md"])[1]))
    at = torch.zeros(1, 1, 2, 2, dtype=torch.int64)
    policies = cells("cheat_sheet.md", "Claims")
    assert len(policies) == 3
    for policy, value, *_ in policies:
        came = unpool(claims.view(1, 1, 2, 2), at, (1, 1), policy.split("`")[1])
        assert came.item() == float(value)


def test_cheat_sheet_prints_sides_and_frequencies_as_the_library_has_them():
    text = " ".join(TEXT["cheat_sheet.md"].split())
    sides = [zflib.ZFNET.input_size, *(s.size for s in zflib.ZFNET.geometry() if s.name.startswith(("conv", "pool")))]
    assert numbers(re.search(r"the sides are ([\d, ]+) from", text)[1]) == sides
    stride, *folded = numbers(re.search(r"stride 4 takes .+? in cycles", text)[0])
    before, after = (folded[0], *folded[2:4]), (folded[1], *folded[4:6])
    assert zflib.aliasing.fold(before, int(stride)) == pytest.approx(after)
