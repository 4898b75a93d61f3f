"""The command line: train a network, look after weights, project a picture, find a map's strongest patches.

`python -m zflib COMMAND --help` explains each; each has a file here. What goes wrong ends in one sentence: exit status
2 for a command that makes no sense, 1 for one that can't be carried out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from zflib.cli import ablate, project, top, train, transfer, weights


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, by default that of the process's own arguments; returns the exit status."""
    given = _parser().parse_args(arguments)
    try:
        given.run(given)
    except KeyboardInterrupt:
        print("\nzflib: stopped.", file=sys.stderr)
        return 130
    except ModuleNotFoundError as error:
        print(f"zflib: {error.name} is not installed. Run: pip install 'zflib[train]'", file=sys.stderr)
        return 1
    except (OSError, ValueError, ArithmeticError) as error:
        print(f"zflib: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m zflib",
        description="ZFNet, AlexNet and the deconvnet from the command line.",
        epilog="Run 'python -m zflib COMMAND --help' for a command's options and an example.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (train, ablate, transfer, weights, project, top):
        command.add(commands)
    return parser
