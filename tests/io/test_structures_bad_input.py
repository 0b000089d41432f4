"""What cannot be read ends in one typed error, whatever the bytes."""

import errno
import gzip
import os
import pickle
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.io import write
from hypothesis import example, given
from hypothesis import strategies as st

from designer_app.errors import (
    FileTooLargeError,
    FileUnreadableError,
    InputError,
    InvalidPositionsError,
    MissingPackageError,
    UnsafeFileError,
    WriteFailedError,
)
from designer_app.explanations import explain_exception
from designer_app.io.structures import read_document
from designer_app.jobs.read import run
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.specs.documents import ReadSpec

LIMIT_BYTES, LIMIT_ATOMS = 10_000_000, 100_000


def read(path, **limits):
    limits = {"max_bytes": LIMIT_BYTES, "max_atoms": LIMIT_ATOMS} | limits
    return read_document(ReadSpec(path=path, **limits))


def file_of(tmp_path, content, name="file.cif"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"  \n\n \t\n", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "picture"),
        (b"PK\x03\x04" + bytes(100), "zip"),
        (b"data_x\n", "CIF"),
        (b"data_x\n_cell_length_a 5\n", "without atoms"),
        (bytes(range(256)) * 50, "no format"),
        (b"hello world\n" * 100, "no format"),
        (b"\x1f\x8b\x08 not really gzip", "damaged"),
    ],
)
def test_a_file_without_a_structure_is_refused_with_its_reason(content, reason, tmp_path):
    with pytest.raises(FileUnreadableError) as caught:
        read(file_of(tmp_path, content))
    assert reason in caught.value.reason
    assert caught.value.path.endswith("file.cif")


def test_the_reason_becomes_one_plain_sentence(tmp_path):
    with pytest.raises(FileUnreadableError) as caught:
        read(file_of(tmp_path, b""))
    assert explain_exception(caught.value).what == "“file.cif” could not be read: it is empty."


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(FileUnreadableError, match="no such file"):
        read(tmp_path / "absent.cif")


def test_a_folder_is_told(tmp_path):
    with pytest.raises(FileUnreadableError, match="a folder"):
        read(tmp_path)


def test_a_format_whose_package_is_missing_names_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "netCDF4", None)
    path = file_of(tmp_path, b"CDF\x01" + bytes(200), "run.nc")
    with pytest.raises(MissingPackageError) as caught:
        read(path)
    assert "netCDF4" in caught.value.install


def test_a_name_that_the_system_refuses_is_told(tmp_path):
    for name in ("a" * 5000, "nul\x00byte"):
        with pytest.raises(FileUnreadableError):
            read(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes in folders are POSIX")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.cif")
    with pytest.raises(FileUnreadableError, match="no ordinary file"):
        read(tmp_path / "pipe.cif")


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid"), reason="POSIX rights")
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_rights_is_told(tmp_path):
    path = file_of(tmp_path, b"data_x\n")
    path.chmod(0)
    with pytest.raises(FileUnreadableError, match="no right"):
        read(path)


def test_a_file_above_the_limit_is_refused_before_it_is_read(tmp_path):
    with pytest.raises(FileTooLargeError) as caught:
        read(file_of(tmp_path, b"x" * 2000), max_bytes=1000)
    assert (caught.value.size, caught.value.limit) == (2000, 1000)


def test_a_small_archive_with_a_huge_content_is_refused(tmp_path):
    path = file_of(tmp_path, gzip.compress(b"5\n\n" + b"C 0 0 0\n" * 1_000_000))
    assert path.stat().st_size < 100_000
    with pytest.raises(FileTooLargeError):
        read(path, max_bytes=1_000_000)


CELL = "4 0 0\n0 4 0\n0 0 4\n"


@pytest.mark.parametrize(
    "content",
    [
        "99999999999\n\nC 0.0 0.0 0.0\n",
        f"carbon\n1.0\n{CELL}C\n99999999999\nDirect\n0 0 0\n",
        f"carbon\n1.0\n{CELL}99999999999 1\nDirect\n0 0 0\n",
        "carbon\n\n99999999999 atoms\n1 atom types\n0 4 xlo xhi\n0 4 ylo yhi\n0 4 zlo zhi\n",
    ],
)
def test_too_many_announced_atoms_are_refused_at_once(content, tmp_path):
    with pytest.raises(FileTooLargeError) as caught:
        read(file_of(tmp_path, content, "huge"))
    assert caught.value.quantity == "atoms"


def test_too_many_atoms_are_refused(tmp_path):
    path = tmp_path / "many.xyz"
    write(str(path), bulk("Cu", cubic=True) * (3, 3, 3))
    with pytest.raises(FileTooLargeError):
        read(path, max_atoms=50)


def test_symmetry_cannot_multiply_atoms_beyond_the_limit(tmp_path):
    text = (resource("examples") / "LiMn2O4.cif").read_text(encoding="utf-8")
    path = file_of(tmp_path, text + "".join(f"O{n} O 0.1 0.{n} 0.3 1\n" for n in range(100, 200)))
    with pytest.raises(FileTooLargeError):
        read(path, max_atoms=1000)


@pytest.mark.parametrize("word", ["nan", "inf"])
def test_coordinates_that_are_no_numbers_are_told_with_their_atom(word, tmp_path):
    path = file_of(tmp_path, f"2\n\nC 0.0 0.0 0.0\nO 0.0 {word} 1.0\n", "bad.xyz")
    with pytest.raises(InvalidPositionsError) as caught:
        read(path)
    assert caught.value.atom == 1


@pytest.mark.parametrize("word", ["nan", "inf"])
def test_occupancies_that_are_no_numbers_are_told_with_their_site(word, tmp_path):
    text = (resource("examples") / "NaCl.cif").read_text(encoding="utf-8")
    path = file_of(tmp_path, text.replace("Na1 Na 0 0 0 1", f"Na1 Na 0 0 0 {word}"))
    with pytest.raises(InvalidPositionsError, match="occupancy"):
        read(path)


def test_an_element_that_does_not_exist_is_named(tmp_path):
    path = file_of(tmp_path, b"2\n\nC 0.0 0.0 0.0\nZz 0.0 0.0 1.0\n", "odd.xyz")
    with pytest.raises(FileUnreadableError, match="Zz"):
        read(path)


def test_a_disk_too_full_to_unpack_is_told_as_such(tmp_path, monkeypatch):
    path = file_of(tmp_path, gzip.compress(b"2\n\nH 0 0 0\nH 0 0 0.74\n"), "h2.xyz.gz")

    def full(*_given, **_named):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("designer_app.io.structures.tempfile.TemporaryDirectory", full)
    with pytest.raises(WriteFailedError, match="No space"):
        read(path)


def test_absurd_coordinates_are_told(tmp_path):
    path = file_of(tmp_path, b"2\n\nC 0.0 0.0 0.0\nO 0.0 1e200 1.0\n", "far.xyz")
    with pytest.raises(InvalidPositionsError, match="far away"):
        read(path)


def test_a_cell_of_no_thickness_is_told(tmp_path):
    path = tmp_path / "thin.extxyz"
    write(str(path), Atoms("C", cell=[1e-4, 3, 3], pbc=True))
    with pytest.raises(InvalidPositionsError, match="flat"):
        read(path)


def test_a_flat_cell_is_told(tmp_path):
    path = tmp_path / "flat.extxyz"
    write(str(path), Atoms("C", cell=[[3, 0, 0], [3, 0, 0], [0, 0, 3]], pbc=True))
    with pytest.raises(InvalidPositionsError, match="flat"):
        read(path)


def test_a_pickle_under_the_name_of_a_trajectory_is_never_opened(tmp_path):
    class Bomb:
        def __reduce__(self):
            return Path.touch, (tmp_path / "exploded",)

    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        path = file_of(tmp_path, pickle.dumps(Bomb(), protocol), "relax.traj")
        with pytest.raises((UnsafeFileError, FileUnreadableError)):
            read(path)
    with pytest.raises(UnsafeFileError):
        read(file_of(tmp_path, pickle.dumps({"energy": [1.0]}), "relax.traj"))
    assert not (tmp_path / "exploded").exists()


def test_names_that_ase_takes_for_servers_or_standard_input_are_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("postgresql_structure", "-", "mysql.xyz", "frame@3.xyz"):
        path = file_of(tmp_path, b"1\n\nC 0.0 0.0 0.0\n", name)
        assert len(read(path.relative_to(tmp_path))) == 1


@pytest.fixture(scope="module")
def valid_files(tmp_path_factory):
    written = tmp_path_factory.mktemp("valid")
    folder = resource("examples")
    atoms = bulk("NaCl", "rocksalt", a=5.64, cubic=True)
    files = {"LiFePO4.cif": (folder / "LiFePO4.cif").read_bytes()}
    files["Pt.extxyz"] = (folder / "Pt111_CO.extxyz").read_bytes()
    for name, format_name in (
        ("POSCAR", "vasp"),
        ("a.traj", "traj"),
        ("a.json", "json"),
        ("a.xsf", "xsf"),
        ("a.cube", "cube"),
        ("a.gen", "gen"),
        ("a.pdb", "proteindatabank"),
        ("a.res", "res"),
        ("a.in", "aims"),
    ):
        path = written / name
        write(str(path), atoms, format=format_name)
        files[name] = path.read_bytes()
    return files


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("part", [0.05, 0.3, 0.6, 0.9, 0.99])
def test_a_truncated_file_is_read_or_refused(part, valid_files, tmp_path):
    for name, content in valid_files.items():
        path = file_of(tmp_path, content[: int(len(content) * part)], name)
        try:
            read(path)
        except InputError as error:
            assert explain_exception(error).what  # noqa: PT017 - other errors fail the test


@pytest.mark.filterwarnings("ignore")
@given(
    choice=st.integers(0, 10),
    place=st.floats(0.0, 0.999),
    damage=st.binary(min_size=1, max_size=40),
    length=st.integers(0, 40),
)
def test_a_damaged_file_is_read_or_refused(choice, place, damage, length, valid_files, tmp_path):
    files = list(valid_files.items())
    name, content = files[choice % len(files)]
    cut = int(place * len(content))
    path = file_of(tmp_path, content[:cut] + damage + content[cut + length :], name)
    with suppress(InputError):
        read(path)


@given(content=st.binary(max_size=400), suffix=st.sampled_from(["cif", "xyz", "vasp", "traj", ""]))
@example(content=b"data_\n_atom_site_fract_x 0\n_cell_length_a nan", suffix="cif")
@example(content=b"1\n\nC 1e999 0 0", suffix="xyz")
@pytest.mark.filterwarnings("ignore")
def test_random_bytes_are_refused(content, suffix, tmp_path):
    path = file_of(tmp_path, content, f"random.{suffix}")
    with suppress(InputError):
        read(path)


@given(
    head=st.sampled_from(
        [b"5 ", b"1" * 65_000, b"\n" * 65_000, b" " * 65_000, b"data_\n" * 10_000, b"(" * 65_000]
    )
)
def test_the_guess_of_a_format_takes_no_time_on_hostile_bytes(head, tmp_path):
    path = file_of(tmp_path, head, "hostile")
    with pytest.raises(InputError):
        read(path)


def test_the_job_gives_the_same_errors_as_the_reader(tmp_path):
    with pytest.raises(FileUnreadableError, match="no such file"):
        run(ReadSpec(path=tmp_path / "absent"), RunControl())


def test_a_cif_that_only_pymatgen_forgives_is_read_with_a_warning(tmp_path):
    text = (resource("examples") / "NaCl.cif").read_text(encoding="utf-8")
    path = file_of(tmp_path, text + "_publ_section_title\n;\nunfinished text\n", "odd.cif")
    document = run(ReadSpec(path=path), RunControl())
    assert np.unique(document.structure().numbers).tolist() == [11, 17]
    assert any("pymatgen" in warning for warning in document.warnings)
