"""Pooling and unpooling against slow, obvious re-implementations."""

import itertools

import pytest
import torch
from by_hand import EXAMPLES, unpool_by_hand
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from zflib.deconvnet import pool, unpool
from zflib.deconvnet.rules import _first_maxima, transposed_by_phases


@st.composite
def pooled_maps(draw):
    """Values, switches and size of an overlapping or gappy pooling of small integers (so that maxima tie)."""
    kernel, stride = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    height, width = draw(st.integers(kernel, 8)), draw(st.integers(kernel, 8))
    seed = draw(st.integers(0, 10**6))
    x = torch.randint(0, 4, (2, 2, height, width), generator=torch.Generator().manual_seed(seed)).float()
    values, switches = pool(x, kernel, stride, ceil_mode=draw(st.booleans()))
    return x, values, switches, (height, width), kernel, stride


@EXAMPLES
@given(pooled_maps(), st.sampled_from(["sum", "last", "max"]), st.integers(0, 1000))
def test_unpool_puts_each_value_at_its_switch(device, pooled, overlap, seed):
    _, values, switches, size, _, _ = pooled
    signal = torch.randn(values.shape, generator=torch.Generator().manual_seed(seed))
    found = unpool(signal.to(device), switches.to(device), size, overlap).cpu()
    assert torch.allclose(found, unpool_by_hand(signal, switches, size, overlap))


def test_four_windows_that_share_one_maximum(device):
    x = torch.zeros(1, 1, 5, 5, device=device)
    x[0, 0, 2, 2] = 1
    _, switches = pool(x, 3, 2)
    signal = torch.tensor([[[[1.0, 4.0], [3.0, 2.0]]]], device=device)
    for overlap, expected in (("sum", 10), ("last", 2), ("max", 4)):
        back = unpool(signal, switches, (5, 5), overlap)
        assert back[0, 0, 2, 2] == expected
        assert back.sum() == expected


@pytest.mark.parametrize("lost", [torch.nan, torch.inf, -torch.inf])
def test_what_the_last_window_overwrites_leaves_nothing_behind(device, lost):
    x = torch.zeros(1, 1, 5, 5, device=device)
    x[0, 0, 2, 2] = 1
    _, switches = pool(x, 3, 2)
    for dtype in (torch.float32, torch.float16):
        signal = torch.tensor([[[[lost, 4.0], [3.0, 2.0]]]], dtype=dtype, device=device)
        back = unpool(signal, switches, (5, 5), "last")
        assert back.dtype == dtype and torch.equal(back, 2 * x.to(dtype))
    signal[..., 1, 1] = lost
    assert torch.equal(unpool(signal, switches, (5, 5), "last").isfinite(), x == 0)


def test_max_is_over_claimants_only(device):
    x = torch.zeros(1, 1, 5, 5, device=device)
    x[0, 0, 2, 2] = 1
    _, switches = pool(x, 3, 2)
    back = unpool(-torch.ones(1, 1, 2, 2, device=device), switches, (5, 5), "max")
    assert back[0, 0, 2, 2] == -1  # not the 0 that stood there before


@EXAMPLES
@given(pooled_maps())
def test_putting_pooled_values_back_and_pooling_again_changes_nothing(pooled):
    _, values, switches, size, kernel, stride = pooled
    ceil = values.shape[2] > (size[0] - kernel) // stride + 1 or values.shape[3] > (size[1] - kernel) // stride + 1
    last, largest = (unpool(values, switches, size, overlap) for overlap in ("last", "max"))
    assert torch.equal(last, largest)
    assert torch.equal(pool(last, kernel, stride, ceil_mode=ceil)[0][..., : values.shape[2], : values.shape[3]], values)


@EXAMPLES
@given(pooled_maps(), st.integers(0, 1000))
def test_summing_is_the_adjoint_of_pooling(pooled, seed):
    x, values, switches, size, _, _ = pooled
    y = torch.randn(values.shape, generator=torch.Generator().manual_seed(seed))
    assert torch.isclose((values * y).sum(), (x * unpool(y, switches, size)).sum(), rtol=1e-4, atol=1e-4)


def test_summing_is_the_backward_pass_of_max_pooling():
    x = torch.randn(2, 3, 13, 13, requires_grad=True)
    values, switches = pool(x, 3, 2)
    y = torch.randn_like(values)
    assert torch.equal(torch.autograd.grad(values, x, y)[0], unpool(y, switches, (13, 13)))


def test_a_window_of_zeros_points_at_its_first_position(device):
    _, switches = pool(torch.zeros(1, 1, 5, 5, device=device), 3, 2)
    assert switches.flatten().tolist() == [0, 2, 10, 12]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(
    ("kernel", "stride", "pad", "ceil_mode", "dilation"),
    [(3, 2, 0, True, 1), (3, 2, 1, False, 1), (2, 2, 0, False, 1), (3, 1, 1, True, 1), (2, 2, 1, True, 2)],
)
def test_of_equal_maxima_the_first_in_row_order_counts(device, layout, kernel, stride, pad, ceil_mode, dilation):
    x = torch.randint(0, 3, (2, 16, 11, 12)).float().to(device).contiguous(memory_format=layout)
    pooled, switches = pool(x, kernel, stride, pad, ceil_mode, dilation)
    assert torch.equal(switches, _first_maxima(x, pooled, kernel, stride, pad, dilation))
    x, switches = x.cpu(), switches.cpu()
    for n, c, i, j in itertools.product(range(1), range(2), *map(range, pooled.shape[2:])):
        rows, columns = ([a * stride - pad + o * dilation for o in range(kernel)] for a in (i, j))
        window = [(r, s) for r in rows for s in columns if 0 <= r < 11 and 0 <= s < 12]
        first = max(window, key=lambda at: (x[n, c, *at], (-at[0], -at[1])))
        assert divmod(int(switches[n, c, i, j]), 12) == first


def test_unpool_refuses_what_does_not_fit():
    values, switches = pool(torch.rand(1, 1, 4, 4), 2, 2)
    with pytest.raises(ValueError, match="overlap must be one of sum, last, max"):
        unpool(values, switches, (4, 4), "mean")
    with pytest.raises(ValueError, match="one shape"):
        unpool(values[:, :, :1], switches, (4, 4))


def test_a_window_that_lies_wholly_in_the_padding_is_refused():
    with pytest.raises(ValueError, match=r"dilation 2 .* all its positions in the padding of a map of 1 x 1"):
        pool(torch.ones(1, 1, 1, 1), 2, 1, pad=1, dilation=2)


@EXAMPLES
@given(st.integers(1, 6), st.integers(1, 6), st.integers(2, 5), st.integers(1, 7), st.integers(1, 7))
def test_filtering_back_by_phases_is_torchs_transposed_convolution(ky, kx, stride, height, width):
    x, weight = torch.randn(2, 4, height, width).double(), torch.randn(4, 3, ky, kx).double()
    expected = F.conv_transpose2d(x, weight, stride=stride)
    assert torch.allclose(transposed_by_phases(x, weight, stride), expected)
