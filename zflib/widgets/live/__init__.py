"""The networks in the page: what a built page loads in order to run them without a kernel.

`engine.js` and `controls.js` are the deconvnet and its controls once more, in plain JavaScript; `worker.js` runs them
beside the page, `page.js` is what a panel calls. `scripts` writes them, and the weights, as files that a page can load
also when it was opened from the disk, where nothing can be fetched.
"""

from zflib.widgets.live.scripts import write

__all__ = ["write"]
