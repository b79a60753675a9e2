"""Whole sentences of English prose, by nltk's Punkt with abbreviations of our own and nothing downloaded.

Example:
    >>> split_sentences('"Is Mr. Dorrit in?" asked Clennam. "Come at 5 p.m. today." He went.')
    ['"Is Mr. Dorrit in?" asked Clennam.', '"Come at 5 p.m. today."', 'He went.']
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nltk.tokenize.punkt import PunktSentenceTokenizer

VERSION = 1

# Lower case and without the last full stop. Initials ("J. Smith") are known to Punkt itself.
_ABBREVIATIONS = """
    mr mrs ms messrs mme mlle mdme dr drs st ste sr jr esq rev revd hon rt prof pres gov sen sec treas supt
    capt col lieut lt gen maj sergt sgt serg corp adm comdr brig ens bros co ltd inc
    nos vol vols ch chap chaps pp pt pts fig figs sect art ver vv ed eds edit trans op cit ibid cf viz vide sc
    al approx ca circ dept govt misc ms mss ult inst prox tem anon
    i.e e.g p.m a.m a.d b.c m.d ph.d d.d ll.d m.p m.a b.a f.r.s u.s u.k u.s.a n.b p.s r.n h.m h.m.s w.c e.c
    jan feb mar apr aug sept oct nov dec ft hrs oz lb lbs cwt wt deg lat long geo wm chas jas jos thos robt saml benj
"""
# After an abbreviation, these begin a new sentence when they are capitalised ("at 5 p.m. He went").
_STARTERS = "he she it they we you the this that these those there then but and so when what where why how if as in at"
# A sentence that would begin like this is the rest of the one before.
_GOES_ON = re.compile(r"[.?!,;:)]|(?=\w)[^A-Z\d_]")
# The letters right before a possible end of sentence.
_LAST_WORD = re.compile(r"[^.?!]*?([^\W\d_]{2,})[.?!](?!\.)")


@cache
def _punkt() -> PunktSentenceTokenizer:
    from nltk.tokenize.punkt import PunktLanguageVars, PunktParameters, PunktSentenceTokenizer

    class BookEnglish(PunktLanguageVars):  # type: ignore[misc]
        # Written out in full, so that every version of nltk splits alike.
        # Every kind of quote and dash parts words, or '“Mr.' is no abbreviation.
        _re_word_start = r"[^\(\"\`{\[:;&\#\*@\)}\]\-,'“‘”’–—]"
        _re_non_word_chars = r"(?:[)\";}\]\*:@\'\({\[“‘”’«»–—?!])"
        # Of the next word only its beginning: a "?" at its end is no reason to break before it ("Mr. Dorrit?").
        _period_context_fmt = r"%(SentEndChars)s(?=(?P<after_tok>%(NonWord)s|\s+(?P<next_tok>\S[^\s.?!]*)))"
        re_boundary_realignment = re.compile(r"[\"')\]}‘’“”«»]+?(?:\s+|(?=--)|$)", re.MULTILINE)

        def period_context_re(self) -> re.Pattern[str]:
            # By Python's own engine: nltk's gives up on a text after five seconds, of which 11M tokens take more.
            return re.compile(super().period_context_re().pattern, re.UNICODE | re.VERBOSE)

    abbreviations = frozenset(_ABBREVIATIONS.split())

    class Quick(PunktSentenceTokenizer):  # type: ignore[misc]
        def text_contains_sentbreak(self, text: str) -> bool:
            # Most words are plainly no abbreviation; saying so here makes splitting five times as fast.
            word = _LAST_WORD.match(text)
            if word and word[1].lower() not in abbreviations and word[1].lower() != "no":
                return True
            return bool(super().text_contains_sentbreak(text))

    parameters = PunktParameters()
    parameters.abbrev_types.update(abbreviations)
    parameters.collocations.add(("no", "##number##"))
    parameters.sent_starters.update(_STARTERS.split())
    return Quick(parameters, lang_vars=BookEnglish())


def split_sentences(paragraph: str) -> list[str]:
    """The sentences of a paragraph that stands on one line, words apart by single blanks.

    `" ".join(split_sentences(p)) == p`: a sentence ends only at a blank, closing quotes and brackets stay with it, and
    what goes on in lower case ('"Come!" said he.') is one sentence.
    """
    cuts = [
        start
        for start, _ in _punkt().span_tokenize(paragraph)
        if start and paragraph[start - 1] == " " and not _GOES_ON.match(paragraph, start)
    ]
    return [paragraph[start : end - 1] for start, end in zip([0, *cuts], [*cuts, len(paragraph) + 1], strict=True)]
