"""Backgrounds on the Hugging Face hub, each pinned to a commit: `OWNER/NAME[/CONFIG][@REVISION][#COLUMN]`.

Example::

    pin(parse("Salesforce/wikitext/wikitext-103-raw-v1"))  # revision b08601e04326c79dfdd32d625aee71d232d685c3
    for text in hub_texts(parse("emozilla/pg19@main"), split="test"):
        print(len(text))

`datasets` says which files make up a split. Of parquet files only the row groups that are asked for are fetched, by
pyarrow: the streaming of parquet in `datasets`, left before its end, keeps the process from ending.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NoReturn

from babilong.errors import BabilongError, DataError, unknown
from generators.backgrounds.files import ENDINGS, ending, text_column, texts

_FORM = re.compile(r"(\w[\w.-]*/\w[\w.-]*)(?:/([\w.-]+))?(?:@([^@#\s]+))?(?:#(.+))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_TIMEOUT_S = 10
_SPLITS = {"train": ("train",), "valid": ("validation", "valid", "dev"), "test": ("test",)}
_WITHOUT = "`--background builtin` or a folder of texts does without the hub"


@dataclass(frozen=True, slots=True)
class HubText:
    """A column of text in a dataset of the hub.

    Attributes:
        id: `owner/name`.
        config: None: the dataset's default one.
        revision: a branch, a tag or a commit; None: the default branch.
        column: None: `text`, or else the only one that holds text.
    """

    id: str
    config: str | None
    revision: str | None
    column: str | None

    def __str__(self) -> str:
        parts = (("/", self.config), ("@", self.revision), ("#", self.column))
        return self.id + "".join(f"{mark}{part}" for mark, part in parts if part)

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a commit, whose content never changes."""
        return bool(_COMMIT.fullmatch(self.revision or ""))


def parse(name: str) -> HubText | None:
    """What a name means on the hub, or None where it has not the form of one."""
    found = _FORM.fullmatch(name)
    return HubText(*found.groups()) if found else None


def pin(text: HubText) -> HubText:
    """The text with the commit at which its revision stands now; the hub is asked unless it is one already.

    Raises:
        DataError: the hub cannot be reached, or has no such dataset or revision.
    """
    return text if text.is_pinned else replace(text, revision=_commit(text))


def hub_texts(text: HubText, split: str) -> Iterator[str]:
    """The texts of a split in their order, fetched as they are asked for.

    Args:
        text: where they are.
        split: `train`, `valid` or `test`; of a dataset that has but one, that.

    Raises:
        DataError: the hub cannot be reached, or the dataset does not have that config, split or column.
        UsageError: there are several splits, and none is the one asked for.
    """
    _commit(text)  # the libraries below would try for a minute before they say that there is no network
    try:
        yield from _texts(text, split)
    except BabilongError:
        raise
    except Exception as error:  # of each library, and of whatever client they use
        raise DataError(f"Cannot read the background {text}: {_said(error)}; {_WITHOUT}.") from error


def _texts(text: HubText, split: str) -> Iterator[str]:
    import datasets
    from huggingface_hub import HfFileSystem

    builder = datasets.load_dataset_builder(text.id, text.config, revision=text.revision)
    files = builder.config.data_files
    chosen = _split(list(files), split, text)
    if all(ending(file) in ENDINGS for file in files[chosen]):
        for file in files[chosen]:
            with HfFileSystem().open(file, "rb") as opened:
                yield from texts(opened, file, text.column)
        return
    column: str | None = None
    for row in builder.as_streaming_dataset(split=chosen):
        column = column or text_column([key for key in row if isinstance(row[key], str)], str(text), text.column)
        yield row[column] or ""


def _split(names: list[str], split: str, text: HubText) -> str:
    for name in _SPLITS[split]:
        if name in names:
            return name
    if len(names) != 1:
        raise unknown(f"split of {text}:", split, names)
    return names[0]


def _commit(text: HubText) -> str:
    from huggingface_hub import HfApi

    try:
        return str(HfApi().dataset_info(text.id, revision=text.revision, timeout=_TIMEOUT_S).sha)
    except Exception as error:  # whatever the client in use raises
        _explain(text, error)


def _said(error: Exception) -> str:
    """What a library said, on one line, without the example that may follow."""
    words = " ".join(str(error).partition("Example of usage")[0].split()) or type(error).__name__
    return words[:300].rstrip(".")


def _explain(text: HubText, error: Exception) -> NoReturn:
    from huggingface_hub import constants, errors

    answers: tuple[tuple[type[Exception], str], ...] = (
        (errors.GatedRepoError, "its owner gives access on request: ask on its page, and set HF_TOKEN"),
        (errors.RepositoryNotFoundError, "there is no such folder here, and no such dataset on the hub or no access"),
        (errors.RevisionNotFoundError, f"it has no revision {text.revision!r}"),
        (errors.HfHubHTTPError, _said(error)),
    )
    for kind, reason in answers:
        if isinstance(error, kind):
            raise DataError(f"Cannot read the background {text}: {reason}; {_WITHOUT}.") from error
    raise DataError(
        f"Cannot read the background {text}: there is no such folder here, and the hub ({constants.ENDPOINT}) does not "
        f"answer; {_WITHOUT}."
    ) from error
