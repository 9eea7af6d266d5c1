"""A plan carried out before the reader's eyes: what is known is printed as it comes.

Shared by every command that runs a whole comparison. Refuses to judge or to draw: that
needs all of the results, and comes afterwards.
"""

import sys
from pathlib import Path

from compare.files import Outputs
from compare.measure import comparison
from compare.measure.environment import kernel_note
from compare.record.plan import Plan
from compare.record.results import Results
from compare.report import parity_table, text
from compare.show.terminal import prose
from compare.show.words import say
from data import Dataset


def measure(
    plan: Plan,
    folder: Path,
    save_model: Path | None = None,
    dataset: Dataset | None = None,
    outputs: Outputs | None = None,
) -> Results:
    """Load the data unless given, say what it is, and carry the plan out.

    `outputs` notes what cannot be written when all is measured.
    """
    dataset = dataset or comparison.load(plan)
    results = comparison.new_results(plan, dataset, command=sys.argv[1:])
    results.write(folder)  # now, so that a full disk is found before the work
    say(prose(text.data_line(results)))
    say(prose(kernel_note(results.environment)))
    comparison.carry_out(
        results,
        dataset,
        folder,
        save_model=save_model,
        outputs=outputs,
        with_floors=True,
        after_gate=lambda: say(parity_table.render(results)),
    )
    return results
