import argparse
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer_app.cli.arguments import add_spec_arguments, spec_from_namespace
from designer_app.errors import InvalidSpecError, UnknownKeyError
from designer_app.io.toml import toml_text
from designer_app.specs.analyse import AnalyseSpec
from designer_app.specs.fields import (
    check_spec,
    is_shown,
    settings_of,
    spec_fields,
    spec_from_settings,
)
from designer_app.specs.jobs import JOBS
from designer_app.specs.md import ENSEMBLES, MDSpec
from designer_app.specs.potentials import POTENTIALS, imports_code, sum_texts
from designer_app.specs.relax import RelaxSpec
from designer_app.specs.single_point import EnergySpec
from designer_app.specs.train_potential import TrainPotentialSpec

_SPECS = (MDSpec, RelaxSpec, EnergySpec, AnalyseSpec)


@pytest.mark.parametrize("spec", _SPECS)
def test_every_field_says_what_it_means(spec):
    for each, said, _ in spec_fields(spec):
        assert said.label, each.name
        assert said.doc.endswith("."), each.name


@pytest.mark.parametrize("spec", [MDSpec, RelaxSpec, EnergySpec])
def test_defaults_are_valid(spec):
    check_spec(spec())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", -1.0),
        ("temperature", float("nan")),
        ("timestep", 0.0),
        ("steps", 0),
        ("ensemble", "nvt"),
        ("potential", "chgnt"),
        ("pressure", float("inf")),
    ],
)
def test_values_out_of_range_are_refused_by_name(field, value):
    with pytest.raises(InvalidSpecError) as caught:
        check_spec(MDSpec(**{field: value}))
    assert caught.value.field == field


def test_settings_come_back_as_the_same_spec():
    spec = MDSpec(ensemble="npt", temperature=650.0, steps=123, seed=7)
    assert spec_from_settings(MDSpec, settings_of(spec)) == spec


def test_the_files_of_a_training_are_part_of_its_settings():
    spec = TrainPotentialSpec(
        data=(Path("a.xyz"), Path("b.json")),
        out=Path("run"),
        options=("n_features=64",),
        leave_out=("a.xyz:3",),
    )
    written = tomllib.loads(toml_text(settings_of(spec)))
    assert spec_from_settings(TrainPotentialSpec, written) == spec


def test_an_unknown_setting_is_refused():
    with pytest.raises(InvalidSpecError, match="temprature"):
        spec_from_settings(MDSpec, tomllib.loads("temprature = 300"))


def test_friction_is_shown_for_langevin_only():
    friction = next(said for each, said, _ in spec_fields(MDSpec) if each.name == "friction")
    shown = [key for key, _ in ENSEMBLES if is_shown(MDSpec(ensemble=key), friction)]
    assert shown == ["langevin"]


@given(
    ensemble=st.sampled_from([key for key, _ in ENSEMBLES]),
    temperature=st.floats(0, 20000),
    steps=st.integers(1, 10**9),
)
def test_flags_make_the_spec_they_name(ensemble, temperature, steps):
    parser = argparse.ArgumentParser()
    add_spec_arguments(parser, MDSpec)
    words = f"--ensemble {ensemble} --temperature {temperature!r} --steps {steps}".split()
    made = spec_from_namespace(MDSpec, parser.parse_args(words))
    assert (made.ensemble, made.temperature, made.steps) == (ensemble, temperature, steps)


def test_an_unknown_key_names_the_choices():
    with pytest.raises(UnknownKeyError) as caught:
        POTENTIALS["lennard"]
    assert "lennard-jones" in caught.value.choices


@pytest.mark.parametrize(
    ("model", "baseline"),
    [
        ("morse:a+schnet:b", "morse:a"),
        ("morse:a+ensemble:schnet:b+schnet:c", "morse:a"),
        ("ensemble:morse:a+chgnet+schnet:b", "ensemble:morse:a+chgnet"),
        ("delta:morse:a+schnet:b+schnet:c", "delta:morse:a+schnet:b"),
    ],
)
def test_a_sum_is_parted_into_baseline_and_correction(model, baseline):
    assert sum_texts(model)[0] == baseline
    assert "+".join(sum_texts(model)) == model


@pytest.mark.parametrize("row", JOBS.values(), ids=lambda row: row.key)
def test_every_job_has_a_body(row):
    assert callable(row.load())


@pytest.mark.parametrize("row", POTENTIALS.values(), ids=lambda row: row.key)
def test_every_potential_has_a_loader(row):
    assert callable(row.load())


@pytest.mark.parametrize(
    "wrong",
    [{"data": [3]}, {"data": 3}, {"mapping": [1]}, {"tags": [["a"]]}, {"by_hand": [True]}],
)
def test_items_of_a_wrong_kind_are_refused(wrong):
    with pytest.raises(InvalidSpecError, match=next(iter(wrong))):
        spec_from_settings(TrainPotentialSpec, {"data": ["a.xyz"], "model": "schnet", **wrong})


def test_a_setting_that_is_missing_is_named():
    with pytest.raises(InvalidSpecError, match="data"):
        spec_from_settings(TrainPotentialSpec, {"model": "schnet"})


@pytest.mark.parametrize(
    ("potential", "model"),
    [
        ("ase", ""),
        ("ase", "os:abort"),
        ("ensemble", "chgnet+ase:os:abort"),
        ("ensemble", " ase :os:abort+morse"),
        ("ensemble", "morse + ase : os:abort"),
        ("script", "model.pth"),
        (" ensemble", "morse+ script :model.pth"),
        (" delta ", " ensemble:ase:os:abort+morse + schnet:folder"),
        ("delta", "ase:os:abort+morse"),
        ("delta", "morse+ensemble:ase:os:abort+morse"),
        ("delta", "ensemble:morse:a.toml+ase:os:abort+schnet:folder"),
    ],
)
def test_a_potential_that_may_import_code_is_known_as_such(potential, model):
    assert imports_code(potential, model)


@pytest.mark.parametrize(
    ("potential", "model"),
    [
        ("chgnet", "r2scan"),
        ("ensemble", ""),
        ("ensemble", "members.toml"),
        ("morse", "mine.toml"),
        ("ensemble", "morse:mine.toml+core-shell:ours.toml"),
        ("delta", "ensemble:chgnet+morse:mine.toml+schnet:folder"),
    ],
)
def test_a_potential_of_our_own_code_imports_no_other(potential, model):
    assert not imports_code(potential, model)
