import pytest

from designer_app.specs.naming import called


@pytest.mark.parametrize(
    ("potential", "model", "name"),
    [
        ("chgnet", "0.3.0", "chgnet 0.3.0"),
        ("gap", "GAP for Si", "GAP for Si"),
        ("core-shell", "", "core-shell"),
        ("a-foreign-one", "x", "a-foreign-one x"),
    ],
)
def test_no_family_is_named_twice(potential, model, name):
    assert called(potential, model) == name
