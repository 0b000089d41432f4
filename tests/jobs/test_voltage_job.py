"""The job with CHGNet on a cell of four atoms, and what it keeps."""

from dataclasses import replace

import pytest

from designer_app.cli.benches.voltage import electrodes, start_of
from designer_app.errors import (
    Cancelled,
    InvalidSpecError,
    OverlappingAtomsError,
    UnsupportedElementError,
)
from designer_app.jobs import voltage
from designer_app.potentials import load_potential
from designer_app.properties.voltage_errors import measured_error
from designer_app.running.control import RunControl
from designer_app.running.encoding import decode, encode
from designer_app.screening.battery_estimates import relaxed_estimates
from designer_app.screening.usable_electrode import on_hull
from designer_app.specs.voltage import VoltageSpec

RELAXATION_V = 0.01
"""Forces of 0.05 eV/A leave a few meV."""


def sulfide():
    return start_of(next(each for each in electrodes() if each.compound == "LiTiS2"))


def run(structure, **settings):
    return voltage.run(VoltageSpec(structure=structure, threads=1, **settings), RunControl())


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return run(sulfide(), out=tmp_path_factory.mktemp("voltage"))


def test_titanium_disulfide_comes_near_its_measured_voltage(result):
    # 2.1 V (Whittingham 1976, doi:10.1126/science.192.4244.1126)
    assert (result.charged, result.discharged) == ("TiS2", "LiTiS2")
    assert result.voltage == pytest.approx(2.1, abs=0.3)
    assert result.capacity == pytest.approx(225.6, abs=1.0)


def test_the_voltage_names_its_potential_and_its_measured_error(result):
    assert result.model_sha256[:12] in result.estimate.origin
    assert "known electrodes" in result.estimate.origin
    assert 0 < result.estimate.error < 0.35


def test_the_shipped_errors_are_those_that_this_program_computes(result):
    shipped = measured_error(result.model_sha256).errors["LiTiS2"]
    assert result.voltage - 2.1 == pytest.approx(shipped, abs=RELAXATION_V)


def test_a_shift_is_named_and_stands_beside_the_raw_number(result):
    assert result.estimate.value == result.voltage
    assert result.shifted.value != result.voltage
    assert result.shifted.error < result.estimate.error
    assert "empirical shift" in result.shifted.origin


def test_both_ends_are_placed_on_the_hull_of_the_same_potential(result):
    assert result.model_sha256 == result.charged_hull.model_sha256
    # Both are known compounds, on the hull or a few meV above it.
    assert result.charged_hull.e_above_hull < 0.05
    assert result.discharged_hull.e_above_hull < 0.05


@pytest.mark.parametrize("end", ["charged", "discharged"])
def test_an_electrode_far_above_the_hull_is_told_of(result, end):
    potential = load_potential("chgnet")
    raised = replace(result, **{f"{end}_energy": getattr(result, f"{end}_energy") + 0.5})
    told = on_hull(raised, potential)
    assert told.estimate.light == "amber"
    assert f"the {end} electrode may decompose" in told.warnings[-1]


def test_a_candidate_is_told_its_charged_state_as_the_command_prints_it(result):
    found = {each.key: each for each in relaxed_estimates(result)}
    assert found["charged_above_hull"].value == result.charged_hull.e_above_hull
    assert "TiS2" in found["charged_above_hull"].origin
    assert found["ion_release"].value == result.release.value


def test_a_charged_state_far_below_the_hull_is_no_proof_that_it_lasts(result):
    lower = replace(result.charged_hull, e_above_hull=0.0, below_hull=0.2)
    found = {each.key: each for each in relaxed_estimates(replace(result, charged_hull=lower))}
    assert found["charged_above_hull"].value == -0.2
    assert found["charged_above_hull"].light == "amber"
    assert "is not shown" in found["charged_above_hull"].reason


def test_the_result_crosses_to_another_process(result):
    again = decode(*encode(result))
    assert again.voltage == result.voltage
    assert len(again.discharged_structure) == len(result.discharged_structure)


def test_the_voltage_of_a_supercell_is_that_of_the_cell(result):
    twice = run(sulfide(), curve=True, repeats=2)
    assert len(twice.points) == 3
    assert twice.voltage == pytest.approx(result.voltage, abs=RELAXATION_V)


def test_a_run_goes_on_from_what_is_kept(tmp_path, monkeypatch):
    first = run(sulfide(), out=tmp_path)
    relaxed = []
    monkeypatch.setattr(
        voltage, "relax", lambda structures, *_, **__: relaxed.extend(structures) or []
    )
    again = run(sulfide(), out=tmp_path)
    assert not relaxed
    assert again.voltage == pytest.approx(first.voltage, abs=1e-6)  # files carry six decimals
    written = {path.name for path in tmp_path.iterdir()}
    assert written >= {"relaxed.jsonl", "charged-TiS2.cif", "discharged-LiTiS2.cif"}


def test_nothing_has_no_voltage():
    with pytest.raises(InvalidSpecError):
        run(None)


def test_a_partner_and_a_number_of_ions_exclude_each_other():
    with pytest.raises(InvalidSpecError):
        run(sulfide(), partner=sulfide(), insert=1)


def test_an_element_outside_the_potential_is_named():
    with pytest.raises(UnsupportedElementError):
        run(sulfide(), potential="lennard-jones", model="noble-gases")


def test_atoms_on_top_of_each_other_are_refused():
    positions = sulfide().positions.copy()
    positions[2] = positions[1] + 0.05
    with pytest.raises(OverlappingAtomsError):
        run(replace(sulfide(), positions=positions))


def test_inserting_what_was_removed_gives_the_same_voltage(result):
    empty = run(result.charged_structure, insert=1)
    assert (empty.charged, empty.discharged) == ("TiS2", "LiTiS2")
    assert empty.voltage == pytest.approx(result.voltage, abs=RELAXATION_V)


class _CancelledLate(RunControl):
    """Cancelled once something is on the disk."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def checkpoint(self):
        if (self.folder / "relaxed.jsonl").exists():
            self.cancel()
        super().checkpoint()


def test_what_is_relaxed_is_kept_when_the_run_is_cancelled(tmp_path):
    spec = VoltageSpec(structure=sulfide(), threads=1, out=tmp_path)
    with pytest.raises(Cancelled):
        voltage.run(spec, _CancelledLate(tmp_path))
    lines = (tmp_path / "relaxed.jsonl").read_text(encoding="utf-8").splitlines()
    assert 0 < len(lines) < 3  # of metal, charged and discharged electrode
