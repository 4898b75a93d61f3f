import numpy as np
import pytest
import torch

import zflib
from zflib.training.evaluate import centre_logits, evaluate


@pytest.fixture(scope="module")
def net(tiny):
    torch.manual_seed(0)
    mean = torch.tensor([110.0, 120.0, 130.0]).view(3, 1, 1)
    return zflib.ConvNet(tiny, mean).initialise(0.08, seed=2).train()


@pytest.fixture(scope="module")
def pictures():
    return zflib.data.synthetic(11, 73, seed=4)


def softmax(logits):
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def logits_of(net, crops):
    net.eval()
    with torch.no_grad():
        logits = net(torch.from_numpy(crops.transpose(0, 3, 1, 2).copy()).float()).double().cpu().numpy()
    net.train()
    return logits


def test_one_crop_is_the_preprocessed_picture(net, pictures):
    x = torch.stack([net.preprocess(picture) for picture in pictures.pixels])
    net.eval()
    with torch.no_grad():
        expected = net(x).cpu()
    net.train()
    assert net.resized_side == 73
    assert np.allclose(centre_logits(net, pictures, batch_size=4), expected, atol=1e-5)
    seen = evaluate(net, pictures, batch_size=4)
    assert np.allclose(seen.log_probabilities, expected.log_softmax(1), atol=1e-5)
    right = expected.argmax(1).numpy() == pictures.labels
    assert seen.top1 == pytest.approx(right.mean())
    assert seen.loss == pytest.approx(
        torch.nn.functional.cross_entropy(expected, torch.from_numpy(pictures.labels)).item()
    )
    assert net.training


def test_ten_crops_by_hand(net, pictures):
    mean = np.array([110.0, 120.0, 130.0])
    expected = []
    for picture in pictures.pixels.astype(float) - mean:
        crops = [picture[top : top + 64, left : left + 64] for top, left in ((0, 0), (0, 9), (9, 0), (9, 9), (4, 4))]
        crops += [crop[:, ::-1] for crop in crops]
        expected.append(np.log(softmax(logits_of(net, np.stack(crops))).mean(0)))
    expected = np.stack(expected)
    seen = evaluate(net, pictures, ten_crops=True, batch_size=3)
    assert np.allclose(seen.log_probabilities, expected, atol=1e-5)
    best = np.argsort(-expected, axis=1)
    assert seen.top1 == pytest.approx((best[:, 0] == pictures.labels).mean())
    assert seen.top5 == pytest.approx((best[:, :5] == pictures.labels[:, None]).any(1).mean())


def test_probabilities_sum_to_one_and_certainty_does_not_underflow(tiny, net, pictures):
    sure = zflib.ConvNet(tiny, net.mean).initialise(0.08, seed=2)
    with torch.no_grad():
        sure.fc8.weight.mul_(1e6)
    for ten_crops in (False, True):
        seen = evaluate(sure, pictures, ten_crops=ten_crops)
        assert np.isfinite(seen.log_probabilities).all() and np.isfinite(seen.loss) and seen.loss > 100
        assert np.allclose(np.exp(seen.log_probabilities).sum(1), 1, atol=1e-5)


def test_the_mode_is_what_it_was_also_after_an_error(tiny, pictures):
    net = zflib.ConvNet(tiny).train()
    evaluate(net, pictures)
    assert net.training and net.dropout6.training
    net.fc8.register_forward_hook(lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        evaluate(net, pictures)
    assert net.training and net.dropout6.training
    with pytest.raises(ZeroDivisionError):
        evaluate(net.eval(), pictures)
    assert not net.training


def test_pictures_of_another_side_are_scaled_as_preprocess_does(net):
    larger = zflib.data.synthetic(3, 90, seed=4)
    x = torch.stack([net.preprocess(picture) for picture in larger.pixels])
    net.eval()
    with torch.no_grad():
        expected = net(x).cpu()
    net.train()
    assert np.allclose(centre_logits(net, larger), expected, atol=1e-4)


def test_a_mean_picture_is_subtracted_where_it_lies(tiny, pictures):
    mean = torch.rand(3, 73, 73, generator=torch.Generator().manual_seed(0)) * 200
    net = zflib.ConvNet(tiny, mean).initialise(0.08, seed=2).eval()
    x = torch.stack([net.preprocess(picture) for picture in pictures.pixels])
    with torch.no_grad():
        assert np.allclose(centre_logits(net, pictures), net(x).cpu(), atol=1e-5)


def test_an_output_that_is_not_finite_is_no_class(net, pictures):
    broken = zflib.ConvNet(net.architecture, net.mean.cpu()).initialise(0.08, seed=2)
    with torch.no_grad():
        broken.fc8.bias[0] = float("nan")
    for look in (evaluate, centre_logits):
        with pytest.raises(ValueError, match=r"output for picture 0 of .* is not finite"):
            look(broken, pictures)
