"""Is my backpropagation right, and if not, which line is wrong?

`compare.check(...)` and `python -m compare check` are the two ways in.

In the order of a check (`examination`): `subject` makes one thing of a class or of two
functions. `recognise` finds out which network it is, in the words of `terms`. `gates`
ask it the numbers of `probes` and compare its answers with those of PyTorch
(`reference`, and `autograd` for other networks). Where a gate fails, `lines` runs the
user's own file and looks for the first line that departs from the right computation,
and `diagnosis` tries every mistake of the `catalogue`, computed by `simulate`.
`findings` and `observations` hold what came of it, and `text` prints it. `guard`,
`watch` and `worker` keep other people's code at bay. `marking` does all this for a
whole class of students, and `exercises` are networks with one mistake, to be found by
the reader.
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
