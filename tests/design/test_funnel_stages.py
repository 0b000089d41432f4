"""The funnel of a design on layered LiMO2, which relax in a second each."""

import math
from dataclasses import replace

import numpy as np
import pytest
from ase.spacegroup import crystal as crystal_of

from designer_app.design.criteria import judge_of, targets_of
from designer_app.design.funnel import DesignFunnel
from designer_app.design.representation.tokens import CrystalTokens
from designer_app.design.search.found import ArmMade, DesignCandidate, Found, Snapshot
from designer_app.design.search.limits import limits_of
from designer_app.design.shortlist import ending
from designer_app.design.staged import Tools, with_answer
from designer_app.design.verdict import verdict_of
from designer_app.device import Compute
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import Cancelled, RunawayRelaxationError
from designer_app.io.design_store import DesignStore, PopulationReader
from designer_app.io.documents import structure_from_atoms
from designer_app.io.screen_store import RowReader
from designer_app.potentials import load_potential
from designer_app.running.control import RunControl
from designer_app.running.executor import Executor
from designer_app.screening.placing import Placing
from designer_app.screening.reference.table import load_reference
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_rows import Check
from designer_app.specs.design_tasks import DesignAnswer, RelaxedCrystal
from designer_app.specs.estimates import Estimate
from designer_app.specs.fields import settings_of
from designer_app.specs.screen_rows import FAILS, LOST

METALS = ("Ni", "Mn", "Cr", "V")


def layered(metal):
    atoms = crystal_of(
        ("Li", metal, "O"),
        [(0, 0, 0.5), (0, 0, 0), (0, 0, 0.24)],
        spacegroup=166,
        cellpar=[2.88, 2.88, 14.2, 90, 90, 120],
        primitive_cell=True,
    )
    return structure_from_atoms(atoms, f"Li{metal}O2")


def candidate(place, metal, strategy="mix", structure=None):
    predicted = Estimate(
        key="voltage", value=3.5, unit="V", low=2.5, high=4.5, method="design heads"
    )
    return DesignCandidate(
        tokens=CrystalTokens(0, (3, ATOMIC_NUMBERS[metal], 8), 10.0, (), ()),
        structure=structure or layered(metal),
        formula=f"Li{metal}O2",
        strategy=strategy,
        made_from="a test",
        estimates=(predicted,),
        score=-1.0 * place,
        latent=np.full(4, place, np.float32),
    )


def found(*candidates):
    arms = (ArmMade(strategy="mix", n_proposed=9, n_valid=5, n_ranked=4, best=0.0),)
    return Found(candidates=candidates, arms=arms, lost={"atoms too close": 5})


def four():
    return found(*(candidate(place, metal) for place, metal in enumerate(METALS)))


SPEC = DesignSpec(
    targets=("voltage=2..4.6", "energy_density=300..", "e_above_hull=..0.1"),
    only_new=False,
    relax_best=3,
    physics_best=2,
    check_best=1,
    n=2,
    seeds=3,
    workers=1,
)


@pytest.fixture(scope="module")
def chgnet():
    return load_potential("chgnet", "", Compute("cpu", "float32", 1))


@pytest.fixture
def make(tmp_path, chgnet):
    """A funnel in a folder; the same one again goes on in it."""

    def made(spec=SPEC, search=four, control=None):
        store = DesignStore(tmp_path)
        store.begin(settings_of(spec))
        table = load_reference("chgnet", "")

        def searched(on_snapshot):
            on_snapshot(
                Snapshot(
                    step=0, n_steps=1, positions=np.zeros((3, 2)), values=np.ones((3, 3)), best=1.0
                )
            )
            return search()

        tools = Tools(
            search=searched,
            limits=limits_of(spec),
            judge=judge_of(targets_of(spec)),
            table=table,
            placing=lambda: Placing(chgnet, table),
            executor=Executor(1),
        )
        return DesignFunnel(spec, store, tools, control or RunControl())

    return made


CHEAP = replace(SPEC, check_best=0, physics_best=0)


def test_what_passes_the_cheap_stages_waits_in_the_order_of_the_search(make):
    funnel = make(replace(CHEAP, relax_best=0))
    funnel.run()
    assert [(row.formula, row.stage) for row in funnel.rows.values()] == [
        (f"Li{metal}O2", "ranked") for metal in METALS
    ]


def test_known_crystals_are_lost_where_only_new_ones_are_wanted(make):
    funnel = make(replace(CHEAP, relax_best=0, only_new=True))
    funnel.run()
    lost = [row for row in funnel.rows.values() if row.stage == "new"]
    assert lost
    assert all(row.verdict == LOST and row.known for row in lost)


def test_duplicates_and_crushed_crystals_are_lost_in_their_stages(make):
    crushed = layered("Ni")
    crushed = replace(crushed, cell=0.5 * crushed.cell, positions=0.5 * crushed.positions)
    several = found(candidate(0, "Ni"), candidate(1, "Ni"), candidate(2, "Mn", structure=crushed))
    funnel = make(replace(CHEAP, relax_best=0), search=lambda: several)
    funnel.run()
    assert [row.stage for row in funnel.rows.values()] == ["ranked", "unique", "valid"]


def test_the_search_is_drawn_while_it_walks(make, tmp_path):
    funnel = make(replace(CHEAP, relax_best=0))
    funnel.run()
    assert PopulationReader(tmp_path, n_seeds=3, n_targets=3).n_snapshots == 1
    assert any(row["snapshots"] == 1 for row in funnel.control.series.drain())


def test_the_best_are_relaxed_computed_and_checked_and_the_rest_waits(make, tmp_path):
    funnel = make()
    funnel.run()
    stages = sorted(row.stage for row in funnel.rows.values())
    assert stages == ["checked", "hull", "physics", "ranked"]
    (checked,) = funnel.alive("checked")
    methods = [each.method for each in checked.estimates if each.key == "voltage"]
    assert methods == ["design heads", "relaxation"]
    assert {each.name for each in funnel.design_store.checks()[checked.id]} == {
        "framework",
        "shaken supercell",
        "CHGNet r2SCAN",
    }
    end = ending(funnel)
    assert [row.stage for row in end.shortlist] == ["shortlist", "shortlist"]
    assert {row.id for row in end.shortlist}.isdisjoint(row.id for row in end.others)
    made = end.funnel[0]
    assert (made.entered, made.passed) == (9, 4)
    (arm,) = end.arms
    assert (arm.strategy, arm.n_candidates, arm.n_relaxed) == ("mix", 9, 3)
    assert "of 2 candidates" in verdict_of(end)
    # Going on in the same folder asks nothing again and comes to the same.
    again = make(search=lambda: pytest.fail("searched twice"))
    again.run()
    assert ending(again).shortlist == end.shortlist


def test_a_run_that_was_stopped_goes_on_to_the_same_rows(make, tmp_path, monkeypatch):
    spec = replace(CHEAP, relax_best=4)
    monkeypatch.setattr("designer_app.design.packing.GROUP_ATOMS", 4)
    monkeypatch.setattr("designer_app.design.funnel.groups_of", lambda ids, _: [[i] for i in ids])
    whole = make(spec)
    whole.run()
    rows = dict(whole.rows)
    for path in tmp_path.iterdir():
        if path.is_file():
            path.unlink()
    control = RunControl()
    funnel = make(spec, control=control)
    write = funnel.write

    def stop_after_two():
        write()
        if sum(funnel.is_past(row, "relaxed") for row in funnel.rows.values()) == 2:
            control.cancel()

    funnel.write = stop_after_two
    with pytest.raises(Cancelled):
        funnel.run()
    assert len(ending(funnel).others) + len(ending(funnel).shortlist) == 2
    later = make(spec)
    later.run()
    for key, row in rows.items():
        value = row.estimate("e_above_hull").value
        assert later.rows[key].estimate("e_above_hull").value == pytest.approx(value, abs=1e-5)


def test_a_shortlist_that_was_written_is_taken_back_when_the_run_goes_on(make, tmp_path):
    spec = replace(CHEAP, relax_best=1)
    funnel = make(spec)
    funnel.run()
    end = ending(funnel)
    funnel.store.append(end.shortlist)
    assert make(spec).rows == funnel.rows
    assert RowReader(tmp_path).new_rows()[-1].stage == "hull"


def test_nothing_left_is_told_with_its_stage_and_what_to_loosen(make):
    far = layered("Ni")
    funnel = make(
        replace(CHEAP, max_atoms=2), search=lambda: found(candidate(0, "Ni", structure=far))
    )
    funnel.run()
    told = verdict_of(ending(funnel))
    assert "Valid" in told
    assert "too large" in told
    assert "larger cells" in told


def test_an_empty_search_is_told(make):
    funnel = make(CHEAP, search=lambda: Found(candidates=(), arms=()))
    funnel.run()
    assert "nothing within these limits" in verdict_of(ending(funnel))


def test_the_score_falls_with_every_missed_target(make):
    funnel = make(replace(CHEAP, relax_best=1))
    funnel.run()
    (row,) = funnel.alive("hull")
    judge = funnel.tools.judge
    worse = replace(row, estimates=tuple(e for e in row.estimates if e.key != "voltage"))
    assert judge.score(worse) < judge.score(row)
    assert math.isfinite(judge.score(worse))


FALLEN = replace(
    layered("Ni"), cell=1.05 * layered("Ni").cell, positions=1.05 * layered("Ni").positions
)
SHAKEN = replace(SPEC, relax_best=1, physics_best=1)


@pytest.fixture
def falls(monkeypatch):
    """Tasks of a crystal that falls when it is shaken; what physics and the second judge saw."""
    asked = {"physics": [], "second": []}

    def fell(structure, energy, potential, seed, control):
        check = Check(
            name="shaken supercell", value=-0.05, unit="eV/atom", holds=False, sentence="It falls."
        )
        relaxed = RelaxedCrystal(
            structure=FALLEN, energy=(energy - 0.05) * len(FALLEN), n_steps=1, converged=True
        )
        return DesignAnswer(checks=(check,), relaxed=(relaxed,))

    def physics(structure, ion, potential, control):
        asked["physics"].append(structure.volume)
        told = Estimate(key="voltage", value=structure.volume, unit="V", method="relaxation")
        return DesignAnswer(estimates=(told,))

    def second(structure, first, potential, control):
        asked["second"].append((structure.volume, first))
        return DesignAnswer()

    monkeypatch.setattr("designer_app.jobs.design_task.checked", fell)
    monkeypatch.setattr("designer_app.jobs.design_task.electrode_physics", physics)
    monkeypatch.setattr("designer_app.jobs.design_task.judged_again", second)
    return asked


def test_what_fell_when_shaken_gets_the_numbers_of_what_it_fell_to(make, falls):
    funnel = make(SHAKEN)
    funnel.run()
    (row,) = funnel.alive("checked")
    assert len(falls["physics"]) == 2
    assert row.estimate("voltage").value == pytest.approx(FALLEN.volume, rel=1e-4)
    assert not any("before it fell" in each for each in row.warnings)
    (listed,) = ending(funnel).shortlist
    assert "holding when shaken" in listed.failing


def test_the_second_judge_is_asked_about_the_crystal_that_is_shown(make, falls):
    funnel = make(SHAKEN)
    funnel.run()
    (row,) = funnel.alive("checked")
    ((volume, first),) = falls["second"]
    assert volume == pytest.approx(FALLEN.volume, rel=1e-4)
    assert first == row.estimate("e_above_hull").value


@pytest.mark.parametrize("only_new", [True, False])
def test_what_falls_into_a_known_crystal_is_known(make, falls, only_new):
    funnel = make(SHAKEN)

    class Library:
        def same_as(self, structure):
            funnel.spec = replace(SHAKEN, only_new=only_new)
            return "mp-1" if structure.volume == pytest.approx(FALLEN.volume, rel=1e-4) else None

    funnel.library = Library()
    funnel.run()
    (row,) = [each for each in funnel.rows.values() if each.stage == "checked"]
    assert row.known == "mp-1"
    assert "falls into the known mp-1" in " ".join((row.reason, *row.warnings))
    assert (row.verdict == LOST) == only_new


@pytest.mark.parametrize("purpose", ["cathode", "own"])
def test_what_falls_to_the_crystal_of_another_candidate_is_its_double(make, falls, purpose):
    spec = replace(SHAKEN, purpose=purpose, targets=("e_above_hull=..9",), usual=False)
    funnel = make(spec)
    compare = funnel._compare_fallen

    def beside_its_twin(chosen):
        (key,) = chosen
        stage = "hull" if purpose == "own" else "physics"
        funnel.keep(replace(funnel.rows[key], id="99", stage=stage))
        compare(chosen)

    funnel._compare_fallen = beside_its_twin
    funnel.run()
    (row,) = [each for each in funnel.rows.values() if each.verdict == LOST]
    assert row.reason.endswith("falls to the same crystal as row 99")


def test_a_run_that_is_stopped_after_a_fall_comes_to_the_same_rows(make, falls, tmp_path):
    whole = make(SHAKEN)
    whole.run()
    for path in tmp_path.iterdir():
        if path.is_file():
            path.unlink()
    control = RunControl()
    funnel = make(SHAKEN, control=control)
    decide = funnel.store.decide

    def killed_before_it_is_noted(name, value):
        if name == "answered":
            control.cancel()
            control.checkpoint()
        decide(name, value)

    funnel.store.decide = killed_before_it_is_noted
    with pytest.raises(Cancelled):
        funnel.run()
    again = make(SHAKEN)
    again.run()
    assert again.rows == whole.rows


def test_a_candidate_of_which_numbers_disagree_does_not_meet_the_targets(make, monkeypatch):
    told = Check(name="relaxed slab", value=1.0, unit="eV", holds=False, sentence="It is far off.")
    monkeypatch.setattr(
        "designer_app.jobs.design_task.catalyst_physics", lambda *_: DesignAnswer(checks=(told,))
    )
    spec = replace(
        SPEC, purpose="catalyst", targets=("e_above_hull=..9",), relax_best=1, check_best=0
    )
    funnel = make(spec)
    funnel.run()
    (row,) = ending(funnel).shortlist
    assert row.verdict == FAILS
    assert row.reason == "unsure: learned and computed numbers disagree"
    assert "One is unsure" in verdict_of(ending(funnel))
    assert "loosen" not in verdict_of(ending(funnel))


@pytest.mark.parametrize(("barrier", "missed"), [(1.4, ("a way for the ions",)), (0.4, ())])
def test_an_electrolyte_whose_ions_cannot_move_is_none(make, monkeypatch, barrier, missed):
    told = Estimate(key="migration_barrier", value=barrier, unit="eV", method="bond valence")
    monkeypatch.setattr(
        "designer_app.jobs.design_task.electrolyte_physics",
        lambda *_: DesignAnswer(estimates=(told,)),
    )
    spec = replace(
        SPEC,
        purpose="electrolyte",
        usual=False,
        targets=("e_above_hull=..9",),
        relax_best=1,
        physics_best=1,
        check_best=0,
    )
    funnel = make(spec)
    funnel.run()
    (row,) = ending(funnel).shortlist
    assert row.failing == missed


@pytest.mark.parametrize(
    ("decomposition", "distance", "is_missed"),
    [
        ("821 meV/atom below 0.40 LiCl (mp-1) + 0.40 Cl (element-Cl)", -0.8, True),
        ("821 meV/atom below 0.60 LiCl (mp-1) + 0.40 MnCl2 (mp-2)", -0.8, False),
        ("50 meV/atom below 0.60 LiCl (mp-1) + 0.40 Cl (element-Cl)", -0.05, False),
    ],
)
def test_a_hull_that_lacks_known_compounds_is_told(make, decomposition, distance, is_missed):
    funnel = make(replace(CHEAP, relax_best=1, targets=("e_above_hull=..9",)))
    funnel.run()
    (row,) = funnel.alive("hull")
    told = Estimate(key="e_above_hull", value=distance, unit="eV/atom", method="relaxation")
    row = replace(row, stage="physics", decomposition=decomposition, estimates=(told,))
    funnel.keep(row)
    (listed,) = ending(funnel).shortlist
    assert ("a known hull" in listed.failing) == is_missed


@pytest.mark.parametrize(
    ("percent", "targets", "is_missed"),
    [
        (31.0, ("e_above_hull=..9",), True),
        (7.0, ("e_above_hull=..9",), False),
        (31.0, ("e_above_hull=..9", "volume_change=..40"), False),
    ],
    ids=["swells", "hardly swells", "swells as asked"],
)
def test_a_cathode_that_does_not_keep_its_volume_is_told(make, percent, targets, is_missed):
    funnel = make(replace(CHEAP, relax_best=1, targets=targets))
    funnel.run()
    (row,) = funnel.alive("hull")
    told = Estimate(key="volume_change", value=percent, unit="%", method="relaxation")
    funnel.keep(replace(row, stage="physics", estimates=(*row.estimates, told)))
    (listed,) = ending(funnel).shortlist
    assert ("keeping its volume" in listed.failing) == is_missed


@pytest.mark.parametrize(
    ("purpose", "distance", "is_missed"),
    [("cathode", 0.14, True), ("cathode", 0.04, False), ("anode", 0.14, False)],
)
def test_a_cathode_that_falls_apart_when_charged_is_told(make, purpose, distance, is_missed):
    spec = replace(CHEAP, purpose=purpose, relax_best=1, targets=("e_above_hull=..9",))
    funnel = make(spec)
    funnel.run()
    (row,) = funnel.alive("hull")
    told = Estimate(key="charged_above_hull", value=distance, unit="eV/atom", method="relaxation")
    funnel.keep(replace(row, stage="physics", estimates=(*row.estimates, told)))
    (listed,) = ending(funnel).shortlist
    assert ("a charged state that lasts" in listed.failing) == is_missed


def test_a_computed_conductivity_checks_the_learned_one_and_does_not_decide(make):
    funnel = make(replace(CHEAP, relax_best=1))
    funnel.run()
    (row,) = funnel.alive("hull")
    learned = Estimate(key="ionic_conductivity", value=1e-6, unit="S/cm", method="learned head")
    computed = replace(learned, value=1e-2, method="NEB")
    row = with_answer(
        replace(row, estimates=(*row.estimates, learned)), DesignAnswer(estimates=(computed,))
    )
    assert row.estimate("ionic_conductivity") == learned
    assert computed in row.estimates


def test_what_is_only_predicted_to_meet_the_targets_is_no_hit(make):
    spec = replace(CHEAP, relax_best=2, targets=("voltage=2..4.6", "e_above_hull=..9"))
    funnel = make(spec)
    funnel.run()
    one, other = funnel.alive("hull")
    for row in (one, other):
        funnel.keep(replace(row, known=""))
    funnel.keep(replace(funnel.rows[one.id], stage="physics"))
    (arm,) = ending(funnel).arms
    assert arm.n_hits == 1


def test_an_electrode_whose_framework_changes_misses_it(make, monkeypatch):
    moved = Check(name="framework", value=2.1, unit="A", holds=False, sentence="It moves.")
    monkeypatch.setattr(
        "designer_app.jobs.design_task.electrode_physics", lambda *_: DesignAnswer(checks=(moved,))
    )
    funnel = make(replace(SPEC, relax_best=1, check_best=0, targets=("e_above_hull=..9",)))
    funnel.run()
    (row,) = ending(funnel).shortlist
    assert row.failing == ("keeping its framework",)
    assert "It moves." in row.warnings


def test_an_electrode_whose_numbers_cannot_be_computed_meets_no_target(make, monkeypatch):
    def physics(*_):
        raise RunawayRelaxationError(45, "the volume tripled")

    monkeypatch.setattr("designer_app.jobs.design_task.electrode_physics", physics)
    funnel = make(replace(SPEC, relax_best=1, check_best=0, targets=("e_above_hull=..9",)))
    funnel.run()
    (row,) = ending(funnel).shortlist
    assert (row.verdict, row.failing) == (FAILS, ("numbers that can be computed",))
    assert any("Not computed by physics" in told for told in row.warnings)


def test_an_electrode_that_fell_is_warned_of_by_its_new_framework_alone(make, falls, monkeypatch):
    def physics(structure, ion, potential, control):
        holds = structure.volume == pytest.approx(FALLEN.volume, rel=1e-4)
        told = "It stays." if holds else "It moves."
        check = Check(name="framework", value=1.0, unit="A", holds=holds, sentence=told)
        return DesignAnswer(checks=(check,))

    monkeypatch.setattr("designer_app.jobs.design_task.electrode_physics", physics)
    funnel = make(SHAKEN)
    funnel.run()
    (row,) = funnel.alive("checked")
    assert row.failing == ("holding when shaken",)
    assert "It moves." not in row.warnings
    assert "It falls." in row.warnings
