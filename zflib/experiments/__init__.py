"""Measurements too long for a chapter: each module is a command, and ships the result file that it wrote."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import torch

from zflib import atomic
from zflib.training.machine import describe


def read(file: Path) -> dict[str, Any]:
    """What `write` wrote."""
    return json.loads(file.read_text(encoding="utf-8"))


def write(file: Path, found: dict[str, Any], command: str, device: torch.device, processes: int = 1) -> None:
    """Write what a command found, and under "made" how: command, date, code, device, versions."""
    made = {"command": f"python -m {command}", "date": date.today().isoformat()} | describe(device, processes)
    atomic.write(file, (json.dumps(found | {"made": made}) + "\n").encode())
