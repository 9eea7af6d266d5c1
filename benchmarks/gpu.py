"""What only a machine with a GPU can tell, in about ten minutes.

    python -m benchmarks.gpu               on a GPU
    python -m benchmarks.gpu --rehearse    the same steps on the CPU, in three minutes

One after the other: that the engines on the GPU compute the same (the parity gate, in
float64), the sweep over batch size and width that shows from where on the GPU wins, the
default comparison, Adam, the sweep against all cores of the CPU, and the convolutional
network. No step begins after `--minutes`; one that is still at work then gets Ctrl-C,
and what it has done is kept, in a folder of its own. A step that fails does not stop
the others, but if the engines do not compute the same, nothing is timed.

JAX compiles for half a minute in each new process on a GPU, trying out kernels. Here
all processes share what the first has compiled, so the column of the first calls is
that of a warm cache.

Ends with 0 if every step ended well, 1 if one failed or was left out, 2 without a GPU.
"""

import argparse
import os
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
# Whom the sweep compares with the CPU. `jax-gpu` compiles anew for each of its points,
# and with it a budget of minutes was over before the largest batches.
FASTEST_STEP = "torch-cuda-graph"
GRACE_SECONDS = 15


@dataclass(frozen=True)
class Step:
    """The arguments of one `python -m compare`; a gate must end well, or all ends."""

    name: str
    arguments: list[str]
    is_gate: bool = False


def steps(*, rehearse: bool) -> list[Step]:
    """Return what is to be done, the most important first."""
    names = ["--impl", *ON_CPU, *([] if rehearse else ON_GPU)]
    n_cores = str(usable_cores())
    short = ["--epochs", "1", "--seeds", "1", "--train-samples", "6000"]
    one_epoch = short if rehearse else ["--epochs", "1", "--seeds", "3"]
    some = ["--epochs", "2", "--seeds", "1", "--train-samples", "12000"]
    swept = [*ON_CPU, *([] if rehearse else [FASTEST_STEP])]
    sweep = ["scaling", "--impl", *swept, "--axes", "batch", "width"]
    sweep += ["--budget", "30s" if rehearse else "150s"]
    return [
        Step("parity", [*names, *short], is_gate=True),
        Step("scaling", sweep),
        Step("sgd", [*names, *one_epoch]),
        Step("adam", [*names, *one_epoch, "--optimizer", "adam"]),
        Step("scaling-all-cores", [*sweep, "--threads", n_cores]),
        Step("cnn", [*names, "--recipe", "cnn", *(short if rehearse else some)]),
    ]


def run(step: Step, folder: Path, limit_seconds: float) -> bool:
    """Run one step, its output as it comes; say whether it ended well."""
    arguments = [*step.arguments, "--out", str(folder / step.name)]
    sys.stdout.write(f"\n=== {step.name}: python -m compare {' '.join(arguments)}\n\n")
    sys.stdout.flush()
    begin = time.monotonic()
    command = [sys.executable, "-m", "compare", *arguments]
    cache = {
        "JAX_COMPILATION_CACHE_DIR": str(folder / "jax-cache"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.5",
    }
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | cache) as process:
        code = _wait(process, limit_seconds)
    seconds = time.monotonic() - begin
    said = {0: "done", 130: "stopped, for the time is over"}
    outcome = said.get(code, f"exit code {code}")
    sys.stdout.write(f"\n=== {step.name}: {outcome}, {seconds:.0f} s\n")
    return code == 0


def _wait(process: "subprocess.Popen[bytes]", limit_seconds: float) -> int:
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
        "--minutes", type=float, default=10.0, help="for all steps (%(default)s)"
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
    end = time.monotonic() + 60 * args.minutes
    well = 0
    for step in planned:
        left = end - time.monotonic()
        if left <= 0:
            sys.stdout.write(f"\n=== {step.name}: left out, for the time is over\n")
        elif run(step, args.out.resolve(), left):
            well += 1
        elif step.is_gate:
            break
    sys.stdout.write(f"\n{well} of {len(planned)} steps ended well: {args.out}/\n")
    return 0 if well == len(planned) else 1


if __name__ == "__main__":
    sys.exit(main())
