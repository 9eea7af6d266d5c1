"""Is my backpropagation right, and if not, which line is wrong?

`compare.check(...)` and `python -m compare check` are the two ways in.

In the order of a check: `subject` and `functions` make one thing of a class or of two
functions; `contract_gate`, `function_gates` and `training_gates` compare it with
PyTorch (`reference`) on the numbers of `networks`; `diagnosis` tries every mistake of
the catalogue (`mistakes`, `hypotheses`, `training_hypotheses`, computed by `equations`
and `steps`); `report` tells. `guard` and `worker` keep other people's code at bay.
"""

import sys
import types
from typing import Any


class _Room(types.ModuleType):
    """This folder, which can also be called: `compare.check(MyMLP)`.

    The command and the function have the same name, and an import of this folder puts
    the folder in the function's place. So the folder answers for the function.
    """

    def __call__(self, *args: Any, **options: Any) -> Any:
        from compare.check.api import check  # PyTorch takes a second to import

        return check(*args, **options)


sys.modules[__name__].__class__ = _Room
