"""Every speed and memory claim, measured again."""

from benchmarks import contrast_norm, deconvnet, memory, spectrum, training

for part in (deconvnet, contrast_norm, spectrum, training, memory):
    print(f"\n{part.__doc__.splitlines()[0]}\n", flush=True)
    part.main()
