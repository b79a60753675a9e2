"""Recipes by name or from a YAML file, with fields changed on the way.

load_recipe("rmt-gpt2", ["seed=3", "stages.0.steps=10"])
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from babilong import plain_yaml
from babilong.errors import DataError, UsageError, unknown
from babilong.fields import made
from baselines.training.recipe import Lora, Recipe, Validation
from baselines.training.stage import Stage


def bundled() -> dict[str, Path]:
    """The recipes that come with the package."""
    folder = Path(str(files("baselines").joinpath("recipes")))
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}


def load_recipe(name: str, changes: Sequence[str] = ()) -> Recipe:
    """A bundled recipe by name, or one from a YAML file.

    Args:
        name: of the recipe, or a path.
        changes: `key=value` each, the key with dots for what is inside (`stages.0.steps`), the value in YAML.

    Raises:
        UsageError: there is no such recipe, or a key is not one.
        DataError: the file is not YAML, or has missing or unfit keys.
    """
    import yaml

    file = bundled().get(name, Path(name))
    if not file.is_file():
        raise unknown("training recipe", name, bundled())
    try:
        text = file.read_text("utf-8")
        content = plain_yaml.load(text)
        if changes:
            for change in changes:
                key, equals, value = change.partition("=")
                if not equals:
                    raise UsageError(f"A change of a recipe is written key=value, not {change!r}.")
                _change(content, key, plain_yaml.load(value), name)
            # What a checkpoint was trained by has to stand beside it as it was.
            text = f"# {name} with {', '.join(changes)}\n" + yaml.safe_dump(content, sort_keys=False)
        return make_recipe(content, name, text)
    except (yaml.YAMLError, KeyError, AttributeError, TypeError, ValueError) as error:
        raise DataError(f"The training recipe {name} is broken: {error}.") from error


def make_recipe(content: dict[str, Any], where: str, text: str = "") -> Recipe:
    """A recipe from what its YAML holds.

    Raises:
        UsageError: a key is not one, or two do not go together.
        DataError: a value is missing or unfit.
        KeyError, TypeError: there are no stages.
    """
    values = dict(content)
    values["stages"] = tuple(made(Stage, stage, f"a stage of {where}") for stage in values["stages"])
    kinds: dict[str, type[Any]] = {"validation": Validation, "lora": Lora}
    for key, kind in kinds.items():
        if values.get(key) is not None:
            if not isinstance(values[key], dict):
                raise DataError(f"`{key}` of {where} has its settings by name, as in `{key}: {{...}}`.")
            values[key] = made(kind, values[key], f"`{key}` of {where}")
    if values.get("precision") is False:
        values["precision"] = "no"  # which is how YAML reads `no`
    if "clip_value" in values:
        values.setdefault("clip", None)
    return made(Recipe, {**values, "text": text}, where)


def _change(content: Any, key: str, value: Any, where: str) -> None:
    """Set what a key with dots names; of what is inside, all but the last part has to be there or is a new table."""
    *way, last = key.split(".")
    try:
        for part in way:
            content = content[int(part)] if isinstance(content, list) else content.setdefault(part, {})
        content[int(last) if isinstance(content, list) else last] = value
    except (IndexError, ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"There is no place {key!r} in the training recipe {where}.") from error
