"""A row at its best rate is chosen on pictures that do not score it."""

import numpy as np
import pytest

from zflib.experiments.ablation.rates import at_its_best_rate
from zflib.experiments.ablation.summary import Ablation, Outcome

RATES = 0.003, 0.01, 0.02


def outcome(rate, seed, correct):
    facts = {"network": "alexnet", "row": "as_is", "seed": seed}
    facts["recipe"] = {"learning_rate": rate, "epochs": 12, "dropout": 0.5}
    correct = None if correct is None else np.array(correct, dtype=bool)
    return Outcome(facts, 100, correct, None if correct is None else rate * np.ones(len(correct)))


def table(**by_rate):
    runs = [outcome(float(rate), seed, each) for rate, nets in by_rate.items() for seed, each in enumerate(nets)]
    return Ablation(tuple(runs), np.zeros(6, dtype=int))


def test_one_half_chooses_for_the_other():
    even, odd = np.arange(6) % 2 == 0, np.arange(6) % 2 == 1
    runs = table(**{"0.003": [even, even], "0.01": [odd, odd], "0.02": [odd & False] * 2})
    row, rates = at_its_best_rate(runs, "alexnet", "as_is", RATES)
    assert rates == (0.01, 0.003), "odd pictures prefer 0.01, which then scores the even ones"
    assert not row.correct.any(), "each half is judged at the rate that suits the other"
    assert np.array_equal(row.nll[0], np.where(odd, 0.003, 0.01))


def test_where_the_halves_agree_it_is_the_row_at_that_rate():
    runs = table(**{"0.003": [np.ones(6)] * 2, "0.01": [np.zeros(6)] * 3, "0.02": [np.zeros(6), None]})
    row, rates = at_its_best_rate(runs, "alexnet", "as_is", RATES)
    assert rates == (0.003, 0.003) and row.correct.all()


def test_a_rate_that_is_not_chosen_takes_no_seed_away():
    runs = table(**{"0.003": [np.ones(6)] * 3, "0.01": [np.ones(6) * (np.arange(6) > 1)] * 2, "0.02": [np.zeros(6)]})
    row, rates = at_its_best_rate(runs, "alexnet", "as_is", RATES)
    assert rates == (0.003, 0.003) and row.correct.shape == (3, 6)
    even, odd = np.arange(6) % 2 == 0, np.arange(6) % 2 == 1
    row, rates = at_its_best_rate(table(**{"0.003": [even] * 3, "0.01": [odd] * 2}), "alexnet", "as_is", RATES[:2])
    assert set(rates) == {0.003, 0.01} and row.correct.shape == (2, 6), "those that both have"


def test_a_rate_at_which_a_run_diverged_is_not_chosen():
    by_rate = {"0.003": [np.zeros(6)], "0.01": [np.zeros(6)] * 2, "0.02": [np.ones(6), None]}
    assert at_its_best_rate(table(**by_rate), "alexnet", "as_is", RATES)[1] == (0.003, 0.003)
    lost = by_rate | {"0.02": [None, None]}
    assert at_its_best_rate(table(**lost), "alexnet", "as_is", RATES)[0].correct.shape == (1, 6)
    with pytest.raises(ValueError, match="no rate at which none of its runs diverged"):
        at_its_best_rate(table(**{rate: [None] for rate in by_rate}), "alexnet", "as_is", RATES)


def test_a_rate_without_runs_is_refused():
    with pytest.raises(ValueError, match=r"alexnet, as_is, has no seed .* 0\.003, 0\.01, 0\.02"):
        at_its_best_rate(table(**{"0.003": [np.ones(6)], "0.01": [np.ones(6)]}), "alexnet", "as_is", RATES)
