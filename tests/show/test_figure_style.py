"""Rows are told apart without their colours, however many there are."""

import itertools

from compare.show import figure_style as style


def test_no_two_of_many_rows_look_alike() -> None:
    looks = style.looks([str(i) for i in range(49)])
    assert len({(look.colour, look.marker) for look in looks.values()}) == 49
    assert len({(look.colour, look.hatch) for look in looks.values()}) == 49


def test_neighbours_differ_in_colour_marker_and_hatch() -> None:
    looks = list(style.looks([str(i) for i in range(49)]).values())
    for one, next_one in itertools.pairwise(looks):
        assert one.colour != next_one.colour
        assert one.marker != next_one.marker
        assert one.hatch != next_one.hatch
