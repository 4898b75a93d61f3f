"""`python -m zflib`: see `zflib.cli`."""

import sys

from zflib.cli import main

sys.exit(main())
