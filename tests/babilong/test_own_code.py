"""Code of users: found by file or module, run as it stands now, and its errors told with their line."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from babilong.errors import UsageError
from babilong.own_code import named, read_source, told


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])


def find(name: str) -> object:
    return named(name, "the thing")[0]


def test_a_file_is_run_once_and_again_when_it_has_changed() -> None:
    file = Path("mine.py")
    file.write_text("made = [1]\n")
    assert find("mine.py:made") is find(f"{file.resolve()}:made")
    file.write_text("made = [2]\n")  # of the same size, within the same second
    assert find("mine.py:made") == [2]
    assert read_source(file).sha256 == hashlib.sha256(b"made = [2]\n").hexdigest()
    assert [path.name for path in Path().iterdir()] == ["mine.py"]  # nothing compiled lies about


def test_what_lies_beside_a_file_can_be_imported_but_hides_no_package() -> None:
    Path("folder").mkdir()
    Path("folder/json.py").write_text("1 / 0\n")
    Path("folder/beside_own_code.py").write_text("x = 3\n")
    Path("folder/mine.py").write_text("import json\nfrom beside_own_code import x\nfound = (json.dumps(x), __file__)\n")
    assert find("folder/mine.py:found") == ("3", str(Path("folder/mine.py").resolve()))


def test_annotations_are_evaluated_as_the_file_says() -> None:
    Path("mine.py").write_text("def answer(x: int) -> str: ...\n")
    assert find("mine.py:answer").__annotations__ == {"x": int, "return": str}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("x = 1\nx = (\n", r"SyntaxError: '\(' was never closed \(mine.py, line 2\)\."),
        ("def f():\n    return 1 / 0\n\nf()\n", "mine.py, line 2: ZeroDivisionError: division by zero."),
        ("import json\njson.loads('{')\n", "mine.py, line 2: JSONDecodeError: Expecting property name .*"),
        ("assert False\n", "mine.py, line 1: AssertionError."),
        ("import no_such_module\n", "mine.py, line 1: ModuleNotFoundError: No module named 'no_such_module'."),
        ("open('none.pt')\n", "mine.py, line 1: FileNotFoundError: No such file or directory: none.pt."),
        ("import sys\nsys.exit(2)\n", "mine.py, line 2: SystemExit: 2."),
        (b"\xff", "SyntaxError: .*"),
        ("def other(): ...\nclass More: ...\nsaid = 'x'\n", "mine.py has no thing; it defines other, More."),
        ("", "mine.py has no thing; it defines nothing."),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(code: str | bytes, reason: str) -> None:
    Path("mine.py").write_bytes(code if isinstance(code, bytes) else code.encode())
    with pytest.raises(UsageError, match=f"^Cannot find the thing: {reason}$"):
        find("mine.py:thing")
    known = {name.partition("@")[0] for name in sys.modules}
    assert (str(Path("mine.py").resolve()) in known) == ("has no" in reason)  # what failed is forgotten


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none.py:thing", "FileNotFoundError: No such file or directory: none.py."),
        (".py:thing", "FileNotFoundError: No such file or directory: .py."),
        ("mine.py", "AttributeError: it is written module:NAME or file.py:NAME."),
        ("mine.py:", "AttributeError: it is written module:NAME or file.py:NAME."),
        ("no_such_module:thing", "ModuleNotFoundError: No module named 'no_such_module'."),
        ("math:thing", "math has no thing; it defines acos, acosh, asin and .* more."),
    ],
)
def test_what_there_is_not_is_told(name: str, reason: str) -> None:
    with pytest.raises(UsageError, match=f"^Cannot find the thing: {reason}$"):
        find(name)


def test_the_line_is_that_of_the_file_however_deep_the_error() -> None:
    Path("mine.py").write_text("import json\n\ndef read(text):\n    return json.loads(text)\n")
    try:
        find("mine.py:read")("{")  # type: ignore[operator]
    except ValueError as error:
        assert told(error, read_source(Path("mine.py"))).startswith("mine.py, line 4: JSONDecodeError: Expecting")
        assert told(error, None).startswith("JSONDecodeError: Expecting")
