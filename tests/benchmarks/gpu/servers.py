"""What a worker may be, without a device: for the tests of the process that waits. Spawned, so a module of its own."""

import os
import time
from contextlib import suppress


def echo(connection):
    """Answer with the question and the process's number; sleep or die where the question says so."""
    os.setsid()
    with suppress(EOFError):
        while True:
            question = connection.recv()
            if question == "sleep":
                time.sleep(600)
            if question == "die":
                os._exit(7)
            connection.send((question, os.getpid()))


def results(connection):
    """Answer a check as the true worker does: its function's name is the result's status, or what is to happen."""
    os.setsid()
    with suppress(EOFError):
        while True:
            function, _ = connection.recv()
            if function == "hang":
                time.sleep(600)
            if function == "crash":
                os._exit(9)
            connection.send({"status": function, "number": 0.5, "tolerance": 1, "what": "of one", "seconds": 0.1})
