from __future__ import annotations

from pathlib import Path

import pytest

from babilong.errors import DataError
from babilong.hub import is_hub_id
from babilong.tokenizers import load_tokenizer


def test_hub_ids() -> None:
    assert is_hub_id("gpt2") and is_hub_id("Qwen/Qwen2.5-0.5B-Instruct")
    assert not any(map(is_hub_id, ("./gpt2", "/gpt2", "a/b/c", "", "org/", "../x")))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("./nowhere", "No folder with a tokenizer at ./nowhere"),
        ("file", "No folder with a tokenizer at file"),
        ("empty", "the folder holds no tokenizer"),
        ("broken", "Cannot read the tokenizer broken/tokenizer.json"),
        ("bare", "comes without a vocabulary"),
        ("slow", "'slow' has no fast implementation; choose one with a tokenizer.json"),
    ],
)
def test_what_is_no_tokenizer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("empty", "broken", "bare", "slow"):
        Path(folder).mkdir()
    Path("file").touch()
    Path("broken/tokenizer.json").write_text("{")
    Path("slow/tokenizer_config.json").write_text('{"tokenizer_class": "ByT5Tokenizer", "extra_ids": 0}')
    Path("bare/config.json").write_text('{"model_type": "gpt2"}')
    with pytest.raises(DataError, match=says):
        load_tokenizer(name)


def test_a_hub_out_of_reach_is_not_tried_for_long(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import huggingface_hub

    asked: list[str] = []

    def unreachable(url: str, **_: object) -> None:
        asked.append(url)
        raise ConnectionError

    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", unreachable)
    with pytest.raises(DataError, match="the hub did not give it"):
        load_tokenizer("nobody/nothing")
    assert len(asked) == 1
    assert "Retrying" not in capfd.readouterr().err
