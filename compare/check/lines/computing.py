"""What each line of the user's file computes, over all its turns, in words.

Refuses to say anything of a line whose value is no known quantity.
"""

from collections.abc import Iterator

from compare.check.lines.departure import Seen
from compare.check.lines.quantities import Quantities
from compare.check.lines.result import Computed, Reading
from compare.check.lines.sites import Site


def computed(
    seen: list[Seen], quantities: Quantities, known: Reading
) -> Iterator[Computed]:
    """Yield what each line computes that stores, returns or changes something."""
    done = {(line.file, line.line, line.variable) for line in known.lines}
    by_place: dict[tuple[str, int, str], list[Seen]] = {}
    for one in seen:
        site = one.site
        if site.target:
            by_place.setdefault((site.file, site.line, site.target), []).append(one)
    for (file, line, variable), turns in by_place.items():
        text = _together(turns, quantities)
        if text and (file, line, variable) not in done:
            yield Computed(file, line, variable, text)


def _together(turns: list[Seen], quantities: Quantities) -> str:
    """Return what a line computes, over all its turns."""
    last: Site = turns[-1].site
    texts: list[str] = []
    for seen in turns:
        text = str(seen.label) if seen.label else _number(seen, quantities)
        if seen.label is not None and seen.label.row is not None:
            text = text.partition(", sample")[0] + ", one sample at a time"
        if text:
            texts.append(text)
    if not texts:
        return ""
    unique = list(dict.fromkeys(texts))
    if last.kind == "changed" and len(unique) > 1:
        whole = [t for t in unique if "so far" not in t]
        unique = whole or unique[-1:]
    if len(unique) > 4:
        return f"{unique[0]}, {unique[1]}, …, {unique[-1]}"
    return _common_tail(unique)


def _common_tail(texts: list[str]) -> str:
    """Return "z[0], z[1], transposed" instead of the form after each."""
    tails = {text.partition(", ")[2] for text in texts}
    if len(tails) == 1 and (tail := tails.pop()):
        return ", ".join(text.partition(", ")[0] for text in texts) + f", {tail}"
    return ", ".join(texts)


def _number(seen: Seen, quantities: Quantities) -> str:
    value = seen.event.value
    if value.size != 1 or seen.site.kind == "test" or value.dtype.kind == "b":
        return ""
    number = float(value.flat[0])
    if number == quantities.n_rows:
        return "B"
    for q in quantities.by_dims.get((), ()):
        if abs(number - float(q.value.flat[0])) < 1e-12:
            return q.name
    return ""
