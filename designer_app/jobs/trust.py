"""Whether a potential can be trusted with a structure, by axes of its own."""

from pathlib import Path

from designer_app.device import Compute
from designer_app.errors import FileUnreadableError, InvalidSpecError
from designer_app.io.potential_cards import PotentialCard, read_potential_card, trained_folder
from designer_app.io.unfinished import is_unfinished, where_stopped
from designer_app.potentials import load_potential
from designer_app.potentials.baseline_files import parts_of
from designer_app.running.control import RunControl
from designer_app.specs.potentials import POTENTIALS
from designer_app.specs.trainable import TRAINABLE
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


def doubts_of_training(potential: str, model: str) -> list[str]:
    """What to know of the trainings under a choice of potential, a sentence each.

    That one was stopped early, that its limits are not known, that it is of another family.
    """
    try:
        parts = parts_of(potential, POTENTIALS[potential].chosen(model))
    except FileUnreadableError:  # loading it says so
        return []
    return [said for part in parts for said in _doubts_of(*part)]


def _doubts_of(potential: str, model: str) -> list[str]:
    if not model:
        return []
    folder = trained_folder(model)
    try:
        card = read_potential_card(folder)
    except FileUnreadableError:
        return []
    known = read_knowledge(folder, card.calibration)
    is_blind = known.surroundings is None and not known.lost
    blind = "nothing tells where atoms leave what it learned from"
    found = _of_another_family(potential, folder, card)
    if is_unfinished(card):
        unknown = f"Its limits are not known: {blind}. " if is_blind else ""
        out = f'"{folder}"' if " " in str(folder) else folder
        found.append(
            f"{card.title}: its training was stopped {where_stopped(card)}. {unknown}"
            f"Go on with: designer-app train --out {out} --resume"
        )
    elif is_blind and card.family in TRAINABLE:
        found.append(f"{card.title}: its limits are not known, {blind}.")
    return found


def _of_another_family(potential: str, folder: Path, card: PotentialCard) -> list[str]:
    """A folder says itself what it holds, whatever it was called."""
    row = POTENTIALS.get(card.family)
    if row is None or potential in (card.family, "delta") or not POTENTIALS[potential].is_trained:
        return []
    return [
        f"“{folder.name}” holds a {row.title}, not a {POTENTIALS[potential].title}: it is used."
    ]
