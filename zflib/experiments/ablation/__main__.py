"""`python -m zflib.experiments.ablation`: put the runs under results/ablation into the package."""

from zflib.experiments.ablation import summary

summary.write()
print(f"{summary.FILE} written: {len(summary.packaged().runs)} runs.")
