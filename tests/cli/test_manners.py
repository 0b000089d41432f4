"""What every command owes the terminal: one result or one sentence, and never a traceback."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from ase.io import read

from designer_app.cli.main import main
from designer_app.errors import Cancelled
from designer_app.io.examples import example

_COPPER = str(example("Cu").path)
_CALCULATORS = """
import os
import time
import numpy as np
from ase.calculators.calculator import Calculator, all_changes

class Quiet(Calculator):
    implemented_properties = ["energy", "forces", "stress"]
    energy = 0.0

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        forces = np.full((len(atoms), 3), self.energy)
        self.results = {"energy": self.energy, "forces": forces, "stress": np.zeros(6)}

class Loud(Quiet):
    def calculate(self, *given, **named):
        print("printed")
        os.write(1, b"written by a library in C")
        super().calculate(*given, **named)

class NotANumber(Quiet):
    energy = float("nan")

class Broken(Quiet):
    def calculate(self, *given, **named):
        raise RuntimeError("the tables\\nare missing")

class Slow(Quiet):
    def calculate(self, *given, **named):
        time.sleep(0.05)
        super().calculate(*given, **named)
"""


def _program(*words):
    return [sys.executable, "-m", "designer_app", *words]


@pytest.fixture
def calculators(tmp_path, monkeypatch):
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "stranger.py").write_text(_CALCULATORS, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return lambda name: ["--potential", "ase", "--model", f"stranger:{name}"]


def test_what_a_calculator_prints_does_not_reach_the_result(calculators):
    words = _program("energy", _COPPER, *calculators("Loud"), "--json")
    ended = subprocess.run(words, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["energy_eV"] == 0.0
    assert b"printed" in ended.stderr
    assert b"written by a library in C" in ended.stderr


@pytest.mark.parametrize("command", ["energy", "relax", "md"])
@pytest.mark.parametrize("name", ["NotANumber", "Broken"])
def test_a_potential_that_fails_is_one_sentence_and_exit_code_1(
    command, name, calculators, tmp_path, capsys, monkeypatch
):
    monkeypatch.syspath_prepend(tmp_path / "modules")
    out = [] if command == "energy" else ["--out", str(tmp_path / "out")]
    code = main([command, _COPPER, *calculators(name), *out, "--json"])
    said = capsys.readouterr()
    assert (code, said.out) == (1, "")
    assert len(said.err.strip().splitlines()) == 1
    assert {"NotANumber": "no number for the energy", "Broken": "are missing."}[name] in said.err
    assert ("--verbose prints the details." in said.err) == (name == "Broken")


_BOX = 'Lattice="5 0 0 0 5 0 0 0 5" pbc="T T T"'
_STRUCTURES = {
    "overlap": ("xyz", f"2\n{_BOX}\nCu 0 0 0\nCu 0 0 0.05\n", "0.05 Å apart"),
    "element": ("xyz", f"2\n{_BOX}\nXe 0 0 0\nCu 2 2 2.5\n", "no parameters for Xe"),
    "nan": ("xyz", f"2\n{_BOX}\nCu 0 0 nan\nCu 2 2 2.5\n", "not a finite number (atom 1)"),
    "disorder": ("cif", None, "`designer-app order`"),
    "molecule": ("xyz", "2\n\nCu 0 0 0\nCu 0 0 2.2\n", "periodic in three directions"),
}


@pytest.mark.parametrize("wrong", _STRUCTURES)
def test_a_structure_that_cannot_be_computed_is_one_sentence_and_exit_code_2(
    wrong, tmp_path, capsys
):
    suffix, content, sentence = _STRUCTURES[wrong]
    if content is None:
        ordered = example("NaCl").path.read_text(encoding="utf-8")
        content = ordered.replace("Na1 Na 0 0 0 1", "Na1 Na 0 0 0 0.5")
    path = tmp_path / f"{wrong} Ü材.{suffix}"
    path.write_text(content, encoding="utf-8")
    out = tmp_path / "out"
    asked = ["--potential", "morse", "--ensemble", "npt", "--steps", "2", "--out", str(out)]
    code = main(["md", str(path), *asked, "--json"])
    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert sentence in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert not list(out.glob("*.traj"))


@pytest.mark.parametrize(
    "words",
    [
        ["info"],
        ["no-such-command"],
        ["md", _COPPER, "--steps", "many"],
        ["md", _COPPER, "--no-such-flag"],
        ["md", _COPPER, "--potential", "magic"],
        ["bench", "nothing"],
    ],
)
def test_bad_usage_is_one_sentence_with_the_way_to_help(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert len(said.err.strip().splitlines()) == 1
    assert "--help" in said.err


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--temperature", "nan"),
        ("--temperature", "-5"),
        ("--timestep", "0"),
        ("--steps", "0"),
        ("--threads", "-2"),
        ("--pressure", "inf"),
    ],
)
def test_a_number_out_of_range_is_refused_before_anything_is_written(flag, value, tmp_path, capsys):
    out = tmp_path / "out"
    code = main(["md", _COPPER, "--potential", "morse", flag, value, "--out", str(out)])
    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert "cannot be used" in said.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--temprature", "300"], "there is no --temprature; did you mean --temperature?"),
        (["--temperature", "600C"], "“600C” is not a number in K"),
        (["--steps", "2.5"], "“2.5” is not a whole number"),
    ],
)
def test_a_slip_on_the_command_line_is_told_with_the_commands_own_help(words, sentence, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["md", _COPPER, *words])
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert sentence in told
    assert "See designer-app md --help." in told


def test_choices_are_taken_in_any_case(capsys):
    words = ["--potential", "Morse", "--ensemble", "NVE", "--steps", "2", "--json"]
    assert main(["md", _COPPER, *words]) == 0
    assert json.loads(capsys.readouterr().out)["ensemble"] == "nve"


def test_a_refused_value_is_named_with_its_unit_and_its_flag(capsys):
    assert main(["relax", _COPPER, "--potential", "morse", "--fmax", "-0.5"]) == 2
    told = capsys.readouterr().err
    assert "“Force below” cannot be used with the value -0.5 eV/Å: it must be above 0 eV/Å" in told
    assert "--fmax" in told


def test_a_file_that_is_not_there_is_not_to_be_saved_again(capsys):
    assert main(["info", "nowhere.cif"]) == 2
    told = capsys.readouterr().err
    assert told == (
        "“nowhere.cif” could not be read: there is no such file. Check its name and folder.\n"
    )


def test_relaxing_files_that_are_all_unreadable_is_bad_input(tmp_path, capsys):
    (tmp_path / "empty.cif").touch()
    files = [str(tmp_path / "empty.cif"), str(tmp_path / "missing.cif")]
    code = main(["relax", *files, "--potential", "morse", "--out", str(tmp_path / "out"), "--json"])
    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert len(said.err.strip().splitlines()) == 2


def test_a_folder_that_cannot_be_made_is_one_sentence_and_exit_code_1(tmp_path, capsys):
    (tmp_path / "file").touch()
    out = str(tmp_path / "file" / "out")
    code = main(["md", _COPPER, "--potential", "morse", "--steps", "2", "--out", out])
    said = capsys.readouterr()
    assert (code, said.out) == (1, "")
    assert "could not be written" in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_a_reader_that_has_seen_enough_is_no_error():
    running = subprocess.Popen(
        _program("info", _COPPER), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    running.stdout.close()
    assert running.stderr.read() == b""
    running.stderr.close()
    assert running.wait() == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full")  # noqa: PTH110
def test_a_result_that_cannot_be_delivered_is_told():
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device, not a path of ours
        words = _program("info", _COPPER, "--json")
        ended = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, check=False)
    assert ended.returncode == 1
    told = ended.stderr.decode()
    assert "“standard output” could not be written: No space left on device." in told
    assert len(told.strip().splitlines()) == 1


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_terminal_without_the_letters_of_a_name_still_gets_the_result(
    encoding, flags, tmp_path, monkeypatch
):
    path = tmp_path / "Łi材料.cif"
    path.write_bytes(example("Cu").path.read_bytes())
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    words = _program("info", str(path), *flags)
    ended = subprocess.run(words, capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
    if flags:
        assert json.loads(ended.stdout)["name"] == "Łi材料"


@pytest.mark.skipif(os.name != "posix", reason="Ctrl+C is a console event on Windows")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_simulation_says_so_and_can_be_resumed(sent, calculators, tmp_path):
    out = tmp_path / "out"
    settings = [*calculators("Slow"), "--frame-interval", "1", "--out", str(out)]
    words = _program("md", _COPPER, *settings, "--steps", "100000")
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list(out.glob("checkpoint*")) and time.monotonic() < deadline:
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(sent)
    said, told = running.communicate(timeout=60)
    assert (running.returncode, said) == (1, "")
    assert told.splitlines() == [
        "Stopped; what is done is kept. The same command goes on with --resume."
    ]
    done = len(read(out / "trajectory.traj", ":"))
    again = _program("md", "--resume", *settings, "--steps", str(done + 2), "--json")
    ended = subprocess.run(again, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["resumed_from_step"] > 0


@pytest.mark.skipif(os.name != "posix", reason="Ctrl+C is a console event on Windows")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_what_looks_at_no_control_is_stopped_at_once(sent, monkeypatch, capsys):
    def never_ending(_quick, _say):
        os.kill(os.getpid(), sent)
        while True:
            time.sleep(0.01)

    monkeypatch.setattr("designer_app.cli.benches.screen.rows", never_ending)
    assert main(["bench", "screen"]) == 1
    assert capsys.readouterr().err == "Stopped at once; what was written is kept.\n"


@pytest.mark.parametrize(
    ("out", "said"),
    [
        (None, "nothing is kept without --out"),
        ("new", "before anything was done; the same command begins anew"),
        ("begun", "what is done is kept. The same command goes on with --resume"),
    ],
)
def test_who_stops_a_run_is_told_what_is_left_of_it(out, said, tmp_path, monkeypatch, capsys):
    def cancelled(*_):
        raise Cancelled

    monkeypatch.setattr("designer_app.jobs.md.run", cancelled)
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "series.csv").touch()
    flags = [] if out is None else ["--out", str(tmp_path / out)]
    assert main(["md", _COPPER, "--potential", "morse", *flags]) == 1
    assert capsys.readouterr().err == f"Stopped; {said}.\n".replace("; before", " before")


@pytest.mark.skipif(os.name != "posix", reason="limits of file sizes")
def test_a_full_disk_stops_a_simulation_in_a_sentence(tmp_path):
    script = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, resource.RLIM_INFINITY))
from designer_app.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
    words = ["md", _COPPER, "--potential", "morse", "--steps", "500", "--frame-interval", "1"]
    ended = subprocess.run(
        [sys.executable, "-c", script, *words, "--out", str(tmp_path), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "could not be written" in ended.stderr
