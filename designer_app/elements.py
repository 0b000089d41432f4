"""The elements: symbol, name, standard mass, radii, colours; index 0 stands for an unknown species.

Masses: IUPAC 2016 as tabulated in ASE. Covalent radii: Cordero et al. 2008, doi:10.1039/b801115j
(0.20 A where unknown). Van der Waals radii: as tabulated in ASE (Bondi 1964,
doi:10.1021/j100785a001, and later work). Colours: Jmol's scheme, and VESTA's as tabulated in
pymatgen. A table of our own, because the window starts without importing ASE.
"""

import numpy as np
from numpy.typing import NDArray

# symbol name mass/amu covalent/A van-der-Waals/A Jmol VESTA
_TABLE = """
X Unknown 1 0.20 - FF1493 FF1493
H Hydrogen 1.008 0.31 1.20 FFFFFF FFCCCC
He Helium 4.002602 0.28 1.40 D9FFFF FCE8CE
Li Lithium 6.94 1.28 1.82 CC80FF 86DF73
Be Beryllium 9.0121831 0.96 1.53 C2FF00 5ED77B
B Boron 10.81 0.84 1.92 FFB5B5 1FA20F
C Carbon 12.011 0.76 1.70 909090 4C4C4C
N Nitrogen 14.007 0.71 1.55 3050F8 B0B9E6
O Oxygen 15.999 0.66 1.52 FF0D0D FE0300
F Fluorine 18.998403163 0.57 1.47 90E050 B0B9E6
Ne Neon 20.1797 0.58 1.54 B3E3F5 FE37B5
Na Sodium 22.98976928 1.66 2.27 AB5CF2 F9DC3C
Mg Magnesium 24.305 1.41 1.73 8AFF00 FB7B15
Al Aluminium 26.9815385 1.21 1.84 BFA6A6 81B2D6
Si Silicon 28.085 1.11 2.10 F0C8A0 1B3BFA
P Phosphorus 30.973761998 1.07 1.80 FF8000 C09CC2
S Sulfur 32.06 1.05 1.80 FFFF30 FFFA00
Cl Chlorine 35.45 1.02 1.75 1FF01F 31FC02
Ar Argon 39.948 1.06 1.88 80D1E3 CFFEC4
K Potassium 39.0983 2.03 2.75 8F40D4 A121F6
Ca Calcium 40.078 1.76 2.31 3DFF00 5A96BD
Sc Scandium 44.955908 1.70 - E6E6E6 B563AB
Ti Titanium 47.867 1.60 - BFC2C7 78CAFF
V Vanadium 50.9415 1.53 - A6A6AB E51900
Cr Chromium 51.9961 1.39 - 8A99C7 00009E
Mn Manganese 54.938044 1.39 - 9C7AC7 A7089D
Fe Iron 55.845 1.32 - E06633 B57100
Co Cobalt 58.933194 1.26 - F090A0 0000AF
Ni Nickel 58.6934 1.24 1.63 50D050 B7BBBD
Cu Copper 63.546 1.32 1.40 C88033 2247DC
Zn Zinc 65.38 1.22 1.39 7D80B0 8F8F81
Ga Gallium 69.723 1.22 1.87 C28F8F 9EE373
Ge Germanium 72.63 1.20 2.11 668F8F 7E6EA6
As Arsenic 74.921595 1.19 1.85 BD80E3 74D057
Se Selenium 78.971 1.20 1.90 FFA100 9AEF0F
Br Bromine 79.904 1.20 1.85 A62929 7E3102
Kr Krypton 83.798 1.16 2.02 5CB8D1 FAC1F3
Rb Rubidium 85.4678 2.20 3.03 702EB0 702EB0
Sr Strontium 87.62 1.95 2.49 00FF00 00FF00
Y Yttrium 88.90584 1.90 - 94FFFF 94FFFF
Zr Zirconium 91.224 1.75 - 94E0E0 00FF00
Nb Niobium 92.90637 1.64 - 73C2C9 73C2C9
Mo Molybdenum 95.95 1.54 - 54B5B5 54B5B5
Tc Technetium 97.90721 1.47 - 3B9E9E 3B9E9E
Ru Ruthenium 101.07 1.46 - 248F8F 248F8F
Rh Rhodium 102.9055 1.42 - 0A7D8C 0A7D8C
Pd Palladium 106.42 1.39 1.63 006985 006985
Ag Silver 107.8682 1.45 1.72 C0C0C0 C0C0C0
Cd Cadmium 112.414 1.44 1.58 FFD98F FFD98F
In Indium 114.818 1.42 1.93 A67573 A67573
Sn Tin 118.71 1.39 2.17 668080 9A8EB9
Sb Antimony 121.76 1.39 2.06 9E63B5 9E63B5
Te Tellurium 127.6 1.38 2.06 D47A00 D47A00
I Iodine 126.90447 1.39 1.98 940094 940094
Xe Xenon 131.293 1.40 2.16 429EB0 429EB0
Cs Caesium 132.90545196 2.44 3.43 57178F 57178F
Ba Barium 137.327 2.15 2.49 00C900 00C900
La Lanthanum 138.90547 2.07 - 70D4FF 5AC449
Ce Cerium 140.116 2.04 - FFFFC7 FFFFC7
Pr Praseodymium 140.90766 2.03 - D9FFC7 D9FFC7
Nd Neodymium 144.242 2.01 - C7FFC7 C7FFC7
Pm Promethium 144.91276 1.99 - A3FFC7 A3FFC7
Sm Samarium 150.36 1.98 - 8FFFC7 8FFFC7
Eu Europium 151.964 1.98 - 61FFC7 61FFC7
Gd Gadolinium 157.25 1.96 - 45FFC7 45FFC7
Tb Terbium 158.92535 1.94 - 30FFC7 30FFC7
Dy Dysprosium 162.5 1.92 - 1FFFC7 1FFFC7
Ho Holmium 164.93033 1.92 - 00FF9C 00FF9C
Er Erbium 167.259 1.89 - 00E675 00E675
Tm Thulium 168.93422 1.90 - 00D452 00D452
Yb Ytterbium 173.054 1.87 - 00BF38 00BF38
Lu Lutetium 174.9668 1.87 - 00AB24 00AB24
Hf Hafnium 178.49 1.75 - 4DC2FF 4DC2FF
Ta Tantalum 180.94788 1.70 - 4DA6FF 4DA6FF
W Tungsten 183.84 1.62 - 2194D6 2194D6
Re Rhenium 186.207 1.51 - 267DAB 267DAB
Os Osmium 190.23 1.44 - 266696 266696
Ir Iridium 192.217 1.41 - 175487 175487
Pt Platinum 195.084 1.36 1.75 D0D0E0 D0D0E0
Au Gold 196.966569 1.36 1.66 FFD123 FFD123
Hg Mercury 200.592 1.32 1.55 B8B8D0 B8B8D0
Tl Thallium 204.38 1.45 1.96 A6544D A6544D
Pb Lead 207.2 1.46 2.02 575961 575961
Bi Bismuth 208.9804 1.48 2.07 9E4FB5 9E4FB5
Po Polonium 208.98243 1.40 1.97 AB5C00 AB5C00
At Astatine 209.98715 1.50 2.02 754F45 754F45
Rn Radon 222.01758 1.50 2.20 428296 428296
Fr Francium 223.01974 2.60 3.48 420066 420066
Ra Radium 226.02541 2.21 2.83 007D00 007D00
Ac Actinium 227.02775 2.15 - 70ABFA 70ABFA
Th Thorium 232.0377 2.06 - 00BAFF 00BAFF
Pa Protactinium 231.03588 2.00 - 00A1FF 00A1FF
U Uranium 238.02891 1.96 1.86 008FFF 008FFF
Np Neptunium 237.04817 1.90 - 0080FF 0080FF
Pu Plutonium 244.06421 1.87 - 006BFF 006BFF
Am Americium 243.06138 1.80 - 545CF2 545CF2
Cm Curium 247.07035 1.69 - 785CE3 785CE3
Bk Berkelium 247.07031 2.00 - 8A4FE3 8A4FE3
Cf Californium 251.07959 2.00 - A136D4 A136D4
Es Einsteinium 252.083 2.00 - B31FD4 B31FD4
Fm Fermium 257.09511 2.00 - B31FBA B31FBA
Md Mendelevium 258.09843 2.00 - B30DA6 B30DA6
No Nobelium 259.101 2.00 - BD0D87 BD0D87
Lr Lawrencium 262.11 2.00 - C70066 C70066
Rf Rutherfordium 267.122 2.00 - CC0059 CC0059
Db Dubnium 268.126 2.00 - D1004F D1004F
Sg Seaborgium 271.134 2.00 - D90045 D90045
Bh Bohrium 270.133 2.00 - E00038 E00038
Hs Hassium 269.1338 2.00 - E6002E E6002E
Mt Meitnerium 278.156 2.00 - EB0026 EB0026
Ds Darmastadtium 281.165 2.00 - EB0026 EB0026
Rg Roentgenium 281.166 2.00 - EB0026 EB0026
Cn Copernicium 285.177 2.00 - EB0026 EB0026
Nh Nihonium 286.182 2.00 - EB0026 EB0026
Fl Flerovium 289.19 2.00 - EB0026 EB0026
Mc Moscovium 289.194 2.00 - EB0026 EB0026
Lv Livermorium 293.204 2.00 - EB0026 EB0026
Ts Tennessine 293.208 2.00 - EB0026 EB0026
Og Oganesson 294.214 2.00 - EB0026 EB0026
"""

_ROWS = [line.split() for line in _TABLE.split("\n") if line]

SYMBOLS: tuple[str, ...] = tuple(row[0] for row in _ROWS)
NAMES: tuple[str, ...] = tuple(row[1] for row in _ROWS)
STANDARD_MASSES: NDArray[np.float64] = np.array([float(row[2]) for row in _ROWS])
"""amu, by atomic number."""
COVALENT_RADII: NDArray[np.float64] = np.array([float(row[3]) for row in _ROWS])
"""A, by atomic number."""
VDW_RADII: NDArray[np.float64] = np.array(
    [float(row[4]) if row[4] != "-" else np.nan for row in _ROWS]
)
"""A, by atomic number; NaN where unknown."""
ATOMIC_NUMBERS: dict[str, int] = {symbol: number for number, symbol in enumerate(SYMBOLS)}


def _colors(column: int) -> NDArray[np.float32]:
    return np.array(
        [[int(row[column][k : k + 2], 16) / 255 for k in (0, 2, 4)] for row in _ROWS],
        dtype=np.float32,
    )


JMOL_COLORS: NDArray[np.float32] = _colors(5)
"""(119, 3) red, green, blue in 0..1."""
VESTA_COLORS: NDArray[np.float32] = _colors(6)
"""(119, 3) red, green, blue in 0..1."""
