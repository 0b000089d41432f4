"""Whether a potential can be trusted with a structure, by axes of its own."""

from designer_app.device import Compute
from designer_app.errors import FileUnreadableError, InvalidSpecError
from designer_app.io.potential_cards import read_potential_card, trained_folder
from designer_app.potentials import load_potential
from designer_app.running.control import RunControl
from designer_app.specs.potentials import POTENTIALS
from designer_app.specs.trust import TrustReport, TrustSpec
from designer_app.state import set_threads, state_from_structures
from designer_app.trust.judging import Knowledge, judge_structure, read_knowledge


def run(spec: TrustSpec, control: RunControl) -> TrustReport:
    """The light of a structure."""
    if spec.structure is None:
        raise InvalidSpecError("structure", None, "there is nothing to judge")
    compute = Compute(spec.device, spec.dtype, spec.threads)
    set_threads(compute)
    potential = load_potential(spec.potential, spec.model, compute)
    control.checkpoint()
    state = state_from_structures([spec.structure], potential.device)
    return judge_structure(potential, state, knowledge_of(spec.potential, spec.model))


def knowledge_of(potential: str, model: str) -> Knowledge:
    """What lies in the folder of a trained potential; nothing for others."""
    folder = trained_folder(POTENTIALS[potential].chosen(model))
    try:
        card = read_potential_card(folder)
    except FileUnreadableError:
        return Knowledge(None, None)
    return read_knowledge(folder, card.calibration)
