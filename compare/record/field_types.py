"""Of which type a field of the results is, and in which range.

`results` and `plan` have these in their classes; what lies deeper, in dictionaries, has
its form here. What belongs together is a matter of `validation`.
"""

from typing import Annotated, Literal, NotRequired, TypedDict

from msgspec import Meta

Count = Annotated[int, Meta(ge=0, le=2**53)]
Positive = Annotated[int, Meta(ge=1, le=2**53)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
# A time that is not positive was not measured, and nobody waits for thirty years.
Seconds = Annotated[float, Meta(gt=0, le=1e9)]
SecondsOrNone = Annotated[float, Meta(ge=0, le=1e9)]
Loss = Annotated[float, Meta(ge=0, le=1e6)]


class Packed(TypedDict):
    """An array of small whole numbers (see `results.pack`)."""

    dtype: Literal["uint8", "uint16", "uint32"]
    shape: list[Count]
    base64: str


class ThreadPool(TypedDict):
    """What a library said of its threads (see `measure.threads.report`)."""

    library: str
    n_threads: Positive
    version: NotRequired[str | None]
    architecture: NotRequired[str | None]
    file: NotRequired[str | None]


class Environment(TypedDict, total=False):
    """What is read of the machine; the stamp may say more."""

    processor: str | None
    avx512: bool | None
    usable_cores: Positive
    memory_bytes: Positive
    system: str
    python: str
    packages: dict[str, str | None]
    load_average_at_start: Annotated[float, Meta(ge=0, le=1e9)] | None
    commit: str | None
    kernel_variables: dict[str, str]
    kernel_variables_kept: bool


class Data(TypedDict):
    """Where the images come from."""

    source: str
    sha256: str
    n_train: Positive
    n_val: Positive
    n_test: Positive
    class_names: Annotated[list[str], Meta(min_length=2)]


class Gallery(TypedDict):
    """The images that figures show (see `record.gallery`)."""

    seed: int
    row: str
    n_mistakes: Count
    n_disagree: Count
    mistakes: list[Count]
    disagree: list[Count]
    images: dict[str, Packed]


class Neurons(TypedDict):
    """What the first layer has learned (see `record.neurons`)."""

    row: str
    seed: int
    numbers: list[Count]
    largest: Annotated[float, Meta(gt=0)]
    images: Packed
