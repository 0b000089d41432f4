"""Distributions of properties: written, read, and asked for shares."""

from pathlib import Path

import numpy as np
import pytest

from designer_app.errors import FileUnreadableError
from designer_app.io.property_distributions import (
    FILE,
    read_distributions,
    write_distributions,
)
from designer_app.resources import resource
from designer_app.specs.design_targets import PROPERTIES
from designer_app.specs.distributions import Distribution

FIVE_DIGITS = 1e-4


def distribution(quantiles: list[float], n: int = 1000) -> Distribution:
    return Distribution("voltage", "electrode", "Li", "V", "a test", n, np.array(quantiles))


def test_a_written_distribution_is_read_back(tmp_path: Path) -> None:
    written = distribution([0.123456789, 2.0, 3.5])
    write_distributions(tmp_path / "d.json", [written])
    read = read_distributions(tmp_path / "d.json")["voltage", "electrode", "Li"]
    assert read.quantiles == pytest.approx(written.quantiles, rel=FIVE_DIGITS)
    assert (read.n, read.unit, read.origin) == (1000, "V", "a test")


def test_shares_follow_the_quantiles() -> None:
    uniform = distribution(np.linspace(0.0, 10.0, 200).tolist())
    assert uniform.share_below(7.5) == pytest.approx(0.75)
    assert uniform.share_within(9.0, np.inf) == pytest.approx(0.1)


def test_no_share_is_surer_than_the_number_of_materials_allows() -> None:
    few = distribution([1.0, 2.0], n=99)
    assert few.share_below(5.0) == pytest.approx(0.99)
    assert few.share_within(5.0, np.inf) == pytest.approx(0.01)


def test_a_value_that_many_share_has_none_below_it() -> None:
    metals = distribution([0.0] * 120 + np.linspace(0.1, 8.0, 80).tolist())
    assert metals.share_below(0.0) == pytest.approx(1 / 1001)
    assert metals.share_within(0.05, np.inf) == pytest.approx(0.4, abs=0.01)


def test_the_counts_of_a_histogram_sum_to_nearly_all_materials() -> None:
    found = distribution(np.sort(np.random.default_rng(0).normal(size=200)).tolist())
    assert 0.97 * found.n < found.counts.sum() <= found.n
    assert len(found.bins) == len(found.counts) + 1


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text("{}")
    with pytest.raises(FileUnreadableError):
        read_distributions(tmp_path / "d.json")


def test_shipped_distributions_are_in_the_units_of_targets() -> None:
    shipped = read_distributions(resource(FILE))
    units = {key: about.unit for key, about in PROPERTIES.items()}
    assert {each.key: each.unit for each in shipped.values()}.items() <= units.items()
    middles = {each.key: float(np.median(each.quantiles)) for each in shipped.values()}
    outside = [
        key for key, at in middles.items() if not PROPERTIES[key].low <= at <= PROPERTIES[key].high
    ]
    assert not outside
