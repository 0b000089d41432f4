import sys

import pytest

from designer_app.cli.benches import peer_program
from designer_app.cli.benches.peer_program import PeerProgram

TALKS = """
import json, sys
sys.stderr.write("w" * 300_000 + "\\n")
print(json.dumps({"version": "1"}), flush=True)
for line in sys.stdin:
    if line.strip() == "end":
        sys.exit("it broke")
    print(json.dumps({"seconds": 2.0}), flush=True)
"""


@pytest.fixture
def peer(tmp_path, monkeypatch):
    (tmp_path / "talks.py").write_text(TALKS)
    monkeypatch.setattr(peer_program, "__file__", str(tmp_path / "peer_program.py"))
    monkeypatch.setenv("PEER_PYTHON", sys.executable)
    with PeerProgram("talks.py", "PEER_PYTHON", {}, {}, tmp_path) as started:
        yield started


def test_a_program_that_complains_much_still_answers(peer):
    assert peer.said["version"] == "1"
    assert peer.seconds("go") == 2.0


def test_the_last_words_of_a_program_that_ended_are_told(peer):
    with pytest.raises(RuntimeError, match="it broke"):
        peer.seconds("end")
