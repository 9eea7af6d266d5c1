"""The training step as a CUDA graph: recorded once, replayed for every batch.

A step of this network is some thirty kernels of a few microseconds each, and starting
them from Python costs more than running them. A graph starts all with one call. Every
array must stay where it was when the graph was recorded, so the batch is copied into
fixed buffers, and optimizer state is zeroed in place.

See "CUDA Graphs" in PyTorch's notes on CUDA semantics.
"""

from typing import Any

import torch

from torch_impl.lean import LeanTorchImplementation

# PyTorch's notes: some steps on a side stream first, so that libraries allocate what
# they need before the recording.
STEPS_BEFORE_RECORDING = 3


class CudaGraphTorchImplementation(LeanTorchImplementation):
    """`LeanTorchImplementation` on a GPU, each full batch one replayed graph.

    Raises
    ------
    NotImplementedError
        At creation, if PyTorch finds no CUDA device.
    """

    fused_update = False  # the count of steps must stay on the device, in float64
    capturable = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "device": "cuda"})
        self._graph: torch.cuda.CUDAGraph | None = None

    def _step(self, X: torch.Tensor, y: torch.Tensor) -> None:
        if len(X) != self.batch_size:
            super()._step(X, y)  # a shorter last batch, once per epoch
            return
        if self._graph is None:
            self._graph = self._record(X, y)
        self._graph.replay()

    def _record(self, X: torch.Tensor, y: torch.Tensor) -> torch.cuda.CUDAGraph:
        """Record one step on these very buffers, and undo what it did."""
        kept = [p.detach().clone() for p in self.params]
        states = [
            tensor
            for state in self._states
            for tensor in (*state.first, *state.second, *state.steps)
        ]
        kept_states = [tensor.clone() for tensor in states]
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(STEPS_BEFORE_RECORDING):
                super()._step(X, y)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            super()._step(X, y)
        with torch.no_grad():
            for tensor, before in zip(
                [*self.params, *states], [*kept, *kept_states], strict=True
            ):
                tensor.copy_(before)
        return graph
