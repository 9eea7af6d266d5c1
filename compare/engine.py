"""What an entry of the registry says of an engine, and of the framework behind it.

Refuses to know which engines there are: that is `registry`.
"""

import importlib.util
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# A phase of a training step, and the call that it is: `network._forward` of the
# implementation itself, or `package.module:function` (see `measure.phases`).
Phases = tuple[tuple[str, str], ...]

# A step that is one call into compiled code cannot be split from outside.
WHOLE_STEP = "whole step"


@dataclass(frozen=True)
class Framework:
    """What the engines of one framework have in common.

    Attributes
    ----------
    packages : mapping
        From a package as pip knows it to the module that Python imports. Versions are
        recorded with every result.
    threads : tuple of str
        Whose threads compute: keys of `measure.threads.LIBRARIES`, which says how
        each is told its number and how the number is read back.
    products : str
        Whose matrix products are the floor: a key of `measure.floor.LIBRARIES`.
    optional : bool
        True if its packages are not in `requirements.txt`.
    by_hand : bool
        True if gradients and updates are written out, without a framework's help.
    """

    packages: Mapping[str, str]
    threads: tuple[str, ...]
    products: str
    optional: bool = False
    by_hand: bool = False

    @property
    def missing(self) -> list[str]:
        """The packages that are not installed."""
        return [
            package
            for package, module in self.packages.items()
            if importlib.util.find_spec(module) is None
        ]


@dataclass(frozen=True)
class Engine:
    """One entry of the table.

    Attributes
    ----------
    module, factory : str
        Where its class is, and how it is called.
    summary : str
        What it is, in one line.
    framework : Framework
    settings : mapping
        What makes this variant, beside the hyper-parameters.
    open_factory : str
        Created instead of `factory` when something of the open division is asked for
        that is not in `open_settings`; without one, that is refused.
    open_settings : tuple of str
        What of the open division `factory` and `conv_factory` take themselves: names of
        `HyperParameters`. With nothing else asked for, they are created.
    conv_factory : str
        Created for a convolutional network in the closed division, and without one
        that is refused. In the open division, `open_factory` takes those networks too.
    device : {"cpu", "gpu"}
        Where it computes.
    epsilon_hat : bool
        Its Adam adds ε before bias correction, as scikit-learn and Keras do; the
        parity gate then compares it with `numpy-eps-hat`.
    compiles : bool
        The first step of a process takes many seconds.
    no_loss : str
        Why it has no `loss_and_gradients`; "" if it has.
    phases : tuple of pairs
        How `profile` splits its step; empty if that cannot be seen from outside.
    """

    module: str
    factory: str
    summary: str
    framework: Framework
    settings: Mapping[str, Any] = field(default_factory=dict)
    open_factory: str = ""
    open_settings: tuple[str, ...] = ()
    conv_factory: str = ""
    device: str = "cpu"
    epsilon_hat: bool = False
    compiles: bool = False
    no_loss: str = ""
    phases: Phases = ()

    @property
    def folder(self) -> str:
        """The folder at the top of the repository that its class is in."""
        return self.module.partition(".")[0]

    @property
    def by_hand(self) -> bool:
        """True if its gradients and updates are written out, without a framework."""
        return self.framework.by_hand

    @property
    def products(self) -> str:
        """Whose matrix products are its floor; "" where none is measured."""
        return self.framework.products if self.device == "cpu" else ""

    @property
    def needs(self) -> str:
        """What is not installed, and the cure, in one sentence; "" if all is there."""
        missing = self.framework.missing
        if not missing:
            return ""
        cure = "`make engines` installs" if self.framework.optional else "install"
        return (
            f"needs the package{'s' if len(missing) > 1 else ''} {', '.join(missing)}, "
            f"not installed here: {cure} {'them' if len(missing) > 1 else 'it'}"
        )

    @property
    def can_run_here(self) -> bool:
        """True if its packages are installed, and a GPU is there if it needs one."""
        on_gpu = self.device == "gpu"
        return not self.needs and (not on_gpu or shutil.which("nvidia-smi") is not None)
