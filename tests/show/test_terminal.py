"""What a terminal is believed to show: width and colours, or neither in a pipe."""

import pytest

from compare.show import terminal


class Screen:
    """Standard output, as a terminal or as a pipe."""

    def __init__(self, is_terminal: bool) -> None:
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


@pytest.mark.parametrize(
    ("is_terminal", "environ", "coloured"),
    [
        (True, {}, True),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),  # as no-color.org has it
        (True, {"TERM": "dumb"}, False),
        (False, {"FORCE_COLOR": "1"}, True),
        (True, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (False, {}, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    is_terminal: bool,
    environ: dict[str, str],
    coloured: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdout", Screen(is_terminal))
    assert terminal.has_colours(environ) is coloured


def test_a_pipe_has_no_width_unless_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", Screen(False))
    assert terminal.width({}) is None
    assert terminal.width({"COLUMNS": "72"}) == 72
    assert terminal.width({"COLUMNS": "wide"}) is None


def test_prose_and_bullets_keep_to_the_width(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = "one epoch in float64 from the same weights and the same batches"
    monkeypatch.setattr(terminal, "width", lambda: 30)
    for text in (terminal.prose(f"{sentence}\n\n"), terminal.bullets([sentence])):
        assert max(map(len, text.splitlines())) <= 30
        words = " ".join(text.split()).removeprefix("- ").removesuffix(".")
        assert words == sentence
    assert terminal.prose("a\n\nb\n") == "a\n\nb\n"
    monkeypatch.setattr(terminal, "width", lambda: None)
    assert terminal.prose(sentence * 3) == sentence * 3
    assert terminal.bullets(["It ends.", "it ends"]) == "- It ends.\n- it ends.\n"


def test_a_child_is_told_what_the_terminal_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(terminal, "width", lambda: 72)
    monkeypatch.setattr(terminal, "has_colours", lambda: True)
    told = terminal.of_parent()
    monkeypatch.undo()
    monkeypatch.setattr("sys.stdout", Screen(False))
    assert terminal.width(told) == 72
    assert terminal.has_colours(told)
    assert terminal.of_parent() == {}  # in a pipe


def test_names_stand_beside_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = {"a": "short", "long-name": "of several words, in the second line too"}
    monkeypatch.setattr(terminal, "width", lambda: 30)
    assert terminal.listing(listed, indent="  ") == (
        "  a          short\n"
        "  long-name  of several words,\n"
        "             in the second\n"
        "             line too\n"
    )
    monkeypatch.setattr(terminal, "width", lambda: None)
    assert terminal.listing(listed).splitlines()[1] == (
        "long-name  of several words, in the second line too"
    )


def test_nothing_is_cut_within_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes and paths are copied from the screen."""
    monkeypatch.setattr(terminal, "width", lambda: 12)
    words = "in 784-128-64-10 and /a/very-long/path"
    assert terminal.prose(words).split() == words.split()
    assert terminal.bullets([words]).split() == [
        "-",
        *words.split()[:-1],
        "/a/very-long/path.",
    ]
