"""Everything that only a machine with a GPU can tell, in under ten minutes.

    python -m benchmarks.gpu               on a GPU
    python -m benchmarks.gpu --rehearse    the same steps on the CPU, in three minutes

One after the other: that the engines on the GPU compute the same (the parity gate, SGD
and Adam, in float64), the default comparison, the convolutional network, and the sweep
over batch size and width that shows from where on the GPU wins: against one thread of
the CPU, then against all its cores. Each step has a limit of time; at the limit it gets
Ctrl-C, and what it has done is kept, in a folder of its own. A step that fails does not
stop the others, but if the engines do not compute the same, nothing is timed.

Ends with 0 if every step ended well, 1 if one failed, 2 without a GPU.
"""

import argparse
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from compare.measure.environment import usable_cores

ROOT = Path(__file__).resolve().parents[1]
ON_GPU = ["torch-cuda", "torch-cuda-graph", "jax-gpu"]
ON_CPU = ["numpy", "torch", "jax"]
GRACE_SECONDS = 15


@dataclass(frozen=True)
class Step:
    """The arguments of one `python -m compare`, and how long it may take."""

    name: str
    arguments: list[str]
    limit_seconds: int
    is_gate: bool = False


def steps(*, rehearse: bool) -> list[Step]:
    """Return what is to be done; together at most ten minutes."""
    names = ["--impl", *ON_CPU, *([] if rehearse else ON_GPU)]
    n_cores = str(usable_cores())
    short = ["--epochs", "1", "--seeds", "1", "--train-samples", "6000"]
    size = short if rehearse else ["--epochs", "5", "--seeds", "3"]
    one_epoch = short if rehearse else ["--epochs", "1", "--seeds", "3"]
    some = short if rehearse else [*one_epoch, "--train-samples", "12000"]
    sweep = ["scaling", *names, "--axes", "batch", "width"]
    budgets = ["30s", "20s"] if rehearse else ["120s", "90s"]
    return [
        Step("parity", [*names, *short], 90, is_gate=True),
        Step("sgd", [*names, *size], 150),
        Step("adam", [*names, *one_epoch, "--optimizer", "adam"], 90),
        Step("scaling", [*sweep, "--budget", budgets[0]], 150),
        Step(
            "scaling-all-cores",
            [*sweep, "--budget", budgets[1], "--threads", n_cores],
            120,
        ),
        Step("cnn", [*names, "--recipe", "cnn", *some], 120),
    ]


def run(step: Step, folder: Path) -> bool:
    """Run one step, its output as it comes; say whether it ended well."""
    arguments = [*step.arguments, "--out", str(folder / step.name)]
    sys.stdout.write(f"\n=== {step.name}: python -m compare {' '.join(arguments)}\n\n")
    sys.stdout.flush()
    begin = time.monotonic()
    command = [sys.executable, "-m", "compare", *arguments]
    with subprocess.Popen(command, cwd=ROOT) as process:
        code = _wait(process, step.limit_seconds)
    seconds = time.monotonic() - begin
    outcome = {0: "done", 130: f"stopped after {step.limit_seconds} s"}
    said = outcome.get(code, f"exit code {code}")
    sys.stdout.write(f"\n=== {step.name}: {said}, {seconds:.0f} s\n")
    return code == 0


def _wait(process: "subprocess.Popen[bytes]", limit_seconds: int) -> int:
    """Return the exit code; at the limit with Ctrl-C, then by force."""
    try:
        return process.wait(limit_seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    try:
        return process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


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
    sys.stdout.write(gpu.strip() + "\n" if gpu else "On the CPU, as a rehearsal.\n")
    planned = steps(rehearse=args.rehearse)
    well = 0
    for step in planned:
        if run(step, args.out.resolve()):
            well += 1
        elif step.is_gate:
            break
    sys.stdout.write(f"\n{well} of {len(planned)} steps ended well: {args.out}/\n")
    return 0 if well == len(planned) else 1


if __name__ == "__main__":
    sys.exit(main())
