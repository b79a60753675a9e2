"""The kitchen: a recipe with its parts fetched, and samples made from it.

Example::

    kitchen = Kitchen(Recipe())
    stories = kitchen.stories("qa1", 100).chosen
    for haystack in kitchen.haystacks("qa1", "128k", stories):
        print(haystack.sample().id)

A sample is a pure function of recipe, task, length and index: any subset, in any order, gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import islice

from babilong.errors import UsageError
from babilong.lengths import tokens as tokens_of
from babilong.prompts import PromptSet, load_prompts
from babilong.sample import Sample
from babilong.tokenizers import Tokenizer, load_tokenizer
from generators.backgrounds import collisions
from generators.backgrounds.corpus import load_corpus, pinned
from generators.backgrounds.passage import Passage
from generators.backgrounds.store import Store, open_store
from generators.haystack import Budget, Haystack, bury
from generators.progress import bar
from generators.published import published_stories
from generators.recipe import VERSION, Recipe, recipe_hash
from generators.ruler import Frame, Ruler
from generators.stories.lexicon import CLOSED
from generators.stories.open_words import open_lexicon
from generators.stories.story import Story
from generators.story_source import StorySource, open_source
from generators.streams import Stream


@dataclass(frozen=True, slots=True)
class Stories:
    """The stories of a task, index by index.

    Attributes:
        chosen: the stories.
        left_out: how many came up on the way and were left out, being too long.
        least_length: the length in tokens that holds each of them.
    """

    chosen: tuple[Story, ...]
    left_out: int
    least_length: int


class Kitchen:
    """A recipe at work; its parts are fetched when first needed.

    Attributes:
        recipe: what is made; a background on the hub is pinned to a commit.

    Raises:
        DataError: the hub, which knows the commit, cannot be reached.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = replace(recipe, background=pinned(recipe.background))
        self._stores: dict[str, Store] = {}
        self._chosen: dict[tuple[str, int, str], Stories] = {}
        self._frame = lru_cache(1 << 12)(lambda task, question: Frame(*self.prompts.frame(task, question)))

    @cached_property
    def source(self) -> StorySource:
        """Where the recipe's stories come from."""
        return open_source(self.recipe)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The recipe's tokenizer."""
        return load_tokenizer(self.recipe.tokenizer)

    @cached_property
    def prompts(self) -> PromptSet:
        """The recipe's prompts."""
        return load_prompts(self.recipe.prompts)

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """What each part of the recipe holds, as a hash that does not depend on where it lies."""
        return {part: of(self) for part, of in FINGERPRINTS.items()}

    @cached_property
    def recipe_hash(self) -> str:
        """sha256 of everything that decides a sample: the same recipe has it on every machine."""
        return recipe_hash(self.recipe.to_dict(), self.fingerprints)

    def stories(self, task: str, samples: int, length: str = "0k") -> Stories:
        """The first `samples` stories of a task, the same at every length.

        Those of a `legacy` recipe depend on the length; where they are fewer, all are given.

        Raises:
            UsageError: the task cannot be simulated, or there are not so many stories.
            DataError: the story files are missing or broken.
        """
        key = task, samples, length if self.recipe.legacy else ""
        if key not in self._chosen:
            self._chosen[key] = self._published(*key) if self.recipe.legacy else self._fitting(task, samples)
        return self._chosen[key]

    def _published(self, task: str, samples: int, length: str) -> Stories:
        every = list(next(self.source.tries(task)))
        asked = published_stories(every, task, length, self.recipe.reserve or 0, listed=bool(self.recipe.questions))
        if not asked:
            raise UsageError(f"{task} has no story short enough for {length}; ask for a longer length.")
        chosen = tuple(asked[:samples])
        return Stories(chosen, len(every) - len(asked), max(map(self._least_length, chosen)))

    def _fitting(self, task: str, samples: int) -> Stories:
        chosen: list[Story] = []
        left_out, most = 0, self.recipe.most_tokens
        with bar(f"Choosing stories of {task}", unit="story", total=samples) as advance:
            for tries in islice(self.source.tries(task), samples):
                for story in tries:
                    if self._fits(story):
                        chosen.append(story)
                        break
                    left_out += 1
                else:
                    raise UsageError(
                        f"{task} has {len(chosen)} stories of at most {most} tokens, not {samples}; "
                        "ask for fewer --samples or more --max-story-tokens."
                    )
                advance(1)
        least_length = max(map(self._least_length, chosen), default=0)
        return Stories(tuple(chosen), left_out, least_length)

    def check(self, task: str, length: str, stories: Stories) -> None:
        """Refuse a length that cannot hold every story.

        Raises:
            UsageError: it cannot; the message says how long it must be.
        """
        size = tokens_of(length)
        if 0 < size < stories.least_length:
            raise UsageError(
                f"{task} does not fit into {length}: its stories need up to {stories.least_length} tokens; ask for a "
                "longer length, or leave long stories out with --max-story-tokens."
            )

    def store(self, length: str) -> Store | None:
        """The token store for a length, built if need be; None for `0k`.

        Raises:
            DataError: the background cannot be read, or the cache folder not be written to.
        """
        size = tokens_of(length)
        if not size:
            return None
        if length not in self._stores:
            corpus = load_corpus(self.recipe.background, self.recipe.split, size)
            self._stores[length] = open_store(
                corpus, self.tokenizer, avoid=self.avoids_collisions, words=self.collision_words
            )
        return self._stores[length]

    def check_background(self, length: str) -> None:
        """Refuse a length that would show the same sentences of the background again.

        Raises:
            UsageError: it would; the message says how many tokens there are.
            DataError: the background cannot be read, or the cache folder not be written to.
        """
        size, store = tokens_of(length), self.store(length)
        if store and store.n_tokens < size:
            raise UsageError(
                f"The background {self.recipe.background} has {store.n_tokens:,} tokens, and {length} is {size:,}: "
                "sentences would repeat; give it more text, ask for shorter lengths, or go on with --allow-repeats."
            )

    def haystacks(self, task: str, length: str, stories: Sequence[Story], start: int = 0) -> Iterator[Haystack]:
        """The samples of some stories, the first of which has the index `start`.

        Raises:
            UsageError: a story does not fit.
            DataError: a part of the recipe cannot be fetched.
        """
        size = tokens_of(length)
        store = self.store(length)
        ruler = Ruler(self.tokenizer, store.additive) if store else self._ruler
        for index, story in enumerate(stories, start):
            stream = Stream("haystack", VERSION, self.recipe.seed, task, length, index)
            low, high = self.recipe.depth
            places = sorted(low + (high - low) * stream.random() for _ in story.facts)
            frame = self._frame(task, story.question)
            yield bury(
                story,
                Passage(store, stream) if store else None,
                places,
                ruler,
                frame,
                Budget(size - self.recipe.answer_tokens, frame)
                if self.recipe.reserve is None
                else Budget(size - self.recipe.reserve, Frame()),
                length=length,
                index=index,
            )

    def samples(self, task: str, length: str, samples: int) -> Iterator[Sample]:
        """The first `samples` samples of a task at a length.

        Raises:
            UsageError: there are not so many stories, or one does not fit.
            DataError: a part of the recipe cannot be fetched.
        """
        stories = self.stories(task, samples, length)
        self.check(task, length, stories)
        for haystack in self.haystacks(task, length, stories.chosen):
            yield haystack.sample()

    @property
    def avoids_collisions(self) -> bool:
        """Whether sentences of the background that name a person, a place or a thing of bAbI are left out."""
        asked = self.recipe.avoid_collisions
        return self.recipe.stories == "simulate" if asked is None else asked

    @cached_property
    def collision_words(self) -> collisions.Words:
        """The words of its stories that the background had better not have."""
        if self.recipe.vocabulary == "closed" and not self.recipe.distractors:
            return collisions.BABI_WORDS
        return collisions.words_of(CLOSED, open_lexicon(self.recipe.split))

    @cached_property
    def _ruler(self) -> Ruler:
        return Ruler(self.tokenizer, self.tokenizer.additive)

    def _prompt_tokens(self, story: Story) -> int:
        return self._ruler.whole(self._frame(story.task, story.question), story.facts)

    def _least_length(self, story: Story) -> int:
        if self.recipe.reserve is None:
            return self._prompt_tokens(story) + self.recipe.answer_tokens
        return self._ruler.whole(Frame(), story.facts) + self.recipe.reserve

    def _fits(self, story: Story) -> bool:
        return self._prompt_tokens(story) + self.recipe.answer_tokens <= self.recipe.most_tokens


FINGERPRINTS: dict[str, Callable[[Kitchen], str]] = {
    "generator": lambda kitchen: str(VERSION),
    "stories": lambda kitchen: kitchen.source.fingerprint,
    "background": lambda kitchen: load_corpus(kitchen.recipe.background, kitchen.recipe.split).fingerprint,
    "avoid_collisions": lambda k: collisions.fingerprint(k.collision_words) if k.avoids_collisions else "no",
    "tokenizer": lambda kitchen: kitchen.tokenizer.fingerprint,
    "prompts": lambda kitchen: kitchen.prompts.hash,
}
