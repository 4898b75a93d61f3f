"""`python -m zflib.experiments.transfer`: put the results under results/transfer into the package."""

from zflib.experiments.transfer import summary

found = summary.write()
print(f"{summary.FILE} written: {', '.join(found.sources)}.")
