"""Published comparisons that went wrong: the false conclusion, and what ends it.

Each file is one case, with `run() -> Case`. Names of authors are left out; page 6 of
the documentation tells the stories.
"""

# name -> (module, one line)
CASES = {
    "squared-error": (
        "compare.explain.cases.squared_error",
        "a sum over classes here, a mean there: NumPy 94.9 %, PyTorch 90.6 %",
    ),
    "data-loader": (
        "compare.explain.cases.data_loader",
        "pictures fetched one by one: 24 s with NumPy, 952 s with PyTorch",
    ),
    "units": (
        "compare.explain.cases.units",
        "128 units against 120, batches of one: three accuracies, three times",
    ),
    "single-runs": (
        "compare.explain.cases.single_runs",
        "one run each: NumPy is more accurate than PyTorch",
    ),
    "alpha": (
        "compare.explain.cases.alpha",
        "the same number in alpha and weight_decay: scikit-learn decays less",
    ),
}
