"""What each public function takes when all is well, and which functions have no such case, and why."""

from functools import cache

import numpy as np
import tiny
import torch
from tiny import TINY

import zflib
from zflib import aliasing, analysis, plots, spectrum
from zflib.architecture import output_size
from zflib.data import PictureSet
from zflib.deconvnet import pool, unpool
from zflib.experiments import ablation, class_entropy, displacement, middles, stems
from zflib.network import ContrastNorm
from zflib.training.brief import train_briefly
from zflib.training.evaluate import evaluate
from zflib.training.recipe import Recipe

ABLATION = "zflib.experiments.ablation"


@cache
def cases():
    """{name: (function, arguments)}; the arguments are right, and one of them at a time will be made wrong."""
    random = np.random.default_rng(0)
    net = tiny.net()
    deconv = zflib.DeconvNet(net)
    pixels = random.integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)
    images = torch.stack([net.preprocess(picture) for picture in pixels[:2]])
    trace = deconv.forward(images)
    bank = random.normal(size=(4, 3, 7, 7))
    units = torch.tensor([[0, 1, 2, 2], [1, 0, 0, 3]])
    patches = deconv.project_units(trace, "conv2", units)
    top = zflib.top_activations(net, list(pixels), "conv2", k=2)
    logs = np.log(random.dirichlet(np.ones(3), (3, 12)))
    labels = random.integers(0, 3, 12)
    rows = [
        ablation.Row.of(logs, labels),
        ablation.Row.of(logs[::-1] + 0, labels),
        ablation.Row.of(logs[:, ::-1], labels),
    ]
    spread = ablation.between_seeds(rows)
    difference = ablation.Difference(1.0, 0.5, 0.5, 0.7, 10.0)
    pooled, switches = pool(torch.randn(1, 2, 7, 7), 3, 2)
    wave = {"frequency": np.array([0.2, 0.1]), "phase": 0.5, "amplitude": 50.0}
    of_filters = {"filters": bank}
    small = PictureSet("noise", pixels, np.array([0, 1, 2, 0]), ("cat", "dog", "owl"), "")
    return {
        "zflib.Architecture.maps": (TINY.maps, {"layer": 1}),
        "zflib.Architecture.without": (lambda layers: TINY.without(layers), {"layers": 3}),
        "zflib.Architecture.with_units": (TINY.with_units, {"units": 16}),
        "zflib.Architecture.with_maps": (lambda layer, maps: TINY.with_maps({layer: maps}), {"layer": 1, "maps": 8}),
        "zflib.Architecture.mini": (TINY.mini, {"classes": 10}),
        "zflib.Architecture.geometry": (TINY.geometry, {"input_size": 64}),
        "zflib.architecture.Step.box": (TINY.geometry()[0].box, {"row": 1, "column": 2}),
        "zflib.architecture.output_size": (output_size, {"size": 64, "kernel": 7, "stride": 2, "pad": 1}),
        "zflib.ConvNet": (lambda mean: zflib.ConvNet(TINY, mean), {"mean": torch.full((3, 1, 1), 100.0)}),
        "zflib.ConvNet.initialise": (
            lambda **given: zflib.ConvNet(TINY).initialise(**given).conv1.weight,
            {"std": 0.01, "conv1_std": 0.02, "seed": 1},
        ),
        "zflib.ConvNet.forward": (net.forward, {"x": images}),
        "zflib.ConvNet.preprocess": (net.preprocess, {"picture": pixels[0] / 255, "size": 64}),
        "zflib.network.ContrastNorm.forward": (ContrastNorm(), {"x": images}),
        "zflib.DeconvNet.forward": (deconv.forward, {"images": images, "upto": "conv2"}),
        "zflib.DeconvNet.project": (
            lambda **given: deconv.project(trace, **given),
            {"step": "conv2", "unit": (1, 2, 2), "method": "guided", "overlap": "sum", "seed": 1.0},
        ),
        "zflib.DeconvNet.project_units": (
            lambda **given: deconv.project_units(trace, **given),
            {"step": "conv2", "units": units, "method": "guided", "seed": 1.0},
        ),
        "zflib.DeconvNet.carry_down": (
            lambda **given: deconv.carry_down(trace, **given),
            {"step": "pool2", "values": trace["pool2"].flip(0), "method": "guided"},
        ),
        "zflib.deconvnet.Trace.before": (trace.before, {"step": "conv2"}),
        "zflib.deconvnet.Patches.paste": (patches.paste, {"index": 1}),
        "zflib.deconvnet.pool": (pool, {"x": torch.randn(1, 2, 7, 7), "kernel": 3, "stride": 2, "pad": 1}),
        "zflib.deconvnet.unpool": (unpool, {"values": pooled, "switches": switches, "size": (7, 7), "overlap": "max"}),
        "zflib.data.photograph": (zflib.data.photograph, {"name": "coffee"}),
        "zflib.data.part": (lambda percent: zflib.data.part(small, percent), {"percent": 100.0}),
        "zflib.data.synthetic": (zflib.data.synthetic, {"pictures": 3, "side": 8, "seed": 0}),
        "zflib.top_activations": (
            lambda **given: zflib.top_activations(net, **given),
            {"pictures": list(pixels), "step": "conv2", "k": 2, "size": 64, "per_picture": 1, "batch_size": 2},
        ),
        "zflib.analysis.Views": (
            analysis.Views,
            {"pictures": list(pixels), "scales": (1.0, 2.0), "overlap": 0.2},
        ),
        "zflib.analysis.Views.on_picture": (
            analysis.Views(list(pixels)).on_picture,
            {"views": np.array([0, 3]), "boxes": np.array([[0, 0, 9, 9], [-3, 5, 6, 14]]), "size": 64},
        ),
        "zflib.analysis.responses": (
            lambda channel: analysis.responses(net, list(pixels), top, channel),
            {"channel": int(np.flatnonzero(~top.dead)[0])},
        ),
        "zflib.analysis.on_boxes": (
            lambda boxes: analysis.on_boxes(patches, boxes),
            {"boxes": np.array([[0, 0, 9, 9], [-3, 5, 6, 14]])},
        ),
        "zflib.analysis.effective_field": (
            analysis.effective_field,
            {"projections": random.normal(size=(2, 3, 6, 6)), "share": 0.9},
        ),
        "zflib.analysis.recovered": (
            analysis.recovered,
            {"maps": random.normal(size=(2, 6, 6)), "back": random.normal(size=(2, 6, 6))},
        ),
        "zflib.analysis.class_entropy": (analysis.class_entropy, {"labels": np.array([[0, 1, 1], [2, 2, 2]])}),
        "zflib.analysis.random_entropy": (analysis.random_entropy, {"labels": labels, "k": 5}),
        "zflib.analysis.correlation": (
            analysis.correlation,
            {"a": random.normal(size=(2, 3, 5, 5)), "b": random.normal(size=(2, 3, 5, 5))},
        ),
        "zflib.analysis.magnitude": (analysis.magnitude, {"pictures": random.normal(size=(2, 3, 5, 5))}),
        "zflib.analysis.blurred": (analysis.blurred, {"pictures": random.normal(size=(2, 3, 5, 5)), "width": 2.0}),
        "zflib.analysis.likeness": (
            lambda blur: analysis.likeness(patches, patches, blur)["signed"],
            {"blur": 2.0},
        ),
        "zflib.analysis.shuffled": (lambda seed: analysis.shuffled(trace, net, seed).switches, {"seed": 0}),
        "zflib.analysis.randomised": (
            lambda **given: analysis.randomised(net, **given).conv2.weight,
            {"layers": ("conv2",), "seed": 0},
        ),
        "zflib.analysis.cascade": (lambda step: analysis.cascade(net, step), {"step": "conv3"}),
        "zflib.analysis.other_channels": (analysis.other_channels, {"units": units, "maps": 8, "seed": 0}),
        "zflib.analysis.other_pictures": (analysis.other_pictures, {"units": units, "pictures": 3, "seed": 0}),
        "zflib.analysis.control_projections": (
            lambda **given: analysis.control_projections(net, **given),
            {"images": images, "step": "conv2", "units": units, "seed": 0},
        ),
        "zflib.spectrum.power": (spectrum.power, of_filters | {"size": 16}),
        "zflib.spectrum.frequencies": (spectrum.frequencies, {"size": 16}),
        "zflib.spectrum.radial_profile": (spectrum.radial_profile, of_filters | {"edges": [0, 0.2, 0.5]}),
        "zflib.spectrum.band_shares": (spectrum.band_shares, of_filters | {"edges": [0, 0.2, 0.8]}),
        **{
            f"zflib.spectrum.{name}": (getattr(spectrum, name), of_filters)
            for name in ("peaks", "orientations", "bandwidths", "luminance_shares", "dead", "coverage")
        },
        "zflib.spectrum.never_active": (
            lambda pictures: spectrum.never_active(net, pictures),
            {"pictures": list(pixels)},
        ),
        "zflib.spectrum.same_size": (spectrum.same_size, of_filters | {"side": 5}),
        "zflib.spectrum.summary": (spectrum.summary, of_filters | {"middles": [(0.15, 0.3)], "seed": 0}),
        "zflib.spectrum.densities": (spectrum.densities, {"found": [0.1, 0.2, 0.4], "edges": [0, 0.2, 0.5]}),
        "zflib.spectrum.gap_test": (
            spectrum.gap_test,
            {"found": [0.1, 0.2, 0.4], "middles": [(0.15, 0.3)], "seed": 0},
        ),
        "zflib.spectrum.silverman": (
            spectrum.silverman,
            {"found": np.linspace(0.1, 0.4, 12), "floor": 1 / 22, "draws": 9, "seed": 0},
        ),
        "zflib.spectrum.of_pictures": (spectrum.of_pictures, {"pictures": list(pixels), "edges": [0, 0.2, 0.5]}),
        "zflib.aliasing.grating": (
            aliasing.grating,
            {"side": 9, **wave, "colour": (1.0, 1.0, 1.0), "radius": 3.0, "edge": 2.0},
        ),
        "zflib.aliasing.wave_vector": (
            aliasing.wave_vector,
            {"frequency": np.array([0.2, 0.3]), "orientation": np.array([20.0, 90.0])},
        ),
        "zflib.aliasing.fold": (aliasing.fold, {"frequency": np.array([0.2, 0.3]), "stride": 4}),
        "zflib.aliasing.alias_distance": (
            aliasing.alias_distance,
            {"a": np.array([[0.2, 0.3]]), "b": np.array([[0.1, 0.3]]), "stride": 4},
        ),
        "zflib.aliasing.overlap": (aliasing.overlap, of_filters | {"stride": 2, "falloff": 2.0}),
        **{
            f"zflib.aliasing.{name}": (getattr(aliasing, name), of_filters | {"stride": 2})
            for name in ("beyond_nyquist", "survival")
        },
        "zflib.aliasing.predict": (
            aliasing.predict,
            {"layer": bank, **wave, "colour": (1.0, 0.0, 0.0), "stride": 2, "pad": 1},
        ),
        "zflib.aliasing.measure": (
            aliasing.measure,
            {"layer": bank, **wave, "colour": (1.0, 0.0, 0.0), "stride": 2, "pad": 1, "side": 32},
        ),
        "zflib.aliasing.find_waves": (
            aliasing.find_waves,
            {"maps": np.cos(np.arange(6) + np.arange(5)[:, None] / 2)[None], "spacing": 2, "first": 1},
        ),
        "zflib.aliasing.transfer": (aliasing.transfer, of_filters | {"frequency": np.array([[0.2, 0.1]])}),
        "zflib.aliasing.harmonics": (
            aliasing.harmonics,
            {"amplitude": np.array([1.0, 2.0]), "bias": np.array([0.1, -0.5]), "count": 4},
        ),
        "zflib.aliasing.predict_rectified": (
            aliasing.predict_rectified,
            {"layer": bank, **wave, "colour": (1.0, 0.0, 0.0), "stride": 2, "count": 3},
        ),
        "zflib.aliasing.measure_rectified": (
            aliasing.measure_rectified,
            {"layer": bank, **wave, "colour": (1.0, 0.0, 0.0), "stride": 2, "count": 3, "side": 48},
        ),
        "zflib.aliasing.nonlinear_share": (
            lambda **given: aliasing.nonlinear_share(net, **given),
            {**wave, "colour": (1.0, 1.0, 1.0), "steps": ("conv1", "relu1"), "side": 48},
        ),
        "zflib.aliasing.project_alias": (
            lambda **given: aliasing.project_alias(net, **given),
            {**wave, "channel": 1, "step": "conv1", "colour": (1.0, 1.0, 1.0), "side": 64},
        ),
        "zflib.aliasing.equivariance_error": (
            lambda **given: aliasing.equivariance_error(net, **given),
            {"pictures": list(pixels), "step": "conv1", "shifts": (1, 2), "size": 48, "batch_size": 2},
        ),
        "zflib.aliasing.between": (aliasing.between, {"maps": torch.randn(2, 12), "fraction": 0.5}),
        "zflib.aliasing.shift_consistency": (
            lambda **given: aliasing.shift_consistency(net, **given),
            {"pictures": list(pixels), "shifts": (0, 2), "batch_size": 2},
        ),
        "zflib.aliasing.Blur": (lambda stride: aliasing.Blur(stride).taps, {"stride": 2}),
        "zflib.aliasing.Blur.forward": (aliasing.Blur(2), {"x": images}),
        "zflib.aliasing.multiply_adds": (lambda side: aliasing.multiply_adds(net, side), {"side": 64}),
        "zflib.aliasing.recovery": (
            aliasing.recovery,
            of_filters | {"stride": 2, "edges": (0, 0.2, 0.5), "prior": "white", "noise": 0.1, "size": 12},
        ),
        "zflib.experiments.displacement.recovered": (
            displacement.recovered,
            {"filters": bank[:, :, :3, :3], "stride": 30, "noise": 0.1},
        ),
        "zflib.aliasing.alias_matrices": (aliasing.alias_matrices, of_filters | {"stride": 2, "size": 12}),
        "zflib.aliasing.singular_values": (aliasing.singular_values, of_filters | {"stride": 2, "size": 12}),
        "zflib.aliasing.picture_prior": (
            aliasing.picture_prior,
            {"pictures": random.normal(size=(2, 3, 13, 12)), "size": 6},
        ),
        "zflib.experiments.class_entropy.measure": (
            lambda size: class_entropy.measure(
                net, PictureSet("", np.tile(pixels, (3, 1, 1, 1)), np.zeros(12, int), ("cat",), ""), size
            ),
            {"size": 64},
        ),
        "zflib.experiments.stems.filters": (stems.filters, {"name": "zfnet-mini"}),
        "zflib.experiments.middles.choose": (middles.choose, {"name": "ZFNet-mini, seed 0", "filters": "all filters"}),
        "zflib.experiments.middles.contradiction": (middles.contradiction, {"name": "ZFNet-mini, seed 0"}),
        "zflib.experiments.stems.stem": (stems.stem, {"kernel": 7, "stride": 2}),
        f"{ABLATION}.published": (ablation.published, {"network": "zfnet"}),
        f"{ABLATION}.variant": (lambda row: ablation.variant(TINY, row), {"row": "removed_layers_3_4"}),
        f"{ABLATION}.Row": (ablation.Row, {"correct": rows[0].correct, "nll": rows[0].nll}),
        f"{ABLATION}.Row.of": (ablation.Row.of, {"log_probabilities": logs, "labels": labels}),
        f"{ABLATION}.Difference.interval": (difference.interval, {"level": 0.9}),
        f"{ABLATION}.detectable": (lambda seeds: ablation.detectable(rows[0], rows[1], spread, seeds), {"seeds": 3}),
        f"{ABLATION}.rank_correlation": (
            lambda paper: ablation.rank_correlation(paper, rows),
            {"paper": np.array([30.0, 35.0, 33.0])},
        ),
        f"{ABLATION}.within_groups": (
            lambda paper: ablation.within_groups(paper, rows, ["one"] * 3),
            {"paper": np.array([30.0, 35.0, 33.0])},
        ),
        f"{ABLATION}.verdict": (
            lambda **given: ablation.verdict(difference, **given),
            {"claim": "little", "margin": 1.0},
        ),
        f"{ABLATION}.calibrated": (ablation.calibrated, {"log_probabilities": logs[0], "labels": labels}),
        f"{ABLATION}.average": (ablation.average, {"log_probabilities": logs}),
        f"{ABLATION}.scores": (ablation.scores, {"log_probabilities": logs[0], "labels": labels}),
        f"{ABLATION}.averaging": (ablation.averaging, {"log_probabilities": logs, "labels": labels}),
        f"{ABLATION}.table_2": (ablation.table_2, {"zfnets": logs, "wide": logs[:2], "labels": labels}),
        "zflib.plots.signed": (plots.signed, {"projections": random.normal(size=(2, 3, 4, 4)), "largest": 2.0}),
        "zflib.plots.filters": (plots.filters, {"weights": bank, "largest": 2.0}),
        "zflib.plots.tile": (plots.tile, {"pictures": pixels, "columns": 2, "gap": 1}),
        "zflib.plots.sheet": (
            lambda **given: plots.sheet(words="", **given),
            {"pictures": pixels, "columns": 2, "side": 5},
        ),
        "zflib.plots.captioned": (
            lambda **given: plots.captioned(list(pixels), "abcd", "", **given),
            {"columns": 2, "side": 5},
        ),
        "zflib.plots.enlarge": (plots.enlarge, {"picture": pixels[0], "times": 2}),
        "zflib.plots.labelled": (
            lambda **given: plots.labelled(list(pixels), "abcd", **given),
            {"columns": 2, "text": 13},
        ),
        "zflib.plots.responses": (
            plots.responses,
            {
                "patches": pixels[:, :9, :9],
                "projections": random.normal(size=(4, 3, 9, 9)),
                "control": random.normal(size=(4, 3, 9, 9)),
            },
        ),
        "zflib.plots.grey": (plots.grey, {"values": random.random((4, 5)), "white": 1.0}),
        "zflib.plots.sampled_wave": (plots.sampled_wave, {"frequency": 0.3, "stride": 4}),
        "zflib.plots.marked_plane": (
            lambda **given: plots.marked_plane(marks=[((0.1, 0.2), "dot", "red")], **given),
            {"reach": 0.5, "power": random.random((8, 8)), "square": 0.125},
        ),
        "zflib.training.evaluate.evaluate": (
            lambda batch_size: evaluate(net, small, batch_size=batch_size),
            {"batch_size": 2},
        ),
        "zflib.training.brief.train_briefly": (
            lambda **given: train_briefly(
                TINY, recipe=Recipe(1, batch_size=2), pictures=small, validation=small, **given
            ),
            {"seconds": 1.0, "seed": 0, "max_steps": 1},
        ),
    }


# Public functions that have no case here, and why.
ELSEWHERE = {
    "they take nothing that could be wrong": """
        device data.data_root data.photographs data.gallery network.ContrastNorm aliasing.lowpass DeconvNet
        analysis.on_picture
        network.ContrastNorm.extra_repr aliasing.Blur.extra_repr network.ContrastNorm.neighbours
        widgets.GeometryExplorer widgets.GeometryExplorer.page_html widgets.VariantExplorer.page_html
        widgets.Explorer.page_html training.loop.Run.identity experiments.class_entropy.result experiments.stems.result
        experiments.middles.result
        experiments.shifts.result experiments.displacement.result experiments.displacement.gaps
        experiments.controls.result experiments.controls.mean experiments.controls.curves
        experiments.controls.verdict experiments.pictures.result experiments.projected.result
        experiments.evolution.result experiments.evolution.first_at experiments.evolution.came_out
        experiments.evolution_pictures.result experiments.evolution_pictures.packed
        experiments.evolution_responses.result experiments.pairs.result experiments.pairs.middle
        experiments.pairs.thirds
        experiments.transfer.finetune.result
        experiments.ablation.predictions
        experiments.ablation.result
        experiments.ablation.Ablation.of experiments.ablation.Ablation.row experiments.ablation.Ablation.members
        experiments.ablation.compare experiments.ablation.between_seeds experiments.ablation.Setting.of
        training.recipe.Recipe.record""",
    "tests/experiments/ablation/test_rates.py asks for what is not there": "experiments.ablation.at_its_best_rate",
    "tests/analysis/test_responses.py asks for what is not there": "analysis.Traces analysis.Traces.together",
    "files: the other tests here, and tests/test_weights.py": """
        data.read data.imagenette data.folder data.caltech101 data.caltech256 data.voc2012 data.SeveralLabels
        load available training.loop.train weights.record weights.seeds
        weights.store weights.store_seed weights.note_seeds weights.in_half weights.architecture widgets.live.write""",
    "tests/widgets give them wrong axes, settings and rows": """
        widgets.Explorer widgets.Explorer.frame widgets.Explorer.alt widgets.Explorer.picture widgets.VariantExplorer
        widgets.SortableTable widgets.variants.describe widgets.FilterStrip
        widgets.FilterStrip.view widgets.FilterStrip.still widgets.FilterStrip.before widgets.FilterStrip.after
        widgets.FilterStrip.data widgets.FlickeringMap widgets.FlickeringMap.view widgets.FlickeringMap.before
        widgets.FlickeringMap.after
        widgets.FlickeringMap.data widgets.FlickeringMap.error
        widgets.CostOfLayers widgets.CostOfLayers.view widgets.CostOfLayers.before widgets.CostOfLayers.data
        widgets.ServesElsewhere widgets.ServesElsewhere.view widgets.ServesElsewhere.before
        widgets.ServesElsewhere.data
        widgets.GrowingFeatures widgets.GrowingFeatures.view widgets.GrowingFeatures.before
        widgets.GrowingFeatures.still widgets.GrowingFeatures.data
        widgets.FieldTracer widgets.FieldTracer.view widgets.FieldTracer.before widgets.FieldTracer.data
        widgets.SwitchSwap widgets.SwitchSwap.view widgets.SwitchSwap.before widgets.SwitchSwap.after
        widgets.SwitchSwap.data
        widgets.AllMaps widgets.AllMaps.view widgets.AllMaps.before widgets.AllMaps.after widgets.AllMaps.data
        widgets.TwoByTwo widgets.TwoByTwo.view widgets.TwoByTwo.before widgets.TwoByTwo.data widgets.StepsExplorer
        widgets.YourPicture widgets.YourPicture.view widgets.YourPicture.page_html
        widgets.StepsExplorer.page_html""",
    "they draw what they are given on matplotlib's axes": """
        plots.figure plots.show plots.box plots.class_entropy plots.numbers plots.architecture plots.table
        plots.training_record plots.lobes plots.plane plots.octaves plots.bands plots.name_points plots.changes
        plots.by_blur""",
    "it takes any text": "plots.true_minus",
}
