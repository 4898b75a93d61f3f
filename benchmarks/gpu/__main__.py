"""Run the checks within eight minutes, a line each, and write them as JSON.

python3 -m benchmarks.gpu [--minutes M] [--json FILE] [WORD ...]: with words, only checks whose name has one of them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.gpu import plan, worker

ROOT = Path(__file__).parents[2]
NEEDED = ("torch", "numpy", "PIL", "safetensors", "yaml")
LEAST = 3  # seconds: with less left, a check is not begun


def run(checks: Sequence[plan.Check], at_work: worker.Worker, end: float) -> Iterator[dict[str, Any]]:
    """Each check's result, as JSON has it; none runs beyond `end`, in seconds of `time.monotonic`."""
    for check in checks:
        missing, left = check.missing(), end - time.monotonic()
        if missing:
            result = {"status": "not run", "what": f"no {', '.join(missing)}"}
        elif left < LEAST:
            result = {"status": "cut", "what": "no time was left"}
        else:
            limit = min(check.limit, left)
            try:
                result = at_work.ask((check.function, check.arguments), limit)
            except worker.Late:
                result = {"status": "cut", "what": f"it took more than {limit:.0f} s"}
            except worker.Died as error:
                result = {"status": "FAIL", "what": str(error)}
        yield {"name": check.name, "number": None, "tolerance": None} | result


def line(result: dict[str, Any]) -> str:
    """A result for the eye: status, name, number, tolerance with its reason, seconds, peak memory."""
    number = "" if result["number"] is None else f"{result['number']:.3g}"
    if number and (result["status"] == "measured" or float(result["number"]).is_integer()):
        number = f"{result['number']:,.0f}"
    if number and result["tolerance"] is not None:
        number += f" <= {result['tolerance']:g}" if result["status"] == "pass" else f" > {result['tolerance']:g}"
    cost = [f"{result['seconds']:.1f} s"] if "seconds" in result else []
    cost += [f"{result['peak_gb']:.2f} GB"] if result.get("peak_gb") is not None else []
    tail = f" ({', '.join(cost)})" if cost else ""
    return f"{result['status']:<9}{result['name']:<46}{number:>16}  {result['what']}{tail}"


def header(machine: dict[str, Any]) -> str:
    """What runs where, and against what."""
    versions = machine["versions"]
    text = f"{machine['device']}, torch {versions['torch']}, commit {machine['commit'] or 'unknown'}"
    if machine["kind"] == "cpu":
        what = "NO GPU HERE, only the CPU path runs: its float32 against its float64, and the mini networks' speeds."
    else:
        what = "The GPU's float32 against the CPU's float64, and the speeds of the paper's networks at 224 px."
    return f"{what}\n{text}"


def verdict(results: Sequence[dict[str, Any]]) -> tuple[str, int]:
    """The counts in words, and the exit code: 1 if a check failed, or if none came to an end."""
    counts = Counter(result["status"] for result in results)
    order = ("pass", "FAIL", "measured", "not run", "cut")
    code = 1 if counts["FAIL"] or not counts["pass"] + counts["measured"] else 0
    return ", ".join(f"{counts[status]} {status}" for status in order if counts[status]), code


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m benchmarks.gpu", description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="*", metavar="WORD", help="only checks whose name has one of these in it")
    parser.add_argument("--minutes", type=float, default=8, help="for all of it (8)")
    parser.add_argument("--json", type=Path, default=ROOT / "_build" / "gpu.json", help="where to write the results")
    options = parser.parse_args(arguments)
    if missing := [package for package in NEEDED if find_spec(package) is None]:
        print(f"{sys.executable} has no {', '.join(missing)}: install it, or name another Python: make gpu PYTHON=...")
        return 1
    begin = time.monotonic()
    at_work, results = worker.Worker(), []
    try:
        machine = at_work.ask(None, worker.START_LIMIT)
        print(header(machine), flush=True)
        chosen = [c for c in plan.checks() if not options.only or any(word in c.name for word in options.only)]
        for result in run(chosen, at_work, begin + 60 * options.minutes - LEAST):
            results.append(result)
            print(line(result), flush=True)
    except (worker.Late, worker.Died) as error:
        print(f"The device could not be started: {error or f'no answer for {worker.START_LIMIT} s'}.")
        return 1
    finally:
        at_work.end()
    words, code = verdict(results)
    took = round(time.monotonic() - begin)
    facts = machine | {"date": datetime.now(UTC).isoformat(timespec="seconds"), "seconds": took, "checks": results}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(f"{words}, in {took} s{'; on the CPU alone' * (machine['kind'] == 'cpu')}. Results: {options.json}")
    return code


if __name__ == "__main__":
    sys.exit(main())
