"""A button that trains a network in the kernel for a while, in a thread of its own: cells and sliders stay usable."""

from __future__ import annotations

import time
from collections.abc import Callable
from html import escape
from math import sqrt
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import ipywidgets

from zflib.architecture import Architecture
from zflib.widgets import page

if TYPE_CHECKING:
    from zflib.training.brief import BriefRun, Moment

LARGEST = 100_000_000  # parameters; with its gradient and its momentum each takes twelve bytes
RECENT = 20  # steps whose loss and accuracy are averaged for the eye


def under(
    box: ipywidgets.Widget,
    chosen: Callable[[], Architecture],
    describe: Callable[[Architecture], str],
    seconds: float,
) -> ipywidgets.Widget:
    """`box` with the button below.

    chosen    the network to train, at the paper's scale; its mini twin is trained
    describe  a network in words
    seconds   the budget for training; drawing the pictures and looking at the held-out ones comes on top
    """
    train = ipywidgets.Button(description=f"Train it for {_minutes(seconds)}", layout={"width": "auto"})
    stop = ipywidgets.Button(description="Stop", disabled=True)
    bar = ipywidgets.FloatProgress(min=0, max=1, layout={"width": "100%", "max_width": "32em"})
    report = ipywidgets.HTML("<p>The mini network, on the synthetic set of ten classes.</p>")
    stopped = Event()

    def work(architecture: Architecture, words: str) -> None:
        try:
            report.value = _train(architecture, words, seconds, bar, report, stopped)
        except ImportError as error:
            report.value = page.problem(f'Training needs {error.name}: pip install "zflib[train]".')
        except Exception as error:
            report.value = page.problem(f"{words}: {error}")
        finally:
            train.disabled, stop.disabled = False, True

    def begin(_button: Any) -> None:
        train.disabled, stop.disabled, bar.value = True, False, 0
        stopped.clear()
        # A daemon, so that it never keeps a kernel from ending.
        Thread(target=work, args=(chosen().mini(), describe(chosen())), daemon=True).start()

    train.on_click(begin)
    stop.on_click(lambda _button: stopped.set())
    return ipywidgets.VBox([box, ipywidgets.HBox([train, stop]), bar, report])


def _train(
    architecture: Architecture,
    words: str,
    seconds: float,
    bar: ipywidgets.FloatProgress,
    report: ipywidgets.HTML,
    stopped: Event,
) -> str:
    parameters = sum(step.parameters for step in architecture.geometry())
    if parameters > LARGEST:
        raise ValueError(
            f"{parameters:,} parameters need {12 * parameters / 1e9:.0f} GB to train; the button stops at {LARGEST:,}."
        )
    from zflib.training.brief import train_briefly

    report.value = f"<p>{escape(words)}: drawing the pictures.</p>"
    recent: list[Moment] = []
    shown = 0.0

    def progress(moment: Moment) -> None:
        nonlocal shown
        recent.append(moment)
        del recent[:-RECENT]
        if time.monotonic() - shown > 0.5:  # a message for every step would flood the page
            shown = time.monotonic()
            bar.value = moment.spent
            report.value = f"<p>{escape(words)}: step {moment.step}. {_averages(recent)}.</p>"

    run = train_briefly(architecture, seconds, progress=progress, should_stop=stopped.is_set)
    bar.value = 1
    return _verdict(words, run, recent)


def _averages(recent: list[Moment]) -> str:
    loss, top1 = (sum(getattr(m, what) for m in recent) / len(recent) for what in ("loss", "top1"))
    return f"Loss {loss:.2f} nats, {top1:.0%} of the training pictures right (mean of the last {len(recent)})"


def _verdict(words: str, run: BriefRun, recent: list[Moment]) -> str:
    held_out, right = len(run.validation.log_probabilities), run.validation.top1
    steps = f"{run.steps} step{'s' * (run.steps != 1)}"
    last = f" {_averages(recent)}." if recent else ""
    return (
        f"<p>{escape(words)}: {steps}, {run.pictures_seen:,} pictures in {run.seconds:.0f} s.{last} "
        f"<strong>{right:.1%}</strong> of {held_out} held-out pictures right (standard error "
        f"{100 * sqrt(right * (1 - right) / held_out):.1f} points); guessing gives "
        f"{1 / run.net.architecture.classes:.0%}.</p>"
    )


def _minutes(seconds: float) -> str:
    if seconds < 60 or seconds % 60:
        return f"{seconds:g} seconds"
    count = {1: "a minute", 2: "two minutes"}
    return count.get(int(seconds // 60), f"{seconds // 60:g} minutes")
