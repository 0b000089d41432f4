from contextlib import suppress

import numpy as np
import pytest
import torch

from designer_app.errors import DesignerAppError, FileUnreadableError, UnsafeFileError
from designer_app.io.model_files import sniff_model
from designer_app.potentials import load_potential
from designer_app.specs.potentials import POTENTIALS
from designer_app.weights.reading import read_tensors
from designer_app.weights.safe_copy import read_copy, read_safely, write_copy

KIND = {
    "pickle": "pickle",
    "old pickle": "pickle",
    "torch": "torch",
    "legacy torch": "torch-legacy",
    "zip with code": "package",
    "torchscript": "torchscript",
    "pt2": "pt2",
    "joblib": "joblib",
    "plain joblib": "joblib",
    "object arrays": "npz",
    "sibling pickle": "potential",
}
CODE = ("torchscript", "pt2")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # TorchScript's own


def test_each_road_is_told_by_its_content(strangers_file, road):
    assert sniff_model(strangers_file(road)).kind == KIND[road]


def test_code_is_called_code(strangers_file, road):
    assert (sniff_model(strangers_file(road)).role == "code") == (road in CODE)


def test_reading_a_strangers_file_runs_nothing(strangers_file, road, mark):
    with suppress(DesignerAppError):
        read_safely(strangers_file(road))
    assert not mark.exists()


@pytest.mark.parametrize("key", [key for key in POTENTIALS if key not in ("ase", "ensemble")])
def test_no_family_runs_a_strangers_file(strangers_file, road, mark, key):
    with pytest.raises(DesignerAppError):
        load_potential(key, str(strangers_file(road)))
    assert not mark.exists()


def test_nothing_runs_where_another_package_switched_safe_loading_off(
    strangers_file, mark, in_fresh_python
):
    paths = [str(strangers_file(road)) for road in KIND]
    done = in_fresh_python(
        "from contextlib import suppress\n"
        "from pathlib import Path\n"
        "from designer_app.errors import DesignerAppError\n"
        "from designer_app.potentials import load_potential\n"
        "from designer_app.weights.safe_copy import read_safely\n"
        f"for path in {paths!r}:\n"
        "    with suppress(DesignerAppError):\n"
        "        read_safely(Path(path))\n"
        "    for key in ('chgnet', 'schnet'):\n"
        "        with suppress(DesignerAppError):\n"
        "            load_potential(key, path)\n",
        TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD="1",
    )
    assert done.returncode == 0, done.stderr
    assert not mark.exists()


@pytest.mark.parametrize("road", ["torch", "legacy torch"])
def test_weights_beside_mischief_are_taken_out_as_data(strangers_file, road, mark):
    copy = read_safely(strangers_file(road))
    assert np.array_equal(copy.arrays["w"], np.arange(6.0).reshape(2, 3))
    assert any("touch" in name or "Path" in name or "getattr" in name for name in copy.classes)
    assert not mark.exists()


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize(
    "kind", ["float64", "float32", "float16", "bfloat16", "int64", "int32", "uint8", "bool"]
)
def test_tensors_come_out_as_they_went_in(tmp_path, kind, new):
    tensor = torch.arange(24).reshape(2, 3, 4).to(getattr(torch, kind)).transpose(0, 2)[1:]
    path = tmp_path / "weights.pt"
    torch.save({"a": tensor, "b": tensor[0]}, path, _use_new_zipfile_serialization=new)
    arrays = read_safely(path).arrays
    known = tensor.float().numpy() if kind == "bfloat16" else tensor.numpy()
    assert np.array_equal(arrays["a"], known)
    assert np.array_equal(arrays["b"], known[0])


@pytest.mark.parametrize("new", [True, False])
def test_a_pickled_module_gives_the_weights_of_its_state_dict(tmp_path, new):
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.LayerNorm(4))
    path = tmp_path / "model.pt"
    torch.save(module, path, _use_new_zipfile_serialization=new)
    copy = read_safely(path)
    known = {name: each.numpy() for name, each in module.state_dict().items()}
    assert set(copy.arrays) == set(known)
    assert all(np.array_equal(copy.arrays[name], known[name]) for name in known)


def test_the_copy_is_what_was_read(tmp_path):
    path = tmp_path / "weights.pt"
    torch.save({"model": {"w": torch.ones(2, 2)}, "cutoff": 5.0, "np": np.float64(2.5)}, path)
    copy = read_safely(path)
    write_copy(tmp_path, copy)
    again = read_copy(tmp_path)
    assert np.array_equal(again.arrays["w"], np.ones((2, 2)))
    assert again.told["cutoff"] == 5.0
    assert again.told["np"] == 2.5
    assert again.source_sha256 == copy.source_sha256


def test_a_tensor_that_reaches_beyond_its_numbers_is_refused(tmp_path):
    import pickle

    class Far:
        def __reduce__(self):
            return torch._utils._rebuild_tensor_v2, (1, 0, (2,), (1,), False, {})

    path = tmp_path / "weights.pkl"
    path.write_bytes(pickle.dumps({"w": Far()}))
    with pytest.raises(UnsafeFileError):
        read_safely(path)


def test_references_to_references_do_not_fill_the_memory(tmp_path):
    import pickle

    held = [1.0]
    for _ in range(60):  # 2^60 numbers, were each reference followed
        held = [held, held]
    path = tmp_path / "weights.pkl"
    path.write_bytes(pickle.dumps(held))
    with pytest.raises(UnsafeFileError):
        read_safely(path)


@pytest.mark.parametrize("cut", [0.3, 0.7, 0.95])
@pytest.mark.parametrize("new", [True, False])
def test_a_file_that_was_cut_is_told_in_a_sentence(tmp_path, cut, new):
    path = tmp_path / "weights.pt"
    torch.save({"w": torch.ones(100)}, path, _use_new_zipfile_serialization=new)
    data = path.read_bytes()
    path.write_bytes(data[: int(cut * len(data))])
    with pytest.raises((FileUnreadableError, UnsafeFileError)):
        read_safely(path)


def test_weights_that_are_read_by_the_old_road_are_checked_too(strangers_file, mark):
    with pytest.raises(UnsafeFileError):
        read_tensors(strangers_file("torch"))
    assert not mark.exists()


def test_parts_that_are_shared_are_looked_at_once(tmp_path):
    import pickle

    held = {"leaf": 1.0}
    for _ in range(60):
        held = {"model": held, "net": held, "other": held}
    path = tmp_path / "weights.pkl"
    path.write_bytes(pickle.dumps(held))
    with pytest.raises(UnsafeFileError):
        read_safely(path)


def test_a_pickle_cannot_change_the_functions_it_may_call(tmp_path):
    from designer_app.weights import stub_unpickler

    known = stub_unpickler._codecs_encode.__defaults__
    slots = b"N}X\x0c\x00\x00\x00__defaults__X\x05\x00\x00\x00latin\x85s\x86"
    changed = b"\x80\x02c_codecs\nencode\n" + slots + b"b."
    path = tmp_path / "weights.pkl"
    path.write_bytes(changed)
    with pytest.raises(UnsafeFileError):
        read_safely(path)
    assert stub_unpickler._codecs_encode.__defaults__ == known


def test_a_card_that_does_not_fit_its_weights_is_told_in_a_sentence(tmp_path):
    from designer_app.io.potential_cards import PotentialCard
    from designer_app.weights.potential_cards import write_potential

    card = PotentialCard(
        family="schnet",
        title="wrong",
        settings={},
        elements=("Cu",),
        cutoff=4.0,
        references_eV={"Qq": 0.0},
    )
    write_potential(tmp_path, card, {"weights": np.zeros(3)})
    with pytest.raises(FileUnreadableError):
        load_potential("schnet", str(tmp_path))
