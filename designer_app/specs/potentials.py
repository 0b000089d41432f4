"""The potentials the program knows, by key; a new one is a file and a row here."""

import re
from dataclasses import dataclass, replace
from typing import Any

from designer_app.elements import SYMBOLS
from designer_app.registry import Registry, Row


@dataclass(frozen=True, kw_only=True)
class PotentialRow(Row):
    """A family of potentials. `implementation` is called as `load(model, compute)`."""

    model_doc: str
    """What `--model` names for this family."""
    models: tuple[tuple[str, str], ...] = ()
    """(value, title) of the models shipped with the program; the first is the default."""
    is_trained: bool = False
    """Its models are folders that a training wrote, the shipped ones by their names."""
    native: bool = True
    """Our own torch code: batched, restarts bitwise."""
    suits: tuple[str, ...] = ("solid",)
    """Kinds of matter it is made for: solid, molecule, liquid, metal, noble-gas."""
    gives: tuple[str, ...] = ("energy", "forces", "stress")
    thinnest_cell: float = 0.0
    """A; thinner periodic cells are wrong, because electrons are computed at one k-point only."""
    covers: tuple[tuple[str, str], ...] = ()
    """(shipped model, symbols of the elements it knows); models that are not named may be any."""

    def chosen(self, model: str) -> str:
        """The model that is meant: none named means the first shipped one."""
        return model or (self.models[0][0] if self.models else "")

    def elements(self, model: str = "") -> frozenset[str] | None:
        """Symbols of the elements that a model knows; None where only the model itself can tell."""
        known = dict(self.covers).get(self.chosen(model))
        return None if known is None else frozenset(known.split())


_MPTRJ = " ".join(
    symbol
    for symbol in SYMBOLS[1:95]
    if symbol not in ("Po", "At", "Rn", "Fr", "Ra")  # no such crystal in the training set
)
"""The 89 elements of CHGNet's training set (Deng et al. 2023, doi:10.1038/s42256-023-00716-3)."""
_UP_TO_RADON = " ".join(SYMBOLS[1:87])
_CUBIC_METALS = "Pb Ag Ni Cu Al Mo W Cr Fe"
_CLOSE_PACKED_METALS = "Ni Cu Rh Pd Ag Ir Pt Au Al Pb Ti Zr Co Mg"
_SOFT_METALS = "Ca Sr Ba Na K Rb Cs"


def _trained(key: str, title: str, summary: str, *shipped: tuple[str, str, str]) -> PotentialRow:
    """A family whose models are folders that a training wrote.

    Shipped ones are given as (name, title, symbols); they lie in resources/weights/potentials.
    """
    return PotentialRow(
        key=key,
        title=title,
        summary=summary,
        implementation="designer_app.potentials.trained:load",
        model_doc="folder of a trained potential, or the name of a shipped one",
        models=tuple((name, title) for name, title, _ in shipped),
        covers=tuple((name, symbols) for name, _, symbols in shipped),
        is_trained=True,
        suits=("solid", "molecule", "liquid", "metal"),
    )


POTENTIALS: Registry[PotentialRow] = Registry(
    "potential",
    (
        PotentialRow(
            key="chgnet",
            title="CHGNet",
            summary="Universal neural-network potential for crystals, with magnetic moments.",
            implementation="designer_app.potentials.chgnet:load",
            model_doc="0.3.0, r2scan, the folder of a fine-tuned one, or a weights file in the "
            "chgnet package's layout",
            models=(("0.3.0", "0.3.0 (PBE+U)"), ("r2scan", "r2SCAN")),
            gives=("energy", "forces", "stress", "energies", "magmoms"),
            covers=(("0.3.0", _MPTRJ), ("r2scan", _MPTRJ)),
        ),
        PotentialRow(
            key="lennard-jones",
            title="Lennard-Jones",
            summary="Pair potential of noble gases and model liquids.",
            implementation="designer_app.potentials.lennard_jones:load",
            model_doc="a shipped set, or a TOML file with sigma and epsilon per element",
            models=(
                ("noble-gases", "Noble gases"),
                ("reduced", "Reduced units (sigma = epsilon = 1)"),
            ),
            suits=("noble-gas", "liquid"),
            gives=("energy", "forces", "stress", "energies"),
            covers=(("noble-gases", "Ne Ar Kr Xe"),),
        ),
        PotentialRow(
            key="morse",
            title="Morse",
            summary="Pair potential of cubic metals with an anharmonic well.",
            implementation="designer_app.potentials.morse:load",
            model_doc="a shipped set, or a TOML file with D, a and r0 per element",
            models=(
                ("girifalco-weizer", "Cubic metals (Girifalco and Weizer 1959)"),
                (
                    "girifalco-weizer-soft",
                    "Alkali and alkaline-earth metals (Girifalco and Weizer 1959)",
                ),
            ),
            suits=("metal",),
            gives=("energy", "forces", "stress", "energies"),
            covers=(
                ("girifalco-weizer", _CUBIC_METALS),
                ("girifalco-weizer-soft", _SOFT_METALS),
            ),
        ),
        PotentialRow(
            key="second-moment",
            title="Second moment",
            summary="Many-body potential of fcc and hcp metals and their alloys; fast.",
            implementation="designer_app.potentials.second_moment:load",
            model_doc="a shipped set, or a TOML file with A, xi, p, q and r0 per element",
            models=(("cleri-rosato", "Cleri and Rosato 1993"),),
            suits=("metal",),
            gives=("energy", "forces", "stress", "energies"),
            covers=(("cleri-rosato", _CLOSE_PACKED_METALS),),
        ),
        PotentialRow(
            key="core-shell",
            title="Core-shell",
            summary="Polarisable ions: Buckingham, charges and shells on springs, for oxides.",
            implementation="designer_app.potentials.core_shell:load",
            model_doc="a shipped set, or a TOML file with charges, springs and pairs",
            models=(
                ("mgo-gale", "MgO (Gale, around Catlow's oxygen)"),
                ("bush", "Li2O, Al2O3 (Bush et al. 1994)"),
                ("srtio3-akhtar", "SrTiO3 (Akhtar et al. 1995)"),
                ("ceo2-sayle", "CeO2 (Sayle et al. 1994)"),
            ),
            covers=(
                ("mgo-gale", "Mg O"),
                ("bush", "Li Al O"),
                ("srtio3-akhtar", "Sr Ti O"),
                ("ceo2-sayle", "Ce O"),
            ),
        ),
        PotentialRow(
            key="tight-binding",
            title="Tight binding",
            summary="GFN-xTB: electrons at a thousandth of the cost of DFT, for molecules first.",
            implementation="designer_app.potentials.tight_binding:load",
            model_doc="GFN1-xTB or GFN2-xTB; settings may follow, e.g. "
            "GFN1-xTB(charge=-1, multiplicity=2, temperature=1000)",
            models=(("GFN1-xTB", "GFN1-xTB"), ("GFN2-xTB", "GFN2-xTB")),
            native=False,
            suits=("molecule", "liquid"),
            gives=("energy", "forces", "stress", "energies"),
            thinnest_cell=12.0,
            covers=(("GFN2-xTB", _UP_TO_RADON), ("GFN1-xTB", _UP_TO_RADON)),
        ),
        PotentialRow(
            key="ensemble",
            title="Ensemble",
            summary="Several potentials side by side: their mean, and their spread as uncertainty.",
            implementation="designer_app.potentials.ensemble:load",
            model_doc="members joined by +, e.g. chgnet:0.3.0+chgnet:r2scan",
            models=(("chgnet:0.3.0+chgnet:r2scan", "CHGNet 0.3.0 + r2SCAN"),),
            gives=("energy", "forces", "stress", "spread"),
            covers=(("chgnet:0.3.0+chgnet:r2scan", _MPTRJ),),
        ),
        _trained(
            "schnet",
            "SchNet",
            "Continuous-filter network: quick, trained on your own data.",
            ("ethanol-schnet", "Ethanol (PBE, rMD17)", "H C O"),
        ),
        _trained(
            "nequip",
            "NequIP",
            "Equivariant network: accurate, trained on your own data.",
            ("silicon-nequip", "Silicon (PBE, mlearn)", "Si"),
            ("ethanol-nequip", "Ethanol (PBE, rMD17)", "H C O"),
        ),
        _trained(
            "gemnet",
            "GemNet",
            "Network on angles and dihedrals, trained on your own data.",
            ("ethanol-gemnet", "Ethanol (PBE, rMD17)", "H C O"),
        ),
        replace(
            _trained("gap", "GAP", "Gaussian process on SOAP, trained on your own data."),
            implementation="designer_app.potentials.quip_gap:load",
            model_doc="folder of a trained potential, or the XML file of a GAP fitted with QUIP",
        ),
        PotentialRow(
            key="delta",
            title="Delta",
            summary="A cheap potential with a learned correction on top.",
            implementation="designer_app.potentials.delta:load",
            model_doc="folder of a trained correction that names its baseline, or baseline and "
            "correction joined by +, e.g. tight-binding:GFN1-xTB+schnet:FOLDER",
            suits=("solid", "molecule", "liquid", "metal"),
            gives=("energy", "forces", "stress"),
        ),
        PotentialRow(
            key="script",
            title="TorchScript model",
            summary="NequIP and Allegro models as deployed files: programs, run if you allow it.",
            implementation="designer_app.potentials.script:load",
            model_doc="a TorchScript file of nequip-deploy",
            native=False,
            suits=("solid", "molecule", "liquid", "metal"),
        ),
        PotentialRow(
            key="ase",
            title="ASE calculator",
            summary="Any calculator of the Atomic Simulation Environment, by import path.",
            implementation="designer_app.potentials.ase_calculator:load",
            model_doc="import path and keywords, e.g. ase.calculators.emt:EMT",
            models=(("ase.calculators.emt:EMT", "EMT (metals)"),),
            covers=(("ase.calculators.emt:EMT", "H C N O Al Ni Cu Pd Ag Pt Au"),),
            native=False,
            suits=("solid", "molecule", "liquid", "metal"),
        ),
    ),
)


CODE = ("ase", "script")
"""Families whose models are programs, or import one by name."""


def member_texts(text: str, most: int = 0) -> list[str]:
    """The "key:model" of each member in "key:model+key:model"; at most so many, 0 for all."""
    # A "+" may also stand in a keyword or a path: only one before a registry key separates.
    keys = "|".join(re.escape(key) for key in POTENTIALS)
    return re.split(rf"\+\s*(?=(?:{keys})\s*(?::|\+|$))", text, maxsplit=max(most - 1, 0))


def sum_texts(text: str) -> list[str]:
    """The "key:model" of the two parts of a sum, or the text itself where it is one folder.

    After a baseline that has members itself, the correction is what stands behind the last "+".
    """
    texts = member_texts(text)
    if len(texts) > 2 and key_and_model(texts[0])[0] in ("ensemble", "delta"):
        return ["+".join(texts[:-1]), texts[-1]]
    return member_texts(text, most=2)


def key_and_model(text: str) -> tuple[str, str]:
    """(registry key, model) of "key:model"; the model may be left out."""
    key, _, model = text.strip().partition(":")
    return key.strip(), model


def imports_code(potential: str, model: str) -> bool:
    """Whether a choice of potential, or of a part of one, may run code that is not ours.

    A module imported by name, or a program in a file. What a file lists, or a folder names as its
    baseline, is not looked at: it is loaded only where it is no code.
    """
    return any(key in CODE for key, _ in _parts(potential, model))


def runs_a_program(spec: Any) -> bool:
    """Whether the potentials that a spec names include a model that is a program."""
    choices = [(getattr(spec, "potential", ""), getattr(spec, "model", ""))]
    texts = (getattr(spec, "baseline", ""), *getattr(spec, "potentials", ()))
    choices += [key_and_model(text) for text in texts]
    return any(key == "script" for choice in choices for key, _ in _parts(*choice))


def _parts(potential: str, model: str) -> list[tuple[str, str]]:
    """(registry key, model) of all that a choice names, as the loaders take it apart."""
    left, found = [(potential, model)], list[tuple[str, str]]()
    while left:
        key, its = left.pop()
        key = key.strip()
        if key in ("ensemble", "delta"):
            left += map(key_and_model, sum_texts(its) if key == "delta" else member_texts(its))
        else:
            found.append((key, its))
    return found
