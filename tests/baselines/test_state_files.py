"""States in files, whole and broken."""

import pytest
import torch

from babilong.errors import DataError
from baselines.memory.sequences import read
from baselines.memory.state_files import load_state, save_state
from tests.baselines.tiny import tiny_memory, tokens


@pytest.mark.parametrize("memory", ["rmt", "rmt-r", "armt", "prmt"])
@pytest.mark.parametrize("segments", [0, 2])
def test_a_text_is_gone_on_with_from_a_file(tmp_path, memory, segments):
    model = tiny_memory(kind=memory)
    ids = tokens(2, 48)
    with torch.no_grad():
        state = read(model, ids[:, : 16 * segments])
    save_state(tmp_path / "new" / "state", state, {"tokens": "32"})
    loaded, about = load_state(tmp_path / "new" / "state")
    assert about == {"tokens": "32"}
    torch.testing.assert_close(loaded, state, rtol=0, atol=0)
    torch.testing.assert_close(read(model, ids[:, 16 * segments :], loaded), read(model, ids))


def test_a_state_with_a_gradient_is_saved_without(tmp_path):
    model = tiny_memory()
    save_state(tmp_path / "state", read(model, tokens(1, 16)))
    state, about = load_state(tmp_path / "state")
    assert not state["memory"].requires_grad
    assert about == {}


@pytest.mark.parametrize("content", [None, b"", b"garbage", "cut"])
def test_a_broken_file_is_named(tmp_path, content):
    file = tmp_path / "state"
    if content == "cut":
        save_state(file, tiny_memory().init_state(1))
        content = file.read_bytes()[:-10]
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DataError, match=f"Cannot read the state {file}: .* Read the text anew"):
        load_state(file)
