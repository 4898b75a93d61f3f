"""A GPU against the CPU: equal results, speed, memory. `make gpu`, or `python3 -m benchmarks.gpu` in a checkout."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (a bare machine has any Python, and nothing has looked at it)
    sys.exit(f"Python 3.11 or later, please; this is {sys.version}")
