"""What the leaner variants check before an epoch, because their kernels would not."""

import torch


def check_epoch(
    X: torch.Tensor,
    y: torch.Tensor,
    rows: torch.Tensor,
    layer_sizes: tuple[int, ...],
) -> None:
    """Raise ValueError or IndexError unless `rows` of X and y can be trained on."""
    if X.ndim != 2 or X.shape[1] != layer_sizes[0]:
        raise ValueError(
            f"X must have shape (n_samples, {layer_sizes[0]}), got {tuple(X.shape)}"
        )
    if y.shape != (len(X),):
        raise ValueError(
            f"y must have shape ({len(X)},), one label per row of X, "
            f"got {tuple(y.shape)}"
        )
    low, high = (int(value) for value in rows.aminmax())
    if low < 0 or high >= len(X):
        raise IndexError(
            f"order must hold row numbers from 0 to {len(X) - 1}, got {low} to {high}"
        )
    low, high = (int(value) for value in y.aminmax())
    if low < 0 or high >= layer_sizes[-1]:
        raise ValueError(
            f"y must hold classes from 0 to {layer_sizes[-1] - 1}, got {low} to {high}"
        )
