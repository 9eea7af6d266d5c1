"""Sizes of installations made for the test, byte by byte."""

from pathlib import Path

import pytest

from compare.decide.footprint import installed_bytes


def install(site: Path, name: str, n_bytes: int, *requires: str) -> None:
    """Put a package there as pip does, with a list of its files."""
    code = site / name / "code.py"
    code.parent.mkdir(parents=True)
    code.write_bytes(b"#" * n_bytes)
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    lines = [f"Requires-Dist: {line}\n" for line in requires]
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{''.join(lines)}"
    )
    (info / "RECORD").write_text(f"{name}/code.py,,\n{name}/gone.py,,\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_what_a_package_requires_counts_once(site: Path) -> None:
    """a needs b and c, b needs c, and c needs a: 1 + 20 + 300."""
    install(site, "made_up_a", 1, "made-up_B (>=1.0)", "made_up.c>=1")
    install(site, "made_up_b", 20, "made_up_c; python_version > '3'")
    install(site, "made_up_c", 300, "made_up_a")
    assert installed_bytes(["made-up-a"]) == 321
    assert installed_bytes(["made_up_b", "made_up_c"]) == 321


def test_extras_and_what_is_not_there_count_nothing(site: Path) -> None:
    install(site, "made_up_d", 7, "made_up_e; extra == 'dev'", "made-up-missing")
    install(site, "made_up_e", 100)
    assert installed_bytes(["made_up_d"]) == 7
    assert installed_bytes(["made-up-missing"]) == 0


def test_numpy_takes_as_much_as_its_folders() -> None:
    """Against the folders themselves, with a tenth for what is compiled later."""
    import numpy as np

    here = Path(np.__file__).parent
    folders = [here, here.parent / "numpy.libs"]
    files = [f for folder in folders for f in folder.rglob("*") if f.is_file()]
    on_disk = sum(f.stat().st_size for f in files if f.suffix != ".pyc")
    assert installed_bytes(["numpy"]) == pytest.approx(on_disk, rel=0.3)
