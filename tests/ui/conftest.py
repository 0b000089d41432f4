import pytest

from designer_app.ui.theme import Theme


@pytest.fixture(params=["light"])
def theme(qapp, request):
    made = Theme(qapp, request.param)
    yield made
    qapp.setStyleSheet("")
    made.deleteLater()
