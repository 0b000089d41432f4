"""What a chemist may be looking for, as changes of a `ScreenSpec`."""

from designer_app.specs.presets import OWN, Preset

CUSTOM = (OWN, "Own rules")
PRESETS = (
    Preset(
        "cathode",
        "Cathode",
        "Energy density, a voltage that electrolytes bear, stability. Conductivity is left out: "
        "hardly any electrode reaches that of an electrolyte.",
        (("rules", "battery"), ("energy_density", 500.0), ("voltage_low", 2.0),
         ("voltage_high", 4.6), ("test_conductivity", False)),
    ),
    Preset(
        "electrolyte",
        "Solid electrolyte",
        "Conductivity and stability; what it stores does not count.",
        (("rules", "battery"), ("energy_density", 0.0), ("voltage_low", 0.0),
         ("voltage_high", 10.0), ("test_conductivity", True), ("ionic_conductivity", 1e-3)),
    ),
    Preset(
        "battery",
        "Battery material, all criteria",
        "Energy density, conductivity and stability at once. Few materials pass: the best rows "
        "are shown with the criterion that fails.",
        (("rules", "battery"), ("energy_density", 500.0), ("voltage_low", 1.0),
         ("voltage_high", 5.0), ("test_conductivity", True), ("ionic_conductivity", 1e-3)),
    ),
    Preset(
        "catalyst",
        "Catalyst",
        "Adsorption energies against the volcano of a reaction, and stability.",
        (("rules", "catalyst"),),
    ),
    Preset(
        "stability",
        "Stable material",
        "Only whether it can exist: the chance to lie near the hull, and the hull itself.",
        (("rules", "stability"),),
    ),
)  # fmt: skip
