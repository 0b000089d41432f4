import pytest

from designer_app.io.element_names import meant


@pytest.mark.parametrize(
    ("written", "symbol"),
    [
        ("Kobalt", "Co"),
        ("cobalt", "Co"),
        ("Cobald", "Co"),
        ("Eisen", "Fe"),
        ("Aluminum", "Al"),
        ("LI", "Li"),
        ("CO", "Co or C O"),
        ("co", "Co"),
        ("LiFePO4", "Li Fe P O"),
        ("Qx", ""),
    ],
)
def test_names_and_other_spellings_lead_to_the_symbol(written, symbol):
    assert meant(written) == symbol
