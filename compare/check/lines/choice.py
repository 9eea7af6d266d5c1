"""Which of several places that mend as much is the one to show."""

from compare.check.lines.departure import Departure
from compare.check.lines.sites import Site


def best_of(best: list[Departure], found: Departure) -> list[Departure]:
    """Return the departures of the line that mends the most, the first such line."""
    if not best or len(found.still_wrong) < len(best[0].still_wrong):
        return [found]
    if len(found.still_wrong) > len(best[0].still_wrong):
        return best
    if on_one_line(found.site, best[0]):
        return [*best, found]
    is_earlier = found.first.seen.position < best[0].first.seen.position
    return [found] if is_earlier else best


def on_one_line(site: Site, departure: Departure) -> bool:
    """Tell whether a site belongs to the statement of a departure."""
    other = departure.site
    return (site.file, site.statement) == (other.file, other.statement)


def clearest(departures: list[Departure]) -> Departure:
    """Return, of places on one line, the one of which the most can be said.

    The wrong array fetched, if it is not simply what the line should have made of it;
    then the largest expression; then the largest that is a number; a condition last.
    """
    arrays = [d for d in departures if d.first.quantity is not None]
    made = [d for d in arrays if not d.site.is_load]
    meant = {id(d.first.quantity) for d in made}
    for d in arrays:
        label = d.first.seen.label
        is_fetched = d.site.is_load and label is not None and label.is_right
        is_plain = not d.first.factor_name and id(d.first.quantity) not in meant
        if is_fetched and is_plain:
            return d
    if made or arrays:
        return max(made or arrays, key=_extent)
    numbers = [d for d in departures if d.site.kind != "test"]
    return max(numbers or departures, key=lambda d: d.site.number)


def _extent(departure: Departure) -> tuple[bool, bool, int]:
    """Rank places of one line: of an expression and its parts, the whole comes last."""
    site = departure.site
    return not departure.first.factor_name, site.kind != "changed", site.number
