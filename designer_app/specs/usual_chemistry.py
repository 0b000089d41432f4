"""What materials of a purpose are made of: elements, a metal that gives up electrons, anions.

Without these limits a search finds what charges and energies allow and nobody would make: hydrides
as cathodes, thallium in catalysts, iron in solid electrolytes. The lists hold the elements of the
families that textbooks and reviews treat (cathodes and anodes: Manthiram 2020,
doi:10.1038/s41467-020-15355-0; electrolytes: Bachman et al. 2016,
doi:10.1021/acs.chemrev.5b00563), widened by their neighbours in the periodic table.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class UsualChemistry:
    """Of one purpose."""

    of: str
    """As in "usual in a cathode"."""
    elements: frozenset[str]
    """All that may be in a material, besides the working ion."""
    active: frozenset[str] = frozenset()
    """Metals that give up electrons when ions leave; a material holds one of them. None: not
    asked."""
    anions: frozenset[str] = frozenset()
    """Elements that may be negative; none: not asked."""

    def allowing(self, named: Collection[str]) -> "UsualChemistry":
        """The same where elements that somebody asks for are usual too."""
        added = frozenset(named)
        return replace(
            self,
            elements=self.elements | added,
            active=self.active | added if self.active else self.active,
            anions=self.anions | added if self.anions else self.anions,
        )

    def reason(self, elements: Collection[str], states: Mapping[str, float]) -> str:
        """Why a composition is not usual, from its charges where they are known; "" if it is."""
        if self.active and not self.active.intersection(elements):
            return f"no metal that is oxidised in {self.of}"
        if not self.anions:
            return ""
        negative = sorted(each for each, charge in states.items() if charge < 0)
        other = [each for each in negative if each not in self.anions]
        if other:
            return f"{' and '.join(other)} as an anion is not usual in {self.of}"
        return "" if self.anions.intersection(elements) else f"no anion that is usual in {self.of}"


def _all(text: str) -> frozenset[str]:
    return frozenset(text.split())


_IONS = _all("Li Na K Mg Ca Zn")
_REDOX = _all("Ti V Cr Mn Fe Co Ni Cu Nb Mo")
_FRAMEWORK = _all("B Al Si P Sc Ga Ge Y Zr In Sn Sb La Hf Ta W")
_RARE_EARTHS = _all("La Pr Nd Sm Gd Tb Dy Ho Er Tm Yb Lu")
_CATHODE_ANIONS = _all("O F S Se Cl N")

USUAL: Mapping[str, UsualChemistry] = {
    "cathode": UsualChemistry(
        of="a cathode",
        elements=_IONS | _REDOX | _FRAMEWORK | _all("C Ce Te Bi") | _CATHODE_ANIONS,
        active=_REDOX,
        anions=_CATHODE_ANIONS,
    ),
    "anode": UsualChemistry(
        of="an anode",
        elements=_IONS | _REDOX | _FRAMEWORK | _all("Ce Bi") | _CATHODE_ANIONS,
        active=_REDOX | _all("W Ta Sn Sb Bi"),
        anions=_CATHODE_ANIONS | _all("P"),
    ),
    "electrolyte": UsualChemistry(
        of="a solid electrolyte",
        elements=_FRAMEWORK | _RARE_EARTHS | _all("Mg Zn Ti Nb O S Se F Cl Br I N"),
        anions=_all("O S Se F Cl Br I N"),
    ),
    "catalyst": UsualChemistry(
        of="an alloy for catalysis",
        elements=_all(
            "Al Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Y Zr Nb Mo Ru Rh Pd Ag In Sn Sb La Hf Ta W Re Os "
            "Ir Pt Au Bi"
        ),
    ),
}
"""By purpose; own properties have none."""
