"""The recipe of a dataset: everything that decides its samples, as a YAML file, flags, or the default `builtin`.

Example::

    recipe = load_recipe("recipe.yaml")
    print(recipe.to_yaml())

A recipe names its parts by where they lie; its `identity` names them by what they hold, the same on every machine.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from babilong import plain_yaml
from babilong.errors import DataError, UsageError, unknown

# Whoever changes what a recipe gives, changes this; `test_golden` notices.
VERSION = 1
SPLITS = ("train", "valid", "test")
VOCABULARIES = ("closed", "open")
PARTS = ("stories", "questions", "background", "avoid_collisions", "tokenizer", "prompts")
_TYPES: dict[str, tuple[type, ...]] = {
    "stories": (str,), "split": (str,), "background": (str,), "tokenizer": (str,), "prompts": (str,), "seed": (int,),
    "reserve": (int, type(None)), "answer_tokens": (int,), "depth": (tuple,), "max_story_tokens": (int,),
    "vocabulary": (str,), "distractors": (int,), "avoid_collisions": (bool, type(None)),
    "questions": (str, type(None)), "legacy": (bool,),
}  # fmt: skip

_PUBLISHED = Path(__file__).with_name("recipes") / "published.yaml"


@dataclass(frozen=True)
class Recipe:
    """What a dataset is made of.

    Attributes:
        stories: `simulate`, or a folder of official bAbI files.
        split: `train`, `valid` or `test`: which stories, and which edition of the built-in prose.
        background: `builtin`, a folder of texts, or a dataset of the hub, as `load_corpus` takes it.
        tokenizer: `builtin`, a folder or a hub id; lengths are counted in its tokens.
        prompts: `builtin`, or a YAML or JSON file.
        seed: any whole number.
        reserve: None: a length counts the whole rendered prompt and `answer_tokens`. A number: the context gets the
            length less so many tokens, whatever the prompt (the published sets reserve 300).
        answer_tokens: tokens kept free for the answer.
        depth: the part of the background in which facts are placed, both ends in [0, 1].
        max_story_tokens: stories whose prompt without background, with `answer_tokens`, takes more are left out at
            every length alike; with `distractors` so many for each of the stories.
        vocabulary: `closed`, bAbI's own words, or `open`: other people, places, things and verbs for every sample.
        distractors: how many other stories, about other people, places and things, have their facts among those of
            each sample.
        avoid_collisions: whether sentences of the background that name a person, a place or a thing of bAbI are left
            out. None: of simulated stories they are.
        questions: None, or a JSON file that lists for each task which questions of its bAbI file are asked.
        legacy: whether stories are chosen as for the published sets (see `generators.published`), which differs from
            length to length, and not by `max_story_tokens`.
    """

    stories: str = "simulate"
    split: str = "test"
    background: str = "builtin"
    tokenizer: str = "builtin"
    prompts: str = "builtin"
    seed: int = 42
    reserve: int | None = None
    answer_tokens: int = 20
    depth: tuple[float, float] = (0.0, 1.0)
    max_story_tokens: int = 1_000
    vocabulary: str = "closed"
    distractors: int = 0
    avoid_collisions: bool | None = None
    questions: str | None = None
    legacy: bool = False

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            UsageError: a value that does not fit; the message names it.
        """
        for key, types in _TYPES.items():
            value = getattr(self, key)
            if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
                raise UsageError(f"The recipe's {key} cannot be {value!r}; it is {_describe(types)}.")
        if self.split not in SPLITS:
            raise unknown("split", self.split, SPLITS)
        if self.vocabulary not in VOCABULARIES:
            raise unknown("vocabulary", self.vocabulary, VOCABULARIES)
        if self.distractors < 0:
            raise UsageError(f"The recipe's distractors cannot be {self.distractors}; it counts stories.")
        for key in ("reserve", "answer_tokens", "max_story_tokens"):
            if (getattr(self, key) or 0) < 0:
                raise UsageError(f"The recipe's {key} cannot be {getattr(self, key)}; it counts tokens.")
        if self.stories == "simulate" and (self.questions or self.legacy):
            key = "questions" if self.questions else "legacy"
            raise UsageError(f"The recipe's {key} goes with bAbI's own files; name their folder with --stories.")
        low, high = self.depth
        if not 0.0 <= low <= high <= 1.0:
            raise UsageError(f"The recipe's depth cannot be {low}-{high}; both ends lie in 0.0-1.0, in order.")

    @property
    def most_tokens(self) -> int:
        """What the facts of a sample may take: among other stories a long one is as welcome as by itself."""
        return self.max_story_tokens * (1 + self.distractors)

    def to_dict(self) -> dict[str, Any]:
        """The recipe as JSON and YAML write it."""
        return asdict(self) | {"depth": list(self.depth)}

    def to_yaml(self) -> str:
        """The recipe as YAML that `load_recipe` reads back."""
        import yaml

        return str(yaml.safe_dump(self.to_dict(), sort_keys=False, default_flow_style=None, allow_unicode=True))


def with_values(recipe: Recipe, values: Mapping[str, Any], source: str = "the recipe") -> Recipe:
    """The recipe with some values changed, as a YAML file or flags give them.

    Raises:
        UsageError: an unknown key, or a value that does not fit.
    """
    known = [field.name for field in fields(Recipe)]
    for key in values:
        if key not in known:
            raise unknown(f"key in {source}:", str(key), known)
    depth = {"depth": parse_depth(values["depth"])} if "depth" in values else {}
    return replace(recipe, **(dict(values) | depth))


def identity(recipe: Mapping[str, Any], fingerprints: Mapping[str, str]) -> dict[str, Any]:
    """What decides every sample of a recipe: its fingerprints in the place of what its parts are called.

    Args:
        recipe: as `to_dict` gives it.
        fingerprints: sha256 of what each part holds, and the generator's version.
    """
    return {key: value for key, value in recipe.items() if key not in PARTS} | dict(fingerprints)


def recipe_hash(recipe: Mapping[str, Any], fingerprints: Mapping[str, str]) -> str:
    """sha256 of the identity: the same recipe has it on every machine."""
    return hashlib.sha256(json.dumps(identity(recipe, fingerprints), sort_keys=True).encode()).hexdigest()


def load_recipe(source: str = "builtin") -> Recipe:
    """The default recipe `builtin`, the recipe `published`, or that of a YAML file.

    Raises:
        DataError: the file is missing or is no YAML.
        UsageError: there is no such recipe; or it holds an unknown key, or a value that does not fit.
    """
    import yaml

    if source == "builtin":
        return Recipe()
    path = _PUBLISHED if source == "published" else Path(source)
    if not path.suffix and not path.exists():
        raise unknown("recipe", source, ("builtin", "published", "FILE.yaml"))
    try:
        values = plain_yaml.load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise DataError(f"Cannot read the recipe {source}: {reason}.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise DataError(f"Cannot read the recipe {source}: not YAML{where}.") from error
    if not isinstance(values, dict):
        raise DataError(f"Cannot read the recipe {source}: it must map keys to values, as --print-recipe shows.")
    return with_values(Recipe(), values, source)


def parse_depth(value: Any) -> tuple[float, float]:
    """Both ends of a depth: `0.25`, `"0.0-0.5"` or `[0.0, 0.5]`.

    Example:
        >>> parse_depth("0.25"), parse_depth("0-0.5")
        ((0.25, 0.25), (0.0, 0.5))

    Raises:
        UsageError: it is none of these.
    """
    ends = value.split("-") if isinstance(value, str) else value if isinstance(value, list | tuple) else [value]
    try:
        low, high = (float(ends[0]), float(ends[-1])) if 1 <= len(ends) <= 2 else (math.nan, math.nan)
    except (TypeError, ValueError):
        low = high = math.nan
    if math.isnan(low) or math.isnan(high):
        raise UsageError(f"Unknown depth {value!r}; write one place (0.25) or a range (0.0-0.5), from 0 to 1.")
    return low, high


def _describe(types: tuple[type, ...]) -> str:
    words = {str: "text", bool: "true or false", int: "a whole number", type(None): "empty", tuple: "a pair of numbers"}
    return " or ".join(words[t] for t in types)
