"""Verification: a dataset made again from the recipe in its manifest, and compared sample by sample.

Example::

    print(verify(Path("data/novels"), {"background": "/elsewhere/books"}))

Beside that every file is hashed, facts are looked up at their offsets, finished prompts are encoded and counted, and
questions are answered by the solvers. What needs a part of the recipe that cannot be had here is left out, and said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NoReturn

from babilong.errors import BabilongError, DataError, UsageError, VerificationError
from babilong.lengths import tokens
from babilong.sample import Sample
from generators.dataset import Dataset, open_dataset
from generators.kitchen import FINGERPRINTS, Kitchen
from generators.manifest import NAME, Cell, File
from generators.progress import bar
from generators.recipe import recipe_hash, with_values
from generators.stories.solve import solve
from generators.stories.story import Story

PLACES = ("stories", "questions", "background", "tokenizer", "prompts")
_OF_STORY = {"question": "question", "target": "answer", "facts": "facts", "supporting": "supporting",
             "story_source": "source", "labels": "labels"}  # fmt: skip
_SHOWN = 60


def verify(
    folder: Path,
    elsewhere: Mapping[str, str] | None = None,
    tasks: Sequence[str] | None = None,
    lengths: Sequence[str] | None = None,
) -> str:
    """Check all that can be checked of a dataset; stop at the first thing that differs.

    Args:
        folder: the dataset.
        elsewhere: where parts of its recipe lie now (keys of `PLACES`), such as a folder that was moved.
        tasks: the tasks whose samples are checked; None: all that are there.
        lengths: their lengths, likewise.

    Returns:
        What was checked, and what could not be.

    Raises:
        VerificationError: a file, the recipe or a sample is not what the manifest says; the message names it.
        DataError: the folder holds no dataset, or a part given in `elsewhere` cannot be read.
        UsageError: `elsewhere` names something else than a part, or none of the tasks and lengths is there.
    """
    given = dict(elsewhere or {})
    for key in given:
        if key not in PLACES:
            flag = key.replace("_", "-")
            raise UsageError(f"--verify takes the recipe from the manifest; leave out --{flag}.")
    dataset = open_dataset(folder)
    manifest = dataset.manifest
    if recipe_hash(manifest.recipe, manifest.fingerprints) != manifest.recipe_hash:
        raise VerificationError(f"The recipe in {folder / NAME} is not the one that its recipe_hash is of.")
    kitchen = Kitchen(with_values(dataset.recipe, given))
    cells = [c for c in manifest.cells if c.task in (tasks or (c.task,)) and c.length in (lengths or (c.length,))]
    if not cells:
        raise UsageError(f"The dataset in {folder} has none of the tasks and lengths asked for; leave out -t and -l.")
    dataset = Dataset(folder, replace(manifest, cells=tuple(cells)))
    missing = _missing_parts(kitchen, dataset, given)
    disputed = 0
    with bar(f"Verifying {folder}", unit="tok", total=sum(c.rows * int(c.mean_tokens) for c in cells)) as advance:
        for cell in cells:
            for file in cell.files:
                _check_rows(folder, file)
            for disputes in _check_cell(dataset, kitchen, missing, cell):
                disputed += disputes
                advance(int(cell.mean_tokens))
    return _summary(dataset, missing, disputed)


def _missing_parts(kitchen: Kitchen, dataset: Dataset, given: Mapping[str, str]) -> dict[str, str]:
    """The parts of the recipe that cannot be had here, and why."""
    missing: dict[str, str] = {}
    manifest = dataset.manifest
    for part, fingerprint in FINGERPRINTS.items():
        try:
            found = fingerprint(kitchen)
        except BabilongError as error:
            if part in given or (part == "stories" and "questions" in given):
                raise
            missing[part] = str(error)
            continue
        if found != manifest.fingerprints.get(part):
            there = f", {given[part]}," if part in given else ""
            mend = f"give the right one with --{part}, or verify" if part in PLACES else "verify"
            raise VerificationError(
                f"The {part} here{there} is not what {dataset.folder / NAME} says ({found[:8]}, not "
                f"{str(manifest.fingerprints.get(part))[:8]}); {mend} with babilong {manifest.version}, which made it."
            )
    if not missing.keys() & {"background", "tokenizer"}:
        try:
            for cell in manifest.cells:
                kitchen.store(cell.length)
        except BabilongError as error:  # a dataset of the hub is known by its commit, yet cannot be fetched
            if "background" in given:
                raise
            missing["background"] = str(error)
    return missing


def _check_rows(folder: Path, file: File) -> None:
    """A row more than the manifest says would never be read here."""
    path = folder / file.path
    if path.suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            rows = pq.read_metadata(path).num_rows
        except pa.ArrowInvalid as error:
            raise VerificationError(f"The file {path} cannot be read ({error}); generate it again.") from error
    else:
        with open(path, "rb") as lines:
            rows = sum(1 for _ in lines)
    if rows != file.rows:
        raise VerificationError(f"The file {path} has {rows} rows, the manifest says {file.rows}; generate it again.")


def _check_cell(dataset: Dataset, kitchen: Kitchen, missing: Mapping[str, str], cell: Cell) -> Iterator[int]:
    """Check the samples of a cell; for each, whether the solver disputes an official answer."""
    stories: tuple[Story, ...] = ()
    if "stories" not in missing:
        try:
            stories = kitchen.stories(cell.task, cell.rows, cell.length).chosen
        except UsageError as error:
            raise VerificationError(f"The rows of {cell.task} at {cell.length} cannot be: {error}") from error
        if len(stories) != cell.rows:
            raise VerificationError(f"There are {len(stories)} rows of {cell.task} at {cell.length}, not {cell.rows}.")
    needed = missing.keys() - ({"background"} if not tokens(cell.length) else set())
    made = () if needed else kitchen.haystacks(cell.task, cell.length, stories)
    again = iter(made)
    samples = dataset.samples(cell.task, cell.length)
    for index in range(cell.rows):
        where = f"{cell.task}/{cell.length}/{index}"
        sample = next(samples, None)
        if sample is None:
            raise VerificationError(f"The sample {where} is not there; generate it again.")
        try:
            _check_offsets(sample, where)
            _check_tokens(sample, where, kitchen, missing, remade=not needed)
            disputed = _check_answer(sample, where, kitchen)
        except (TypeError, ValueError, AttributeError) as error:
            raise VerificationError(f"The sample {where} is broken ({error}); generate it again.") from error
        if not needed:
            expected = next(again).sample()
            _compare(where, {f.name: (getattr(sample, f.name), getattr(expected, f.name)) for f in fields(Sample)})
        elif stories:
            told = stories[index]
            _compare(where, {key: (getattr(sample, key), getattr(told, of)) for key, of in _OF_STORY.items()})
        yield disputed


def _check_offsets(sample: Sample, where: str) -> None:
    if len(sample.facts) != len(sample.fact_offsets):
        _differ(where, f"it has {len(sample.facts)} facts and {len(sample.fact_offsets)} fact_offsets")
    end = 0
    for number, (fact, offset) in enumerate(zip(sample.facts, sample.fact_offsets, strict=True)):
        if offset < end or not sample.input.startswith(fact, offset):
            _differ(where, f"fact {number} does not stand at {offset}, as its fact_offsets say")
        end = offset + len(fact)


def _check_tokens(sample: Sample, where: str, kitchen: Kitchen, missing: Mapping[str, str], remade: bool) -> None:
    """Encode the finished texts and count: what has a limit, and where samples are not made again, the other too."""
    recipe = kitchen.recipe
    kept_free = {"n_tokens": recipe.reserve, "prompt_tokens": recipe.answer_tokens if recipe.reserve is None else None}
    for name, kept in kept_free.items():
        if (kept is None and remade) or "tokenizer" in missing or (name == "prompt_tokens" and "prompts" in missing):
            continue
        prompt = name == "prompt_tokens"
        text = kitchen.prompts.render(sample.task, sample.input, sample.question) if prompt else sample.input
        found, said = sum(map(len, kitchen.tokenizer.encode_pieces(text))), getattr(sample, name)
        if found != said:
            _differ(where, f"its {name} is {said}, its {'prompt' if prompt else 'input'} has {found}")
        if kept is not None and 0 < tokens(sample.length) < found + kept:
            _differ(where, f"{found} {name} and {kept} kept free exceed its length")


def _check_answer(sample: Sample, where: str, kitchen: Kitchen) -> bool:
    """Whether the solver disputes an answer of bAbI's own files, some of which the text leaves open."""
    try:
        answer, supporting = solve(sample.task, sample.facts, sample.question)
    except DataError as error:
        answer, supporting = str(error), ()
    if (answer, supporting) == (sample.target, sample.supporting):
        return False
    if kitchen.recipe.stories == "simulate":
        _differ(
            where,
            f"its target is {_shown(sample.target)} from facts {list(sample.supporting)}; the solver's answer is "
            f"{_shown(answer)} from {list(supporting)}",
        )
    return True


def _compare(where: str, pairs: Mapping[str, tuple[Any, Any]]) -> None:
    for name, (found, expected) in pairs.items():
        if found == expected and type(found) is type(expected):
            continue
        if isinstance(found, str) and isinstance(expected, str) and max(len(found), len(expected)) > _SHOWN:
            same = next((i for i, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b), None)
            place = min(len(found), len(expected)) if same is None else same
            _differ(where, f"its {name} is another from character {place} on than the one made again")
        _differ(where, f"its {name} is {_shown(found)}, made again it is {_shown(expected)}")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _differ(where: str, what: str) -> NoReturn:
    raise VerificationError(f"The sample {where} differs: {what}.")


def _summary(dataset: Dataset, missing: Mapping[str, str], disputed: int) -> str:
    cells = dataset.manifest.cells
    files, samples = sum(len(cell.files) for cell in cells), sum(cell.rows for cell in cells)
    words = [f"{dataset.folder}: {files} files and {samples} samples are as the manifest says"]
    words.append(". " if missing else ", each made again from the recipe. ")
    if missing:
        parts = " and ".join(f"without the {part} ({reason.rstrip('.')})" for part, reason in missing.items())
        words.append(f"Samples could not be made again {parts}. ")
    if disputed:
        words.append(
            f"The solver answers {disputed} of {samples} questions otherwise than bAbI's files, which leave some open."
        )
    return "".join(words).rstrip()
