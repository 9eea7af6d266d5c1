"""The plain sentences: each finding said once, nothing claimed that was not found."""

from compare.record.judging import judge
from compare.record.results import Parity, Results
from compare.report import headline, notes, parity_table
from tests.report import invented


def said(results: Results) -> str:
    return " ".join(headline.sentences(judge(results)))


def test_equal_and_faster() -> None:
    found = said(invented.results({"numpy": 1.0, "torch": 2.0, "sklearn": 1.0}))
    assert "numpy, torch and sklearn compute the same thing, to rounding." in found
    assert "numpy, torch and sklearn are equally accurate, within 0.2 points" in found
    assert "95.0 % of the test images are read right" in found
    assert "Training: numpy 2.0 times and sklearn 2.0 times as fast as torch." in found


def test_the_fastest_of_all_is_named_with_the_next() -> None:
    found = said(invented.results({"torch": 3.0, "jax": 1.5, "numba": 1.0}))
    assert (
        "numba (by hand in compiled loops) trains fastest of the 3, 1.50 times as fast "
        "as jax, the next." in found
    )


def test_who_is_not_proved_slower_shares_the_lead() -> None:
    found = said(
        invented.results({"torch": 3.0, "jax": 1.0, "numba": 1.0, "numpy": 1.0})
    )
    assert "jax, numba and numpy train fastest of the 4; among them" in found


def test_who_is_too_noisy_does_not_share_the_lead() -> None:
    results = invented.results({"torch": 3.0, "numpy": 2.0, "keras": 1.6, "numba": 1.0})
    for run in results.runs_of("keras"):
        for record in run.epochs:  # each seed at another speed
            record.train_seconds *= (0.3, 1, 3.3)[run.seed]
    assert "numba (by hand in compiled loops) trains fastest of the 4, 2.00" in said(
        results
    )


def test_of_two_nobody_is_called_the_fastest() -> None:
    assert "fastest" not in said(invented.results({"numpy": 1.0, "torch": 2.0}))


def test_another_computation_is_never_the_fastest() -> None:
    results = invented.results({"torch": 3.0, "numpy": 2.0, "jax": 1.0, "numba": 1.5})
    results.parity[2].status = "different"
    assert "numba (by hand in compiled loops) trains fastest of the 3" in said(results)


def test_slower_and_the_same() -> None:
    found = said(invented.results({"numpy": 4.0, "torch": 2.0, "sklearn": 2.0}))
    assert "Training: numpy 0.50 times the speed of torch." in found
    assert "Training: sklearn just as fast as torch." in found


def test_too_few_seeds_rank_nobody() -> None:
    found = said(invented.results({"numpy": 1.0, "torch": 2.0}, seeds=(0, 1)))
    assert "Too few seeds to rank the speed of numpy against torch." in found
    assert "as fast as" not in found


def test_noise_ranks_nobody() -> None:
    results = invented.results({"numpy": 1.0, "torch": 2.0})
    for run in results.runs_of("torch"):
        for record in run.epochs:  # each seed at another speed
            record.train_seconds *= (0.3, 1, 3.3)[run.seed]
    found = said(results)
    assert "Too much else ran here to rank the speed of numpy against torch." in found
    assert "as fast as" not in found


def test_another_computation_is_named_and_not_ranked() -> None:
    results = invented.results({"numpy": 1.0, "torch": 2.0, "a/b.py:Net": 0.1})
    results.parity[2].status = "different"
    found = said(results)
    assert "numpy and torch compute the same thing" in found
    assert "b.py:Net computes something else." in found
    assert found.count("b.py:Net") == 1
    assert "a/b.py" not in found


def test_each_is_equal_to_its_own_reference() -> None:
    results = invented.results({"numpy": 1.0, "torch": 2.0, "sklearn": 1.0})
    results.parity[2] = Parity("sklearn", "numpy-eps-hat", "equal", "", 1e-12, 9, 9)
    found = said(results)
    assert "numpy and torch compute the same thing, to rounding." in found
    assert "sklearn computes the same as numpy-eps-hat, to rounding." in found


def test_who_is_absent_is_said() -> None:
    results = invented.results({"numpy": 1.0, "torch": 2.0, "sklearn": 1.0})
    results.unsupported = {"sklearn": "no AdamW"}
    results.runs = [r for r in results.runs if r.implementation != "sklearn"]
    for run in results.runs_of("torch"):
        run.status = "failed"
    results.finished = False
    found = said(results)
    assert "torch failed." in found
    assert "sklearn cannot do what was asked." in found
    assert "interrupted" in found


def test_what_a_failed_run_took_is_no_result() -> None:
    results = invented.results({"numpy": 1.0, "torch": 2.0})
    for run in results.runs_of("numpy"):
        run.status = "failed"
    assert not any("numpy" in s for s in notes.speed_sentences(judge(results)))


def test_a_control_is_judged_once_and_compared_with_nobody_else() -> None:
    results = invented.results({"numpy": 1.0, "torch": 2.0, "numpy (control)": 1.0})
    sentences = notes.meaning(judge(results))
    about = [s for s in sentences if "control" in s]
    assert len(about) == 1
    assert "contains 1, as it must" in about[0]


def test_the_gate_says_both_who_failed_and_who_differs() -> None:
    results = invented.results({"numpy": 1.0, "torch": 2.0, "sklearn": 1.0})
    results.parity[0].status, results.parity[2].status = "failed", "different"
    sentence = parity_table.sentence(results)
    assert "numpy did not come through the first epoch." in sentence
    assert "sklearn did not arrive at the same weights" in sentence


def test_a_gate_that_compared_nothing_claims_nothing() -> None:
    results = invented.results({"torch-cuda": 1.0})
    results.parity[0].status = "unsupported"
    assert parity_table.sentence(results).startswith("Nothing was compared")


MANY = {
    "torch": 2.0,
    "numpy": 1.0,
    "sklearn": 1.6,
    "jax": 0.8,
    "numba": 1.003,
    "keras": 4.0,
}


def test_of_many_none_is_listed_where_all_are_alike() -> None:
    found = said(invented.results(MANY))
    assert "All 6 compute the same thing, to rounding." in found
    assert "All 6 are equally accurate, within 0.2 points" in found


def test_who_is_missing_among_many_is_not_counted_in() -> None:
    results = invented.results(MANY | {"numba-skip": 1.0})
    results.parity[2].status = "different"
    found = said(results)
    assert "All" not in found
    assert "torch, numpy, jax, numba, keras and numba-skip compute the same" in found
    assert "sklearn computes something else." in found


def test_many_that_are_faster_are_ordered_and_equal_figures_said_once() -> None:
    found = said(invented.results(MANY | {"textbook": 1.6, "torch-lean": 1.25}))
    assert (
        "Training: jax 2.5; numpy and numba 2.0; torch-lean 1.6; "
        "sklearn and textbook 1.2 times as fast as torch." in found
    )
    assert "Training: keras 0.50 times the speed of torch." in found


def test_many_accuracies_are_their_ends_and_who_leaves_them_beyond_chance() -> None:
    wrong = {"torch": 10, "numpy": 10, "sklearn": 11, "jax": 9, "numba": 9, "keras": 60}
    results = invented.results(MANY)
    results.runs = [
        invented.run(r.implementation, r.seed, seconds=1.0, n_wrong=n, answer_seed=i)
        for i, (name, n) in enumerate(wrong.items())
        for r in results.runs_of(name)
    ]
    found = said(results)
    assert "Test accuracy: 70.00 % (keras) to 95.50 % (jax and numba)" in found
    assert "; less accurate than torch, beyond chance: keras." in found
    assert "no difference beyond chance" not in found
