"""Which share of its ions an electrode can give up while its other elements keep it neutral.

An ion that leaves takes its charge along, and something must be oxidised in exchange. With the
highest charges that the other elements reach, q_i, and x ions of charge z for n_i atoms of each,

    share = 1 + sum_i(n_i q_i) / (z x),  between 0 and 1

(LiFePO4: Fe3+ makes up for all; LiMgPO4: nothing can; Li2MnCl4: no chloride of Mn3+ lasts).
Oxygen and halogens do not count: oxides that give more do so by losing oxygen. Sulfur, selenium and
tellurium beside a metal of several valences pair up at a charge of -1, as in FeS2 (Rouxel 1996,
Chem. Eur. J. 2, 1053).
"""

import math
from collections.abc import Mapping

from designer_app.io.formulas import formula
from designer_app.properties.charges import is_of_variable_valence
from designer_app.properties.electrode_checks import charge_limits
from designer_app.screening.charge_balance import balanced, highest_state
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen import LEAST_RELEASE
from designer_app.specs.voltage import ION_CHARGES

KEY = "ion_release"
METHOD = "charge balance"
NOTHING = "nothing to oxidise"
_CHALCOGENS = frozenset(("S", "Se", "Te"))
_IN_PLAIN_OXIDES: Mapping[str, float] = {"Fe": 3.5, "Cu": 3.0}
"""Beyond what polyanions allow: NaFeO2 gives up 0.45 Na reversibly (Yabuuchi et al. 2012,
doi:10.5796/electrochemistry.80.716); Li2CuO2 turns into LiCuO2."""
_CENTRES = frozenset(("B", "C", "N", "Si", "P", "S", "Ge", "As", "Se"))
_ORIGIN = (
    "highest charges that electrodes and crystals of the ICSD show; oxygen and halogens stay as "
    "they are"
)


def ion_release(amounts: Mapping[str, float], ion: str) -> Estimate:
    """Share of the working ions of a discharged electrode, 0 to 1, with what it stands on."""
    host = {element: amount for element, amount in amounts.items() if element != ion}
    given = ION_CHARGES[ion] * amounts[ion]
    charges = highest_charges(host, amounts)
    if min(charges.values()) >= 0:
        told = f"{formula(amounts)} is an alloy, without charges to balance: all its {ion} counts."
        return _estimate(1.0, "amber", told)
    share = 1.0 + sum(charges[element] * amount for element, amount in host.items()) / given
    if share >= 1.0 - LEAST_RELEASE:
        return _estimate(1.0, "green", "")
    if share <= LEAST_RELEASE:
        return _estimate(0.0, "red", f"{NOTHING}: {_why_none(charges, host, ion)}")
    told = (
        f"The other elements can make up for {100 * share:.0f} % of the {ion}; more would come out "
        "only with its anions oxidised (oxides lose oxygen)."
    )
    return _estimate(share, "amber", told)


def _estimate(share: float, light: str, reason: str) -> Estimate:
    return Estimate(
        key=KEY,
        value=share,
        unit="",
        method=METHOD,
        origin=_ORIGIN,
        light=light,
        reason=reason,
    )


def _why_none(charges: Mapping[str, float], host: Mapping[str, float], ion: str) -> str:
    cations = [each for each, charge in charges.items() if charge > 0]
    if not cations:
        return f"beside {ion} there are only anions"
    told = f"{' and '.join(cations)} can hardly be oxidised further when {ion} leaves"
    if any(_has_valences(each, host) for each in cations):
        told += f"; it may take up more {ion}, as an anode does, which is not judged here"
    return told


def highest_charges(host: Mapping[str, float], amounts: Mapping[str, float]) -> dict[str, float]:
    """The charge that each element of the host has at most once the ions are gone."""
    balance = balanced(amounts, "strict")
    states = {} if balance is None else balance.states
    is_covalent = any(
        _has_valences(each, host) for each in host if states.get(each, 1.0) > 0
    ) and not host.keys() & {"O", "F"}
    is_plain = "O" in host and not any(
        each in _CENTRES for each in host if states.get(each, 1.0) > 0
    )
    found = {}
    for element in host:
        state = states.get(element)
        limits = charge_limits(element, host)
        highest = float(highest_state(element)) if limits is None else float(limits[1])
        if is_plain:
            highest = max(highest, _IN_PLAIN_OXIDES.get(element, highest))
        if state is not None:
            highest = state if state < 0 else max(highest, state)
        if is_covalent and highest < 0 and element in _CHALCOGENS:
            highest = -1.0
        found[element] = highest
    return found


def highest_charge(symbol: str, sign: int) -> float:
    """The highest charge that an element of charges of one sign can have in any host; -inf where
    such charges never rise.
    """
    if sign < 0:
        return -1.0 if symbol in _CHALCOGENS else -math.inf
    hosts = ({symbol: 1.0}, {symbol: 1.0, "O": 4.0})
    limits = [charge_limits(symbol, host) for host in hosts]
    highest = [highest_state(symbol) if each is None else each[1] for each in limits]
    return float(max(*highest, _IN_PLAIN_OXIDES.get(symbol, -math.inf)))


def _has_valences(element: str, host: Mapping[str, float]) -> bool:
    """Whether an element of a host changes its charge in electrodes: Fe, but not Zn."""
    limits = charge_limits(element, host)
    return is_of_variable_valence(element) if limits is None else limits[0] < limits[1]
