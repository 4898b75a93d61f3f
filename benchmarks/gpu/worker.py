"""One process runs the checks on the device; another waits, and kills it when a check takes too long."""

from __future__ import annotations

import logging
import os
import signal
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from math import isfinite
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

START_LIMIT = 120  # seconds to import torch and wake the device


class Late(Exception):
    """The worker did not answer in time, and was killed."""


class Died(Exception):
    """The worker ended without an answer."""


class Worker:
    """A process of its own, because nothing else can end a kernel that hangs, or outlives a broken CUDA context.

    It is started by the first question, and again by the first one after its end.
    """

    def __init__(self, serve: Callable[[Connection], None] | None = None) -> None:
        self._serve = serve or _serve
        self._process, self._connection = None, None

    def ask(self, question: Any, seconds: float) -> Any:
        """The answer to a question. Raises Late or Died; the next question then goes to a new process."""
        if self._process is None:
            context = get_context("spawn")
            self._connection, theirs = context.Pipe()
            self._process = context.Process(target=self._serve, args=(theirs,), daemon=False)
            self._process.start()
            theirs.close()
        try:
            self._connection.send(question)
            if not self._connection.poll(max(seconds, 0)):
                self.end(patience=0)
                raise Late
            return self._connection.recv()
        except (EOFError, ConnectionError):
            self._process.join(5)
            code = self._process.exitcode
            self.end()
            raise Died(f"its process ended with code {code}") from None

    def end(self, patience: float = 5) -> None:
        """Let the process go, if there is one; after so many seconds kill it with its children."""
        if self._process is None:
            return
        self._connection.close()  # which it waits for between two questions
        self._process.join(patience)
        if hasattr(os, "killpg"):
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):  # before it led its group, or after its end
                self._process.kill()
        else:
            self._process.kill()
        self._process.join()
        self._process = None


def _serve(connection: Connection) -> None:
    """Answer questions until nobody asks: None for the machine, (function, arguments) for a check."""
    if hasattr(os, "setsid"):
        os.setsid()  # so that a kill reaches pytest's process too, and Ctrl-C only the process that waits
    # cuBLAS reads it when it starts; without it its products may differ between two equal runs.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)  # Lightning's, of what it chose
    from benchmarks.gpu import memory, setting

    here = setting.here()
    while True:
        try:
            question = connection.recv()
        except EOFError:
            return
        connection.send(setting.describe(here) if question is None else _answer(here, memory, *question))


def _answer(here: Any, memory: Any, function: str, arguments: tuple[Any, ...]) -> dict[str, Any]:
    module, name = function.split(".")
    memory.forget(here.device)
    start = time.perf_counter()
    try:
        found = getattr(import_module(f"benchmarks.gpu.{module}"), name)(here, *arguments)
        answer = asdict(found) | {"status": found.status}
        if not isfinite(found.number):  # which JSON can't hold
            answer |= {"number": None, "what": f"{found.number}: {found.what}"}
    except Exception as error:
        answer = {"status": "FAIL", "number": None, "tolerance": None, "what": f"{type(error).__name__}: {error}"}
        answer["traceback"] = traceback.format_exc()
    took = time.perf_counter() - start
    return answer | {"seconds": round(took, 2), "peak_gb": memory.peak(here.device)}
