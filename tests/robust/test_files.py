"""What is written is there whole or not at all, and nothing outside is touched."""

import io
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from compare import cli
from compare.errors import UsageError
from compare.escape import LONGEST, printable
from compare.files import Outputs, check_place, write_atomically, write_text
from compare.measure.scratch import PREFIX, full_disk_in_words, scratch
from compare.record import folders
from compare.record.folders import make_folder
from compare.record.plan import short
from compare.streams import Lasting

fcntl = pytest.importorskip("fcntl")


@pytest.fixture
def in_the_way(tmp_path: Path) -> dict[str, Path]:
    """Return places that are no plain files, by kind."""
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    found = {kind: tmp_path / kind for kind in ("link", "dangling", "folder", "pipe")}
    found["link"].symlink_to(outside)
    found["dangling"].symlink_to(tmp_path / "nowhere")
    found["folder"].mkdir()
    os.mkfifo(found["pipe"])
    found["device"] = Path("/dev/full")
    return found


@pytest.mark.parametrize("kind", ["link", "dangling", "folder", "pipe", "device"])
def test_only_plain_files_are_written(
    in_the_way: dict[str, Path], kind: str, tmp_path: Path
) -> None:
    path = in_the_way[kind]
    before = path.lstat()
    word = {"dangling": "link"}.get(kind, kind)
    for refuse in (check_place, lambda p: write_atomically(p, b"theirs")):
        with pytest.raises(UsageError, match=f"{path} is a {word}, and only plain"):
            refuse(path)
    assert stat.S_IFMT(path.lstat().st_mode) == stat.S_IFMT(before.st_mode)
    assert path.lstat().st_ino == before.st_ino
    assert (tmp_path / "outside").read_bytes() == b"mine"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "name", ["n" * 256, "a\0b", "half a pair \ud800", "file/below", "/proc/x/y"]
)
def test_a_name_that_cannot_be_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    for refuse in (check_place, lambda p: write_atomically(p, b"x")):
        with pytest.raises(UsageError, match="cannot be written"):
            refuse(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_check_leaves_nothing_and_a_write_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "sub" / "file.txt"
    check_place(path)
    assert not list(tmp_path.iterdir())
    write_text(path, "half a pair \ud800")
    assert path.read_bytes() == rb"half a pair \ud800"
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UsageError, match=r"cannot be written \(No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_one_output_that_fails_does_not_cost_the_others(
    in_the_way: dict[str, Path], tmp_path: Path
) -> None:
    outputs = Outputs()

    def three() -> None:
        write_atomically(tmp_path / "first", b"1")
        write_atomically(in_the_way["link"], b"2")
        write_atomically(tmp_path / "third", b"3")

    def no_memory() -> None:
        raise MemoryError

    outputs.attempt(three)
    outputs.attempt(no_memory)
    assert [path.name for path in outputs.written] == ["first", "third"]
    assert len(outputs.failures) == 2
    assert "link is a link" in outputs.failures[0]
    assert "out of memory" in outputs.failures[1]
    assert (tmp_path / "third").read_bytes() == b"3"


def test_a_folder_is_held_by_one_run_at_a_time(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(UsageError, match="another run is writing into it"):
        make_folder(tmp_path)
    os.close(descriptor)
    make_folder(tmp_path)
    again = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
    folders.release(tmp_path)
    fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(again)


def test_two_runs_in_one_second_get_two_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = [make_folder(None) for _ in range(3)]
    assert len(set(made)) == 3
    for folder in made:
        folders.release(folder)


def test_a_link_in_the_place_of_an_output_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "epochs.csv").symlink_to("/etc/hostname")
    (tmp_path / "elsewhere").symlink_to("/etc")  # no output is called so
    with pytest.raises(UsageError, match=r"epochs\.csv is a link"):
        make_folder(tmp_path)
    folders.release(tmp_path)


def test_scratch_of_the_dead_is_removed_and_of_the_living_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead, living = (tmp_path / f"{PREFIX}{n}-abc" for n in (2**22 + 5, os.getpid()))
    other = tmp_path / "compare-notes"
    for folder in (dead, living, other):
        (folder / "inside").mkdir(parents=True)
    with scratch() as folder:
        assert folder.is_dir()
        assert not dead.exists()
    assert {path.name for path in tmp_path.iterdir()} == {living.name, other.name}


def test_a_full_temporary_folder_is_one_sentence() -> None:
    full = OSError(28, "No space left on device")
    with pytest.raises(UsageError, match="make room"), full_disk_in_words():
        raise full


def test_what_a_terminal_would_obey_is_escaped() -> None:
    assert printable("a\x1b[31m\a\r\ud800\u202e é\n") == (
        r"a\x1b[31m\x07\r\ud800\u202e é\n"
    )
    cut = printable("begin" + 10**7 * "x" + "end")
    assert len(cut) <= LONGEST
    assert cut.startswith("begin")
    assert cut.endswith("end")
    assert "characters" in cut


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "shown"),
    [
        (Terminal(), "\x1b[1mbold\x1b[0m \\x1b]0;title\\x07 é\n\\x9b2J"),
        (io.StringIO(), "\x1b[1mbold\x1b[0m \x1b]0;title\x07 é\n\x9b2J"),
    ],
    ids=["terminal", "file"],
)
def test_a_terminal_obeys_colours_alone(stream: io.StringIO, shown: str) -> None:
    """Names reach the tables from many places: the stream is the last of them."""
    Lasting(stream).write("\x1b[1mbold\x1b[0m \x1b]0;title\x07 é\n\x9b2J")
    assert stream.getvalue() == shown


def test_names_of_files_are_shown_escaped(tmp_path: Path) -> None:
    assert short("folder/a\x1b[31m.py:Net") == r"a\x1b[31m.py:Net"
    outputs = Outputs()
    folder = tmp_path / "a\x1b[31m"
    outputs.attempt(lambda: write_text(folder / "file", "x"))
    assert outputs.sentence(folder) == rf"Written to {tmp_path}/a\x1b[31m/: file"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--layers 784-10000000-10", "parameters: weights, gradients"),
        ("--layers 784-1000000-10", "GB in the parity gate, more than the 16 GB"),
        ("--impl x.py:", "names no class"),
        ("--impl :X", "names no class"),
        ("--impl os:path", "a module of Python itself"),
        ("--impl nowhere.py:Net", "is not a file"),
        ("--learning-rate 1e-320", "below which float32 loses digits"),
        ("--weight-decay 1e-320", "weight_decay must be >= 1.18e-38"),
        ("--save-model {folder}/dir.safetensors", "is a folder"),
        ("--time-limit 0", "time limit must be > 0"),
    ],
)
def test_what_cannot_come_to_an_end_is_refused_before_the_data_are_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: str,
    words: str,
) -> None:
    (tmp_path / "dir.safetensors").mkdir()
    monkeypatch.setattr("data.load", lambda *_, **__: pytest.fail("data were read"))
    monkeypatch.setattr("compare.measure.environment.memory_bytes", lambda: 2**34)
    arguments = options.format(folder=tmp_path).split()
    assert cli.main([*arguments, "--out", str(tmp_path / "out")]) == 2
    assert words in capsys.readouterr().err


def test_an_empty_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("run", "profile", "scaling", "explore", "targets"):
        option = "--json" if command == "targets" else "--out"
        with pytest.raises(SystemExit) as end:
            cli.main([command, option, ""])
        assert end.value.code == 2
        assert "a name must not be empty" in capsys.readouterr().err


def test_a_reader_that_leaves_ends_nothing(tmp_path: Path) -> None:
    """Both outputs go into a pipe that nobody reads; the work comes to its end."""
    code = (
        "import sys; from compare import streams\n"
        "output = streams.make_last()\n"
        "for stream in (sys.stdout, sys.stderr):\n"
        "    for _ in range(3):\n"
        "        print('x' * 100_000, file=stream, flush=True)\n"
        "assert output.failure == ''\n"
        "open('done', 'w').close()\n"
    )
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])},
        stdout=write,
        stderr=write,
        check=False,
    )
    os.close(write)
    assert done.returncode == 0
    assert (tmp_path / "done").exists()


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_from_the_start(tmp_path: Path, closed: str) -> None:
    """`cron` and careless scripts start programs so; no file takes their number."""
    code = (
        "from compare import streams; streams.make_last()\n"
        "import sys; held = open('file', 'w'); assert held.fileno() > 2\n"
        "print('out'); print('err', file=sys.stderr); assert sys.stdin.fileno() == 0\n"
    )
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -c "$1" {closed}', sys.executable, code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])},
        check=False,
    )
    assert done.returncode == 0
    assert (tmp_path / "file").read_text() == ""
