"""Opening and looking, through a real worker process."""

import numpy as np
import pytest

from designer_app.errors import FileUnreadableError
from designer_app.io.documents import Document
from designer_app.io.examples import example
from designer_app.running.control import RunControl
from designer_app.running.link import WorkerLink, remote
from designer_app.specs.documents import BondsSpec, InspectSpec, ReadSpec


@pytest.fixture(scope="module")
def link():
    worker = WorkerLink("quick")
    worker.start()
    yield worker
    worker.stop()


def asked(key, spec, link):
    return remote(key, spec, link)(RunControl())


def test_a_structure_is_opened_looked_at_and_bonded(link):
    document = asked("read", ReadSpec(path=example("LiFePO4").path), link)
    assert isinstance(document, Document)
    structure = document.structure()
    facts = asked("inspect", InspectSpec(structure=structure), link)
    assert facts["space_group"] == "Pnma"
    found = asked("bonds", BondsSpec(structure=structure), link)
    assert found["pairs"].shape == (64, 2)
    assert found["shifts"].dtype == np.int64


def test_what_cannot_be_read_raises_the_same_error_here(link, tmp_path):
    with pytest.raises(FileUnreadableError, match="no such file"):
        asked("read", ReadSpec(path=tmp_path / "absent.cif"), link)
