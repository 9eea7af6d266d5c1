"""Everything that only a machine with a GPU can tell, in under ten minutes.

    python -m benchmarks.gpu               on a GPU
    python -m benchmarks.gpu --rehearse    the same steps on the CPU, in two minutes

One after the other: that the engines on the GPU compute the same (the parity gate, SGD
and Adam, in float64), the default comparison, and the sweep over batch size and width
that shows from where on the GPU wins. Each step has a limit of time and leaves its
files in a folder of its own; a step that fails does not stop the others.

On a GPU it has not been tried yet.

Refuses to be a test: it says what happened, and ends with 1 if a step failed.
"""

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ON_GPU = ["torch-cuda", "torch-cuda-graph", "jax-gpu"]
ON_CPU = ["torch", "jax"]

Step = tuple[str, list[str], int]
"""A name, the arguments of `python -m compare`, and a limit in seconds."""


def steps(engines: list[str], folder: Path, *, rehearse: bool) -> list[Step]:
    """Return what is to be done; together at most ten minutes."""
    names = ["--impl", "numpy", *engines]
    few = ["--epochs", "1", "--seeds", "1"]
    small = ["--train-samples", "6000"] if rehearse else []
    out = {
        name: ["--out", str(folder / name)]
        for name in ("sgd", "adam", "run", "scaling")
    }
    comparison = few if rehearse else ["--epochs", "5", "--seeds", "2"]
    budget = "30s" if rehearse else "180s"
    return [
        ("parity, SGD", [*names, *few, "--train-samples", "6000", *out["sgd"]], 90),
        (
            "parity, Adam",
            [
                *names,
                *few,
                *("--train-samples", "6000", "--optimizer", "adam"),
                *out["adam"],
            ],
            90,
        ),
        ("comparison", [*names, *comparison, *small, *out["run"]], 200),
        (
            "scaling",
            [
                "scaling",
                *names,
                *("--axes", "batch", "width", "--budget", budget),
                *out["scaling"],
            ],
            220,
        ),
    ]


def run(step: Step) -> bool:
    """Run one step, its output as it comes; say whether it ended well."""
    name, arguments, limit = step
    command = [sys.executable, "-m", "compare", *arguments]
    sys.stdout.write(f"\n=== {name}: python -m compare {' '.join(arguments)}\n\n")
    sys.stdout.flush()
    begin = time.monotonic()
    try:
        code = subprocess.run(command, cwd=ROOT, timeout=limit, check=False).returncode
    except subprocess.TimeoutExpired:
        code = -1
    seconds = time.monotonic() - begin
    outcome = {0: "done", -1: f"cut off after {limit} s"}.get(code, f"exit code {code}")
    sys.stdout.write(f"\n=== {name}: {outcome}, {seconds:.0f} s\n")
    return code == 0


def card() -> str:
    """Return the name of the GPU as its driver gives it; "" if there is none."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    query = [program, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout


def main() -> int:
    """Run all steps; return 0 if all ended well, 2 without a GPU."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--rehearse", action="store_true", help="on the CPU, to see that it works"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("results/gpu"),
        metavar="DIR",
        help="(%(default)s)",
    )
    args = parser.parse_args()
    gpu = card()
    if not gpu and not args.rehearse:
        sys.stderr.write(
            "error: no GPU here (nvidia-smi is missing); --rehearse runs on the CPU\n"
        )
        return 2
    engines = ON_CPU if args.rehearse else ON_GPU
    sys.stdout.write(gpu.strip() + "\n" if gpu else "On the CPU, as a rehearsal.\n")
    planned = steps(engines, args.out.resolve(), rehearse=args.rehearse)
    well = [run(step) for step in planned]
    sys.stdout.write(f"\n{sum(well)} of {len(well)} steps ended well: {args.out}/\n")
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
