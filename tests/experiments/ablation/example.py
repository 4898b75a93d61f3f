"""A result file's content as the schema wants it."""

from zflib.experiments.ablation import results

SHA = "0123456789abcdef" * 4


def facts(**changes):
    return {
        "network": "zfnet",
        "row": "as_is",
        "seed": 0,
        "preset": "mini",
        "status": "finished",
        "epochs": 3,
        "architecture": {"name": "tiny", "convs": [], "dense": [], "classes": 10, "input_size": 64},
        "parameters": 10,
        "macs": 100,
        "data": {
            "train": "synthetic",
            "train_pictures": 45,
            "fingerprint": SHA,
            "validation": "synthetic",
            "validation_pictures": 20,
            "validation_fingerprint": SHA,
        },
        "recipe": dict.fromkeys(results.schema()["properties"]["recipe"]["required"], 1),
        "train": {"top1": 0.5, "cross_entropy": 1.5},
        "validation": {"top1": 0.25, "cross_entropy": 2.5},
        "images_per_second": 100.0,
        "seconds": 12,
        "peak_memory_gb": None,
        "device": "CPU",
        "commit": None,
        "versions": {"torch": "2"},
        "curves": [{"epoch": 1, "train_loss": 2.3}],
    } | changes
