"""Wrong shapes, types and values through every public function: a right answer, or one sentence about the fault."""

import importlib
import inspect
import linecache
import re
import traceback
import warnings
from dataclasses import fields, is_dataclass
from functools import cache
from numbers import Integral, Real
from pathlib import Path

import numpy as np
import pytest
import torch
from cases import ABLATION, ELSEWHERE, cases
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import zflib

HOME = Path(zflib.__file__).parent
API = HOME.parent / "book" / "api.md"
ROOMS = ("zflib", "zflib.aliasing", "zflib.analysis", "zflib.data", "zflib.spectrum", "zflib.widgets")

# --- what is public ---------------------------------------------------------------------------------------------------


def found(name):
    """The object of a dotted name."""
    at = zflib
    for part in name.split(".")[1:]:
        # A room's function may have the name of the module that it comes from, so attributes come first.
        at = getattr(at, part) if hasattr(at, part) else importlib.import_module(f"{at.__name__}.{part}")
    return at


def named():
    """Every name of the API page and of the rooms' __all__."""
    yield from re.findall(r"^\.\. auto(?:function|class):: (\S+)", API.read_text(encoding="utf-8"), re.M)
    for room in (*ROOMS, ABLATION):
        yield from (f"{room}.{name}" for name in found(room).__all__)


@cache
def public():
    """{name: function} of all public functions, constructors that check what they get, and public methods."""
    functions = {}
    for name in named():
        thing = found(name)
        if inspect.isclass(thing):
            plain = is_dataclass(thing) and not hasattr(thing, "__post_init__")
            if not plain and not issubclass(thing, Exception):
                functions[name] = thing
            for method, function in vars(thing).items():
                if not method.startswith("_") and isinstance(function, type(named) | classmethod):
                    functions[f"{name}.{method}"] = getattr(thing, method)
        elif callable(thing):
            functions[name] = thing
    return functions


def test_every_public_function_has_a_case_or_a_reason():
    here = {found(name) for name in cases()}
    excused = {found(f"zflib.{name}") for names in ELSEWHERE.values() for name in names.split()}
    missing = [name for name, function in public().items() if function not in here | excused]
    assert not missing, f"give these a case, or a reason to have none: {', '.join(missing)}"
    assert not here & excused


# --- what can be wrong with an argument -------------------------------------------------------------------------------


def rubbish(right):
    """A strategy of values that stand where `right` should: other shapes, other types, no numbers, out of range."""
    if isinstance(right, str):
        return st.sampled_from(["nonsense", "", "conv9"])
    if isinstance(right, bool) or right is None:
        return st.just(right)
    if isinstance(right, Integral):
        return st.sampled_from([-1, 0, -7, 1.5, float("nan"), float("inf")])
    if isinstance(right, Real):
        return st.sampled_from([float("nan"), float("inf"), float("-inf"), -1.0, 0.0, 1e6])
    if isinstance(right, np.ndarray | torch.Tensor):
        return broken_arrays(right)
    first = right[0]
    if isinstance(first, np.ndarray):  # a list of pictures
        broken = broken_arrays(first).map(lambda array: [*right[1:], array])
        return st.one_of(broken, st.just([]), st.just(7), st.just([None] * len(right)))
    if isinstance(first, str):
        return st.sampled_from([("nonsense",), ("",), ("conv9", "conv2")])
    one_wrong = st.tuples(st.integers(0, len(right) - 1), rubbish(first)).map(
        lambda at_wrong: (*right[: at_wrong[0]], at_wrong[1], *right[at_wrong[0] + 1 :])
    )
    return st.one_of(one_wrong, st.sampled_from([(), right[:1], (*right, *right), (right, right), ("a", "b"), 1.5]))


def broken_arrays(right):
    """Arrays or tensors like `right`, but for shape, type or a value."""
    array = np.asarray(right)
    flat = array.ravel()
    others = [array[0], array[None], array[:0], array[..., :0], flat, array[..., :1], np.moveaxis(array, 0, -1)]
    others += [array[:1], np.concatenate([array, array]), np.zeros(()), array.astype(complex) + 1j]
    others += [array.astype(str), array.astype(object), array.astype(bool), array.astype(np.float16)]
    bad = st.sampled_from([np.nan, np.inf, -np.inf, -1.0, 1e9, 0.5])
    one_bad = st.tuples(st.integers(0, array.size - 1), bad).map(lambda at_value: _with(array, *at_value))
    every_bad = bad.map(lambda value: np.full(array.shape, value))
    changed = st.one_of(st.sampled_from(others), one_bad, every_bad)
    if isinstance(right, torch.Tensor):
        return changed.filter(lambda a: a.dtype.kind not in "OU").map(lambda a: torch.from_numpy(a.copy()))
    return changed


def _with(array, at, value):
    changed = array.astype(float if array.dtype.kind in "iub" else array.dtype)
    changed.flat[at] = value
    return changed


# --- what may come of it ----------------------------------------------------------------------------------------------

# What the one sentence must speak of, argument by argument, where that is not the argument's own name.
WORDS = {
    "a": r"\ba\b|picture",
    "amplitude": "amplitude|grating",
    "b": r"\bb\b|picture",
    "channel": "map|channel",
    "control": "control|signed",
    "filters": "filter",
    "frequency": "frequenc|grating",
    "images": "image|input",
    "label": "label",
    "layer": "layer|filter",
    "layers": "layer",
    "log_probabilities": "probabilities|members|correct",
    "maps": "map|input_size",
    "max_steps": "steps",
    "middles": "middle",
    "name": "photograph|filters",
    "network": "network|row",
    "paper": "published|rows",
    "per_picture": "per_picture",
    "picture": "picture|pixels",
    "pictures": "picture|pixels",
    "projections": "projection|signed",
    "seeds": "seed",
    "side": "side|input_size|pixels",
    "size": "size|side|pixels|grid",
    "steps": "step",
    "upto": "step",
    "weights": "filter|weights|signed",
    "wide": "probabilities",
    "x": "picture|maps|input|size",
    "zfnets": "probabilities",
}
# Functions whose docstrings promise NaN: for dead filters, silent maps, what is the same everywhere.
MAY_BE_NAN = {
    "zflib.aliasing.alias_distance",
    "zflib.aliasing.between",
    "zflib.aliasing.beyond_nyquist",
    "zflib.aliasing.find_waves",
    "zflib.aliasing.fold",
    "zflib.aliasing.harmonics",
    "zflib.aliasing.measure",
    "zflib.aliasing.measure_rectified",
    "zflib.aliasing.nonlinear_share",
    "zflib.aliasing.overlap",
    "zflib.aliasing.survival",
    "zflib.aliasing.wave_vector",
    "zflib.spectrum.band_shares",
    "zflib.spectrum.bandwidths",
    "zflib.spectrum.coverage",
    "zflib.spectrum.luminance_shares",
    "zflib.spectrum.orientations",
    "zflib.spectrum.peaks",
    "zflib.aliasing.equivariance_error",
    "zflib.aliasing.recovery",
    "zflib.analysis.correlation",
    "zflib.analysis.likeness",
    "zflib.analysis.recovered",
    "zflib.spectrum.densities",
    "zflib.spectrum.gap_test",
    "zflib.spectrum.silverman",
    "zflib.spectrum.summary",
    "zflib.spectrum.of_pictures",
    f"{ABLATION}.averaging",
    # Steps of a network hand on what they get, as torch's do: the training loop finds divergence so.
    "zflib.ConvNet.forward",
    "zflib.network.ContrastNorm.forward",
    "zflib.aliasing.Blur.forward",
    "zflib.deconvnet.pool",
    "zflib.deconvnet.unpool",
    "zflib.plots.enlarge",
}


def check(name, argument, call):
    """Run `call`, which got one wrong argument: a finite answer, or one sentence of our own that names the argument."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy warns where it makes NaN, or drops an imaginary part
            warnings.filterwarnings("ignore", "Picture .* is left out: ")  # which is what it says
            result = call()
    except (ValueError, TypeError, KeyError) as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} from {frame.filename}:{frame.lineno}: {error}"
        line = linecache.getline(frame.filename, frame.lineno).strip()
        assert frame.filename.startswith(str(HOME)) and line.startswith("raise "), f"not our own words: {where}"
        words = str(error.args[0])
        assert "\n" not in words and len(words) < 400 and words.endswith("."), f"no sentence: {where}"
        assert re.search(WORDS.get(argument, argument), words, re.I), f"does not speak of {argument}: {where}"
    else:
        assert name in MAY_BE_NAN or finite(result), f"a silent NaN: {result!r}"


def finite(result):
    """Whether there is no NaN and no infinity anywhere in a result."""
    if isinstance(result, torch.Tensor):
        return bool(torch.isfinite(result).all())
    if isinstance(result, np.ndarray):
        return result.dtype.kind not in "fc" or bool(np.isfinite(result).all())
    if isinstance(result, float | complex):
        return bool(np.isfinite(result))
    if isinstance(result, dict):
        return all(map(finite, result.values()))
    if isinstance(result, tuple | list):
        return all(map(finite, result))
    if is_dataclass(result):
        return all(finite(getattr(result, field.name)) for field in fields(result))
    return True


@pytest.mark.parametrize("name", cases())
def test_right_arguments_are_right(name):
    function, arguments = cases()[name]
    assert finite(function(**arguments)) or name in MAY_BE_NAN


@pytest.mark.parametrize("name", cases())
@settings(
    max_examples=30,
    derandomize=True,
    phases=[Phase.generate],  # what is drawn is small as it is
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_one_wrong_argument_is_named(name, data):
    function, arguments = cases()[name]
    argument = data.draw(st.sampled_from(sorted(arguments)))
    wrong = arguments | {argument: data.draw(rubbish(arguments[argument]))}
    check(name, argument, lambda: function(**wrong))
