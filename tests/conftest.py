"""What every test needs: one thread, no network, no leftovers, a Qt that can share GL contexts."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
if "DISPLAY" not in os.environ and os.name == "posix":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest  # noqa: E402 - the environment must stand before anything imports numpy or Qt
from hypothesis import HealthCheck, settings  # noqa: E402

settings.register_profile(
    "default",
    deadline=None,  # the machine may be busy, and no test asserts a time
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    derandomize=True,
)
settings.load_profile("default")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-slow", action="store_true", help="run the long physics tests too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--run-slow"):
        return
    skip = pytest.mark.skip(reason="long; a smaller form of it always runs (--run-slow runs it)")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session", autouse=True)
def shared_gl_contexts() -> None:
    """A canvas that is re-parented keeps its GL context only with this attribute."""
    from PySide6.QtCore import QCoreApplication, Qt

    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)


@pytest.fixture(scope="module")
def window_collects(qapp: object) -> Iterator[None]:
    """Garbage is collected as in the program: in this thread, or Qt objects die in another."""
    from designer_app.ui.collector import Collector

    collector = Collector()
    collector.start()
    yield
    gc.collect()
    collector.stop()


@pytest.fixture
def make_link() -> Callable[[Path, Path], None]:
    """Makes a symbolic link (first) to a file or folder; skips where the user may make none."""

    def make(link: Path, target: Path) -> None:
        try:
            link.symlink_to(target, target_is_directory=target.is_dir())
        except OSError:  # Windows without developer mode
            pytest.skip("this user may not make symbolic links")

    return make


@pytest.fixture(autouse=True)
def folders_of_the_user(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Settings and projects of a test go to a folder of its own, never to the user's."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("DESIGNER_APP_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of measured and published data, or a skip with its reason."""
    named = os.environ.get("DESIGNER_APP_DATA", "")
    if not named or not Path(named).is_dir():
        pytest.skip("DESIGNER_APP_DATA names no folder")
    return Path(named)
