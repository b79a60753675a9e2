"""The sentence patterns of the built-in prose: a grammar whose slots hold words, persons or other rules.

One alternative a line (or between " / "); "3* " makes it three times as likely. A slot is

* a person of the scene: `{S}` the subject, `{T}` another, with the pronouns `{he}` `{him}` `{his}` `{himself}` and
  `{he2}` ... for T (a `{T}` may be "you" in speech, so it is never followed by "was");
* a word: `{thing}`, `{thing.s}` (plural), `{vt}`, `{vt.d}` (past), `{vt.n}` (participle), `{vt.g}` (-ing), `{vt.s}`;
* a rule: `{obj}`, where "~" is the empty alternative and "_" a blank at an edge; `{say:rule}` is that rule in the
  mouth of S, who says "I" to T and "you"; `{any:rule}` is that rule said of people at large ("a man").

"^" makes the next letter a capital. "a" becomes "an" where it should. `{you:rule}` is said of the hearer. Literal
runs are short on purpose: long ones would repeat. Every rule keeps its own agreement, so that any filling of the
slots reads as English.
"""

from __future__ import annotations

RULES = {
    # ---- small words --------------------------------------------------------------------------------------------
    "det": """
        8* the / 3* a / that / this / some / one / another / every / each / no / any / the same / the other / the
        very / a certain / such a / the one / the last / the first / but one""",
    "dets": """
        6* the / those / these / 3* some / all the / several / many / such / few / no / the other / half the / most
        of the / certain / both the / a few / other / any / the old / two or three / a great many / one or two""",
    "might": """
        2* could / 2* might / 3* would / should / must / could not / would not / might not / 2* did not / would never
        / could never / would hardly / dared not / need not / did / could scarcely / might well / ought to / had to /
        used to / would often / would still / had better / meant to / began to / could but / would sooner / might at
        least / must at last / should then / would no longer""",
    "may": """
        may / 2* will / must / can / shall / might / would / may not / will not / should / need not / may yet / must
        not / will soon / will never / can hardly / ought to / is to / has to / would rather / could / can never""",
    "had": """
        6* had / 2* had not / had never / might have / must have / would have / could not have / had often / had
        already / had long / seemed to have / had at last / had only / had once / should have / had so / had always /
        had just / had now / had at least / had hardly / need not have / had of late""",
    "has": """
        5* has / has not / has never / may have / must have / might have / would have / cannot have / has often / has
        already / has long / has always / has just / has at last / ought to have / has only / had / had not""",
    "have": """
        4* have / have not / have never / may have / must have / might have / would have / have often / have already
        / have long / have always / have just / had / had not / should have / cannot have / ought to have""",
    "was": """
        8* was / was not / 2* seemed / appeared / 2* had been / became / grew / remained / might be / could not be /
        was never / must have been / would be / was always / was still / was now / was no longer / was once more /
        had never been / had become / might have been / was by no means / was all but / was at once / was only / must
        be / should be / looked / was already / had grown / was soon""",
    # before a noun, or before {deg}
    "be": """
        6* was / was not / 2* seemed / had been / became / remained / might be / would be / must have been / had
        become / was never / was always / appeared / could not be / might have been / would have been / must be / was
        no doubt / was perhaps / was then / was now / was after all / had never been""",
    "stood": """
        3* was / had been / stood / remained / lay / was always / must be / might have been / was also / hung / was
        only / used to be / had once been / was then / seemed to be / would be""",
    "were": """
        6* were / were not / seemed / had been / grew / became / were still / were always / must be / might be /
        would be / were never / had never been / were no longer / were all / were now / appeared / could not be""",
    "is": """
        6* is / 2* is not / seems / has been / must be / may be / will be / is still / is always / cannot be / was /
        would be / has never been / is no longer / might be / is never / is surely / is often / was once""",
    "that": "3* _that / ~ / _how / , as it were, that / _still that / _at last that / , too, that / _only that",
    "by": """
        3* upon / 2* on / beside / near / behind / under / against / before / beyond / over / above / 2* in / at / by
        / round / beneath / about / within / close to / not far from / opposite / outside / across""",
    "of": "6* of / about / concerning / for / as to / respecting / touching / regarding / against / beyond / upon",
    "with": """
        5* with / in / without / from / through / out of / for / in spite of / between / after / for all / by /
        beyond / above / against / not without""",
    "and": """
        5* _and / , and / , but / , or / , and then / _and yet / ; then / , and so / , and at last / _but / _and
        there / , and, after all, / , then / _and again / _or else / , and at the same time / , and even / , and not
        once""",
    "semi": """
        4* ; and / 2* ; / ; but / 2* , for / : / 3* , and / ; for / ; yet / ; and yet / , so that / _-- / , but / ;
        or / ; and so / ; and, what was more, / ; then / ; as if / , as though / ; and perhaps / ; and now / ; still,
        / , while / ; so / , where / ; nor was it long before / ; not that / ; and it was said that""",
    "conj": """
        3* as / 2* when / while / because / though / although / until / before / since / where / for / lest / as if /
        after / than that / as soon as / even while / just as / now that / unless / so that / in case / if / till""",
    "conj1": """
        3* When / 2* As / While / Though / Although / Before / After / Since / Because / Until / Whenever / If /
        Where / Just as / As soon as / Even when / Now that / Long after / Hardly knowing that / Seeing that / Till /
        As long as / If only / Not that / By the time that / Supposing that / Lest it be thought that""",
    "conj2": """
        though / always / still / never / already / perhaps / once more / as usual / for the moment / now / however /
        yet / half / more or less / as ever / even then / by turns / not yet / even here / once""",
    "conj3": """
        3* and / 2* but / 2* for / though / because / if / unless / since / or / so / when / and yet / as / till""",
    "deg": """
        2* very / 2* so / too / quite / rather / most / exceedingly / somewhat / a little / 2* more / hardly less /
        less / almost / far more / by no means / not at all / perfectly / not very / much more / so very / half /
        only too / uncommonly / all the more / scarcely / none the less / every bit as / at once / even more / never
        so / equally / really / ever so / doubly / a good deal more / twice as""",
    "often": """
        never / often / always / seldom / already / long / once / sometimes / scarcely / at last / hardly / only /
        just / now / still / again / soon / also / even / then / yet / ever / all but / twice / too often / so / thus
        / once more / rarely / not / at times / almost / half / since / quite""",
    "up": """
        up / down / away / back / out / off / in / over / aside / round / again / 2* there / 2* here / at once /
        together / about / upside down / before {him} / after all / from {him} / to {him} / with {him} / upon {him}""",
    "one": """
        one / none / some / most / two / many / the least / the best / the worst / the oldest / half / all but one""",
    "slowly": """
        quickly / quietly / slowly / well / gently / soon / gravely / calmly / civilly / boldly / near / often / far
        / fast / little / much / long""",
    "handle": "handle / lid / edge / clasp / border / lining / rim / corner / mark / stain / top / back / side / end",
    # ---- noun phrases -------------------------------------------------------------------------------------------
    "obj": """
        3* {det} {tadj} {thing}
        2* {det} {thing}
        2* {his} {thing}
        {his} {tadj} {thing}
        {his} own {thing}
        {det} {tadj} {thing}
        {det} {vt.p} {thing}
        {dets} {thing.s}
        {dets} {tadj} {thing.s}
        {det} {thing} or {det} {thing}
        {det} {thing} of {tadj} {stuff}
        a {thing} of {his} own
        {P's} {thing}
        {his} {kin}'s {thing}
        the {kin}'s {tadj} {thing}
        {det} {thing} which {P} {had} {vt.n}
        {det} {thing} that {be} {deg} {tadj}
        {num} {thing.s}
        {one} of the {thing.s}
        all the {thing.s} {by} the {furn}
        {det} {tadj} {paper}
        {his} {kin}'s {paper}
        {dets} {paper.s} and the {thing}
        {his} {wear}
        {his} {tadj} {wear}
        {det} {wear} {by} the {furn}
        {det} {thing} with the {tadj} {handle}
        {det} {thing} with its {handle} of {stuff}
        a {thing}, a {thing}, and {num} {thing.s}
        {det} {thing} {by} the {furn}
        what {P} {had} {vt.n}
        {compthing}
        it
        them all
        only {det} {thing}
        the {est} of the {thing.s}
        {food} and {food}
        the {food}""",
    "compthing": "a {made} {thing} / the {made} {wear} / {his} {made} {thing}",
    "ab": """
        3* {det} {idea}
        2* {det} {aadj} {idea}
        2* {his} {idea}
        {his} own {idea}
        {his} {aadj} {idea}
        {det} {va.p} {idea}
        {det} {compidea} {idea}
        {P's} {idea}
        {P's} {aadj} {idea}
        {det} {idea} {of} {P}
        {det} {idea} {of} {ge}
        {his} {idea} {of} {ab}
        {dets} {idea.s}
        {dets} {aadj} {idea.s}
        {dets} {idea.s} and {idea.s}
        all {his} {idea.s}
        {det} {event} at {town}
        {det} {aadj} {event}
        {his} {emo}
        {emo} {and2} {emo}
        {his} {emo} and {his} {emo}
        the {emo} of {who}
        {det} {idea} of {virt}
        the {virt} of the {group}
        the {ness} of {his} {kin}
        {ness} or {ness}
        {det} {idea} which {P} {had} {va.n}
        the {idea.s} of {subject}
        {det} {idea} or {det} {idea}
        {one} of {his} {idea.s}
        what {he} {had} {va.n}
        what {P} {had} to say
        all that {P} {had} {va.n}
        the {deg} {aadj} {idea} of {emo}
        everything {of} {his} {idea}
        the {est} of {his} {idea.s}
        neither {idea} nor {idea}
        so {aadj} a {idea}
        so much {emo}
        a little {virt}
        as much {emo} as {emo}
        no more than {det} {idea}
        it""",
    "ab1": """
        2* {det} {idea}
        2* {his} {idea}
        {his} own {idea}
        2* {det} {aadj} {idea}
        {his} {aadj} {idea}
        {P's} {idea}
        {P's} {aadj} {idea}
        {det} {va.p} {idea}
        {det} {idea} {of} {ge}
        {det} {event}
        {his} {emo}
        the {emo} of {who}
        {aadj} {emo}
        {virt}
        the {ness} of {his} {kin}
        what {he} {had} {va.n}
        all that {P} {had} {va.n}""",
    "and2": "3* and / or / without / rather than / mixed with / more than / as well as / if not / but not / next to",
    "who": """
        4* {P}
        2* {det} {padj} {person}
        {det} {person}
        {dets} {person.s} of {town}
        {dets} {padj} {person.s}
        {his} {kin}
        {his} {padj} {kin}
        {his} {est} {kin}
        the {person} from {far}
        {det} {kin} of {P}
        the whole {group}
        every {person} in {town}
        {one} of the {person.s}
        some {padj} {person} or other
        {P} and the {person}
        {det} {person} in {det} {tadj} {wear}
        {det} {vi.g} {person}
        {det} {look} {person}
        those who {might} {inf0}
        a {person} by the name of {surname}
        the {surname} family
        everybody""",
    "inf0": "{vi} / {va} {ab} / {vt} {obj} / {go} {dir} / {vi} {adv}",
    "room": """
        2* the {part}
        2* the {tadj} {part}
        {det} {tadj} {part}
        the {build}
        the {tadj} {build}
        {det} {part} of the {build}
        {det} {part} {by} the {part}
        {his} {part}
        {his} own {part}
        {P's} {part}
        the {est} {part} in the {build}""",
    "view": """
        2* {det} {ladj} {land}
        the {land}
        {dets} {ladj} {land.s}
        the {land} {by} {town}
        {det} {land} {by} the {build}
        {town}
        {dets} {build.s} of {town}
        the {ladj}, {ladj} {land}
        {dets} {plant.s}""",
    "place": "2* {room} / {view} / {house} / {street}",
    # ---- adverbials ---------------------------------------------------------------------------------------------
    "pp": """
        2* {with} {emo}
        {with} {aadj} {emo}
        {with} a {aadj} {sound}
        with {his} {body} {by} the {furn}
        with {his} {wear} in {his} {body}
        with {num} {thing.s} in {his} {body}
        in {his} {tadj} {wear}
        3* {by} the {tadj} {part}
        {by} {det} {tadj} {furn}
        {by} the {furn}
        {by} {his} {kin}'s {furn}
        {by} the {person} and the {person}
        from {det} {part}
        after {det} {event}
        before the {event}
        during the {event}
        without a {sound}
        without {ge}
        for {num} {unit.s}
        for the {nth} time
        more than once
        {num} times a {unit}
        {by} the {plant.s}
        among the {plant.s} and {plant.s}
        in the {sky}
        through the {sky}
        at the {build}
        at {house}
        in {town}
        in {street}
        in {far}
        {inspite} {ab}
        for the sake of {who}
        like {det} {padj} {person}
        like {det} {animal} in a {land}
        as {slowly} as {he} {might}
        to the {emo} of {who}
        to {his} own {emo}
        from {emo} or from {emo}
        out of pure {virt}
        out of {ness}
        {conj2} {by} the {furn}
        under the {idea} of {ge}
        over {obj}
        {by} the {furn}
        on the road to {far}
        according to {his} {idea}
        by way of {idea}
        upon this {idea}
        in {det} {aadj} way
        with a {body} like {det} {animal}'s
        between the {furn} and the {part}
        with {who}
        before {who}""",
    "inspite": """
        in spite of / on account of / for want of / because of / by means of / instead of / in consequence of / with
        regard to / as to / for fear of / by virtue of / not for / under cover of / apart from / in the face of / in
        search of / by dint of / at the thought of / in the hope of / in return for / in the name of / far from""",
    "dir": """
        {into} {room}
        {into} {place}
        {into} {det} {ladj} {land}
        {into} the {furn}
        {up} {into} {place}
        {up} {into} the {part}
        through {street}
        from {place} to {place}
        as far as {place}
        home {by} the {land}
        back to {place}
        away from {place}
        on towards {town}
        {into} the {furn} {by} the {part}
        to {far}
        to and fro {by} the {part}
        off with {who}
        in {det} {carriage} to {town}
        behind the {carriage}
        {by} {P's} {carriage}
        {up}
        {up} {adv}""",
    "into": """
        into / towards / out of / across / through / up / down / past / along / over / to / by / round / from / about
        / in and out of / up to / behind / beyond""",
    "when": """
        one {ladj} {day}
        on the {nth} of {month}
        in {month}
        late in {month}
        early in the {daytime}
        that {daytime}
        one {daytime} in {month}
        on {weekday}
        on the following {weekday}
        the next {daytime}
        {num} {unit.s} later
        some {num} {unit.s} afterwards
        not {num} {unit.s} before
        after {num} {unit.s} of {emo}
        {at} {hour} o'clock
        at a quarter past {hour}
        in the {sky}
        {at} {det} {aadj} {event}
        on the day of the {event}
        {atlast}
        2* {atlast}
        in {det} {idea} of {emo}
        in the midst of this {event}
        before the {person} had {vi.n}
        for {num} {unit.s} or more""",
    "at": "at / before / towards / after / by / soon after / not long before / about / a little after / until",
    "atlast": """
        at length / at last / presently / by and by / meanwhile / soon / then / now / once / for a time / in a moment
        / all at once / by this time / long ago / of late / in time / from that hour / in the end / once or twice /
        as a rule / that very hour / before long / in those days / as yet / for once / now and then / at first""",
    "day": "2* day / morning / evening / night / afternoon / noon / spring / summer / autumn / winter",
    "daytime": "morning / evening / night / afternoon / day / week",
    "weekday": "Monday / Tuesday / Wednesday / Thursday / Friday / Saturday / Sunday",
    "month": """
        January / February / March / April / May / June / July / August / September / October / November / December""",
    "num": """
        3* two / 2* three / four / five / six / seven / eight / nine / ten / eleven / twelve / thirteen / fourteen /
        fifteen / sixteen / seventeen / eighteen / nineteen / twenty / thirty / forty / fifty / sixty / a hundred / a
        dozen / several / many / some / a few / half a dozen / two or three / three or four / five or six / nearly
        ten / more than twenty / at least four / twenty-one / twenty-five / thirty-six / forty-two / a score of""",
    "hour": "one / two / three / four / five / six / seven / eight / nine / ten / eleven / twelve",
    "nth": """
        first / second / third / fourth / fifth / sixth / seventh / eighth / ninth / tenth / eleventh / twelfth /
        thirteenth / fourteenth / fifteenth / sixteenth / seventeenth / eighteenth / nineteenth / twentieth""",
    "unit": "minute / hour / day / week / month / year",
    "unit.s": "minutes / hours / days / weeks / months / years",
    # ---- verb phrases of S --------------------------------------------------------------------------------------
    "act": """
        2* {vi.d}
        2* {vi.d} {adv}
        {vi.d} {up}
        {adv} {vi.d}
        {vi.d} {pp}
        3* {vt.d} {obj}
        2* {vt.d} {obj} {pp}
        {vt.d} {obj} {up}
        {adv} {vt.d} {obj}
        {vt.d} {obj} {adv}
        3* {go.d} {dir}
        {go.d} {adv} {into} {place}
        {go.d} {dir}, {ger}
        2* {vp.d} {T}
        {vp.d} {T} {pp}
        {vp.d} {who}
        {vp.d} {T} {with} {emo}
        {adv} {vp.d} {who}
        2* {va.d} {ab}
        {va.d} {ab} {pp}
        3* {vthat.d}{that} {sub}
        2* {vinf.d} to {inf}
        3* {was} {state}
        2* {was} {mood}
        was {beto} to {inf}
        {was} {mood}{and} {act}
        {act0}{and3} {act}
        2* {had} {va.n} {ab}
        {had} {vt.n} {obj} {pp}
        {had} {vp.n} {who}
        5* {might} {inf}
        felt {aadj} {emo}
        spoke {of} {ab}
        had no {idea} {of} {ge}
        had {often} been {mood}
        had {often} been {deg} {mood}
        had {num} {thing.s} and {det} {thing}
        made up {his} mind to {inf}
        thought {det} {idea} {deg} {aadj}
        thought {who} {deg} {mood}
        made {P} {inf1}
        let {obj} fall
        gave {obj} to {who}
        sent {obj} to {town}
        told {who}{that} {sub}
        asked {who} to {inf}
        knew what {sub0}
        was not a {person} to {inf}
        was {det} {padj} {person}
        {had} been {vp.n} by {who}
        was {vp.p} {by} {place}
        {vt.d} {obj} {conj} {sub}""",
    "act0": "{vi.d} / {vt.d} {obj} / {go.d} {dir} / {vp.d} {T} / {va.d} {ab} / {vi.d} {pp} / {vi.d} {adv}",
    "and3": "2* , / _and / , or / , and then / , and / , then",
    "sub0": "{P} {had} {va.n} / {he} {might} {va} / {P} {might} {vt} / it {was} to {inf} / {he} {had} {vt.n}",
    "inf1": "{vi} / {vi} {pp} / {go} {dir} / {vt} {obj}",
    "inf": """
        {vi}
        {vi} {adv}
        {vi} {pp}
        {vi} {up}
        3* {vt} {obj}
        {vt} {obj} {pp}
        {vt} {obj} {up}
        2* {vp} {T}
        {vp} {T} {pp}
        {vp} {who}
        2* {va} {ab}
        {va} {ab} {pp}
        {go} {dir}
        {vthat}{that} {sub}
        be {mood}
        be {deg} {mood}
        be {vp.p}
        be {vp.p} by {who}
        have {vt.n} {obj}
        have {va.n} {ab}
        {vinf} to {inf}
        ask {who} to {inf}
        {vi} and {vi}
        {vt} {obj}{and} {inf}""",
    "ge": """
        {vi.g}
        {vi.g} {pp}
        {vt.g} {obj}
        {vp.g} {who}
        {va.g} {ab}
        being {mood}
        being {vp.p}
        {go.g} {dir}""",
    "ger": """
        2* {vt.g} {obj}
        {vt.g} {obj} {adv}
        {vt.g} {obj} {up}
        {vp.g} {T}
        {vp.g} {who} {pp}
        2* {va.g} {ab}
        {go.g} {dir}
        {vi.g} {adv}
        {vi.g} {pp}
        having {vt.n} {obj}
        having {va.n} {ab}
        having {often} {vi.n}
        having {often} {vp.n} {who}
        {vthat.g}{that} {sub}
        not {vinf.g} to {inf}
        {adv} {vt.g} {obj}
        without {ge}
        with {his} {body} {by} the {furn}
        {conj2} {mood}
        {mood} and {mood}
        {deg} {mood}
        more {mood} than {mood}
        as {mood} as {who}
        {vp.p} by {ab}""",
    "beto": """
        obliged / compelled / forced / inclined / disposed / tempted / ashamed / content / ready / anxious / eager /
        unable / unwilling / resolved / accustomed / afraid / determined / glad / sorry / at liberty / about / bound
        / likely / sure / the first / the last / never / not / apt / loth / born / left / free / not sorry / half
        inclined / in no haste / prepared / at a loss / by no means willing""",
    "adv": """
        4* {manner} / 3* {ly} / {deg} {manner} / {manner} and {ly} / {ly} enough / as {manner} as {who} / more {ly}
        than {manner} / less {manner} / so {ly}""",
    "state": """
        {mood}
        {deg} {mood}
        2* {deg} {padj}
        {mood} {and4} {mood}
        too {mood} to {inf}
        so {mood} that {sub}
        as {mood} as {who}
        {mood} {with} {emo}
        {mood} {pp}
        in {det} state of {aadj} {emo}
        {mood} {of} {ab}
        {mood} {at} the {event}
        {det} {person} of {aadj} {virt}
        the {padj} {kin} of {P}
        {er} than {who}
        full of {aadj} {idea.s}
        in {town} upon the {event}
        {vp.p} {pp}
        all {emo} {and2} {emo}
        of {det} {aadj} {idea}
        {conj2} {vp.p}""",
    "and4": "4* and / but / or / if not / rather than / and even / and yet / though / and not / or else / as well as",
    # ---- clauses ------------------------------------------------------------------------------------------------
    "sub": """
        2* {he} {had} {va.n} {ab}
        {he} {had} {vt.n} {obj}
        {he} {had} {vp.n} {T} {pp}
        3* {he} {might} {inf}
        2* {he} {was} {state}
        3* {he} {act}
        {he2} {had} {vp.n} {who}
        {he2} would {inf}
        {he2} {vi.d}
        {he2} might {vp} {him}
        {he2} {vp.d} {him}
        2* {P} {was} {state}
        2* {P} {had} {va.n} {ab}
        {P} {might} {va} {ab}
        {P} {might} {inf1}
        {P} {go.d} {dir}
        {P} {vt.d} {obj}
        {P} {vi.d} {pp}
        {det} {person} {vt.d} {det} {thing}
        {det} {padj} {person} {vi.d}
        {dets} {person.s} {va.d} {ab}
        {dets} {person.s} {were} {mood}
        {dets} {idea.s} {were} {deg} {aadj}
        {his} {kin} {had} {vt.n} {obj}
        {his} {kin} {was} {state}
        {his} {kin} {act}
        {his} {body} {trembled} {pp}
        {his} {emo} {be} {deg} {aadj}
        {his} {idea} {be} {deg} {aadj}
        {ab} {had} {vp.n} {him}
        {ab} {might} {vp} {who}
        {ab1} {be} {deg} {aadj}
        {ab1} was not to be {va.p}
        {anyone} {might} {va} {ab}
        {anyone} {va.d} {ab}
        {anyone} {had} {vp.n} {him}
        it {be} {deg} {aadj} to {inf}
        it {be} {hour} o'clock
        it {was} {aadj} that {P} {might} {inf1}
        it was all {emo} {and2} {emo}
        there {stood} {emo} in {P's} {body}
        there {stood} {det} {tadj} {thing} {by} the {furn}
        there was no {idea} {of} {ge}
        there {were} {num} {person.s} {by} the {part}
        the {event} {be} {deg} {aadj}
        {det} {thing} {be} {deg} {tadj}
        {det} {thing} {was} {vt.p} {pp}
        the {group} {had} {va.n} {ab}
        the {sky} {had} {vn.n} {by} the {land}
        the {sky} {vn.d}
        {det} {animal} {vnby}
        if {P} {va.d} {ab}, {he} {might} {inf}
        {atlast} {he} {act}
        {by} the {furn} {stood} {det} {tadj} {thing}
        all was {aadj}""",
    "anyone": """
        nothing / nobody / no one / everything / something / somebody / {one} of them / neither of them / anybody /
        they / they all / the world / heaven / no {person} / half {town} / few {person.s} / the whole {group}""",
    "trembled": """
        trembled / shook / moved / rested / ached / fell / rose / quivered / burned / sank / was {aadj} / grew {mood}
        / turned / lay""",
    "vnby": """
        lay {by} the {furn} / ran {dir} / slept {by} the {part} / came {dir} / was lost / cried in the {sky} / {vn.d}
        / {go.d} {dir} / {vi.d}""",
    "rel": """
        who {had} {va.n} {ab}
        3* who {was} {state}
        2* who {act}
        2* who {might} {inf}
        whose {kin} {had} {vp.n} {who}
        whose {emo} {be} {deg} {aadj}
        whose {body} {trembled} {pp}
        whom {P} {had} {vp.n} {pp}
        whom {anyone} {vp.d}
        to whom {ab1} {be} {deg} {aadj}
        of whom {P} had {often} been {mood}""",
    "appos": """
        2* {rel}
        {det} {person} of {aadj} {virt}
        the {padj} {kin} of {P}
        {with} {his} {tadj} {wear}
        {mood} {and4} {mood}
        2* {ger}
        in {his} {idea} {of} {ge}
        {det} {padj} and {padj} {person} from {far}
        like {who}
        {conj2} {mood}
        {conj} {sub}
        {pp}
        {when}
        {thus}""",
    # what a sentence may run on to
    "tail": """
        15* ~
        4* {semi} {sub}{tail}
        2* , {ger}{tail}
        2* _{conj} {sub}{tail}
        {semi} {conj} {sub}, {sub}{tail}
        {semi} {when} {he} {act}{tail}
        , {pp}{tail}
        {semi} {sub}{semi} {sub}{tail}
        , {rel1}{tail}
        , {thus}
        {and} {act}{tail}""",
    "rel1": """
        which {be} {deg} {aadj} / which {had} {vp.n} {who} / in which {sub} / a {idea} which {P} {might} {va} / and
        all that {sub0} / to which {P} {might} {inf1} / the {est} {idea} of {his} life / of which {P} {was} {mood} /
        not to mention {ab} / to say nothing of {ab} / and of {ab} too / by which {ab} {might} be {va.p}""",
    # ---- whole sentences of narration ---------------------------------------------------------------------------
    "narration": """
        14* {S} {act}{tail}.
        3* {S} {act}{and} {act}{tail}.
        3* {S} {act} {conj} {sub}{tail}.
        3* {when}, {S} {act}{tail}.
        {when} {S} {act}{tail}.
        2* {ger}, {S} {act}{tail}.
        {ger}, and {ger}, {S} {act}{tail}.
        4* {S}, {appos}, {act}{tail}.
        {S}, {appos}, {act}{semi} {sub}{tail}.
        {S}, {ger}, {act}, and, {ger}, {act}.
        2* {conj1} {sub}, {S} {act}{tail}.
        {conj1} {sub}, and {sub}, {S} {act}{tail}.
        {S} {act}, {ger}{tail}.
        {S} {act0}, {act0}, and {act}.
        {thus}, {S} {act}{tail}.
        2* {S}, {thus}, {act}{tail}.
        It was {S} who {act}.
        It {be} {deg} {aadj} that {sub}{tail}.
        It was not {emo}, but {emo}, that {vp.d} {S}{tail}.
        2* {S's} {body} {trembled}{tail}.
        {S's} {emo} {be} {deg} {aadj}{tail}.
        {S's} {kin}, {appos}, {act}{tail}.
        {S's} {idea} was to {inf}{tail}.
        {S's} {idea.s} {had} {vp.n} {T}{tail}.
        To {inf} {be} {S's} {aadj} {idea}{tail}.
        {S} and {T} {go.d} {dir}{tail}.
        {S} and {T} {vi.d}{tail}.
        {S} and {T} {va.d} {ab}{tail}.
        {S} and {who} {might} {inf1}{tail}.
        Not {manner}, but {manner}, {S} {act}.
        Of {ab} {S} {vthat.d} never a word{tail}.
        There {stood} {emo} in {S's} {body} as {he} {act}{tail}.
        {emo}, {emo}, and {emo} {had} {vp.n} {him}{tail}.
        {ab} {vp.d} {S}{tail}.
        {ab}, and {ab}, {vp.d} {S}{tail}.
        Had {sub2}, {S} would {inf}.
        If {sub}, {S} {act}.
        {sub}{tail}.
        {sub}{tail}.
        Never had {he} {va.n} {ab} so {manner}.
        What {emo} {he} felt!
        Was {he} to {inf}?
        Why had {T} {vp.n} {him}?
        How could {he} {inf}?
        Who could {va} {ab}?
        And yet {sub}!
        Alas! {sub}.""",
    "sub2": "{he} {va.n} {ab} / {T} {vp.n} {him} / {P} {vi.n} / the {person} {vt.n} {obj} / {he2} {often} {vi.n}",
    "thus": """
        2* however / indeed / therefore / accordingly / moreover / nevertheless / besides / at any rate / in short /
        in fact / of course / perhaps / no doubt / in truth / after all / on the contrary / for all that / upon the
        whole / as may be supposed / it must be owned / to do {him} justice / as {P} {vsay.d} / in {P's} {idea} / it
        is true / in a word / {he} {vthat.d} / so {P} {vthat.d} / I believe / in {his} turn / for {his} part / to be
        sure / as usual / {deg} {manner} / {manner} / {ly} / as {anyone} {might} {va}""",
    # ---- description --------------------------------------------------------------------------------------------
    "description": """
        The {part} {of} the {build} {was} {tadj} {and4} {tadj}{tail}.
        It {be} a {tadj}, {tadj} {build}, with {det} {part} of {stuff}{tail}.
        It {be} a {tadj} {part}, {deg} {tadj}, and smelt of {food} and {stuff}.
        {by} the {furn} stood {det} {tadj} {furn} of {stuff}{tail}.
        {by} the {part} hung a {tadj} {thing}, and {by} it a {thing} of {stuff}.
        There {stood} {det} {tadj} {furn} {by} the {part}{tail}.
        There {stood} {det} {tadj} {furn} {by} the {part}, where {P} {act}.
        There {were} {num} {tadj} {furn.s}, a {furn}, and a {tadj} {thing}.
        There {were} {thing.s} and {thing.s} {by} the {furn}; {thing.s} {by} the {part}; and {tadj} {thing.s} {by} it.
        {house} stood {by} {det} {ladj} {land}, {num} miles from {town}{tail}.
        {house} {had} been {vt.p} by {P's} {kin}, {rel}.
        {town} is a {ladj} {land} of {num} {build.s}, with {det} {tadj} {build} and a {ladj} {land}.
        The {build} at {town} {was} kept by {P}, {appos}.
        The {land} {vn.d} between {plant.s} and {plant.s}{tail}.
        {by} the {land} the {plant.s} {vn.d} {pp}{tail}.
        {det} {ladj} {land} {vn.d} {by} the {build}, and {det} {animal} {vnby}{tail}.
        {P} wore {det} {tadj} {wear} of {stuff}, and {det} {wear} with {tadj} {wear.s}.
        {P} {be} a {padj}, {padj} {person}, with {det} {padj} {body} and {aadj} {virt}{tail}.
        {P} {be} a {person} by trade{and} {act}{tail}.
        {P}, {det} {person}, {was} {state}{tail}.
        {P}, {appos}, {act}{tail}.
        They dined upon {food}, {food}, and {food}{tail}.
        They dined upon {food} and {food}{tail}.
        {dets} {person.s} and {person.s} of {town} {va.d} {ab}{tail}.
        {dets} {animal.s} {vn.d} {by} the {land}, and {dets} {animal.s} {by} the {build}.
        {det} {carriage} {go.d} {dir}, with {det} {person} in a {tadj} {wear}{tail}.
        The {carriage} from {far} {go.d} {dir}{tail}.
        {by} the {furn} lay {det} {tadj} {paper}, and {dets} {thing.s}{tail}.
        The {sound} of {animal.s} {vn.d} from the {land}{tail}.
        {det} {aadj} {sound} came from the {part}; then a {sound}; and then a {sound} of {animal.s}.
        {street} {be} {deg} {ladj}, and its {build.s} {were} {tadj}{tail}.""",
    # ---- weather ------------------------------------------------------------------------------------------------
    "weather": """
        The {sky} {vn.d}{tail}.
        The {sky} {vn.d} {by} {det} {land}{tail}.
        The {sky} {vn.d} {by} the {land}{and} the {sky} {vn.d}{tail}.
        It {be} a {ladj} {day}, and the {sky} {vn.d} {by} {det} {ladj} {land}{tail}.
        It {be} a {ladj}, {ladj} {day} in {month}{tail}.
        It {was} {month}; the {plant.s} {vn.d}, and {det} {animal} {vnby}{tail}.
        {when} the {sky} {vn.d}{tail}.
        All that {daytime} the {sky} {vn.d} in {town}{tail}.
        No {sky} could have been {ladj} enough to {inf}.
        The {sky} {had} {vn.n} since {hour} o'clock; the {land.s} {were} {ladj}; and {det} {animal} {vnby}{tail}.
        There {stood} {sky} {by} the {land.s}, and {sky} {by} {dets} {build.s} of {town}{tail}.
        {sky} and {sky} {vn.d} together{tail}.
        Through the {sky} came the {sound} of {dets} {animal.s}{tail}.""",
    # ---- reflection, in the present -----------------------------------------------------------------------------
    "reflection": """
        It {is} a {aadj} {idea} that {any:gnome}{any:after}.
        It {is} {deg} {aadj} to {any:inf}{any:after}.
        There are {person.s} who {any:gnomes}{any:after}.
        There are {idea.s} which {vp} the {padj} {kin}{and} {vp} the {padj} {person}.
        {virt} {is} the {idea} of the {padj}, and {virt} of the {padj}.
        {virt} without {ness} {is} a {aadj} {idea}{any:after}.
        {virt} {may} {va} {any:ab}; but {ness} {may} {va} {any:ab}.
        A {padj} {person} {may} {any:inf}{any:after}.
        To {any:inf} {is} {aadj}; to {any:inf} {is} {aadj}{any:after}.
        No {person} was ever the more {padj} for {any:ge}{any:after}.
        What {idea} {is} so {aadj} as the {idea} of {emo}?
        Who has not {va.n} the {aadj} {idea} of {any:ge}?
        We {va} {any:ab}, and are {mood}; we {va} {any:ab}, and are {mood}.
        Let no {person} {any:inf}.
        In {subject}, as in {subject}, {any:gnome}{any:after}.
        So {aadj} {is} {emo}, and so {aadj} the {emo} of {any:who}!
        Happy is the {person} who {may} {any:inf}.
        {emo} has its {idea.s}, and {ness} its {virt}.
        The {idea} of {person.s} {is} not the {idea} of {person.s}{any:after}.""",
    "after": "4* ~ / {semi2} {gnome}{after} / {semi2} {gnome} / {semi2} it {is} {aadj} to {inf}",
    "semi2": "; and / ; but / , for / ; / , and / : / ; yet / ; for / , since / , though / ; so / , because / , as",
    "gnome": """
        a {padj} {person} {may} {inf}
        {emo} {may} {va} {ab}
        {virt} {may} {va} {ab}
        {virt} {is} {deg} {aadj}
        {ness} {is} {er} than {ness}
        the {padj} {vi}, and the {padj} {va} {ab}
        no {idea} {may} {va} {ab}
        {person.s} {va} {ab}
        {det} {idea} {may} {va} {ab}
        we {will} {inf}""",
    "gnomes": "{va} {ab} / {vi} {adv} / cannot {inf} / {vt} {obj} / will {inf} rather than {inf} / {vp} {who}",
    # ---- dialogue -----------------------------------------------------------------------------------------------
    "dialogue": """
        4* "^{say:tell}{say:on}," {said} {S}.
        "^{say:tell}," {S} {vsay.d}.
        2* "^{say:tell}," {said} {S}, {ger}{tail}.
        "^{say:tell}," {said} {S} {conj} {sub}{tail}.
        "^{say:tell}," {said} {S}, {adv}.
        "^{say:tell}," {said} {S}, {pp}.
        3* "{call}," {said} {S}, "{say:tell}{say:on}."
        2* "^{say:tell}{say:on}, {voc}," {said} {S}.
        "^{say:tell}, {voc}; {say:tell}," {said} {S}.
        3* "^{say:tell}," {said} {S}; "{say:tell}{say:on}."
        6* "^{say:tell}{say:on}."
        2* "^{say:tell}{say:on}, {voc}."
        2* "{voc}, {say:tell}{say:on}."
        "^{say:tell}; and {say:tell}{say:on}."
        3* "^{say:ask}?" {asked} {S}.
        "^{say:ask}?" {asked} {S}, {ger}{tail}.
        3* "^{say:ask}?"
        2* "^{say:ask}, {voc}?"
        "^{say:ask}, {conj3} {say:now}?"
        "{call}, {voc}, {say:ask}?" {asked} {S}.
        "^{say:bid}!" {cried} {S}.
        "^{say:bid}, {voc}!" {cried} {S}, {ger}{tail}.
        "^{say:bid}!"
        "{call}!" {cried} {S}.
        "{call}, {voc}!"
        2* "{call}, {voc}; {say:tell}{say:on}."
        "{call}, {say:tell}{say:on}."
        {S} {vthat.d}{that} {sub}; but {T} {vi.d}.
        {S} {vi.d}{and} {vi.d} {pp}{tail}.
        {S} made no {idea} to this {idea}{tail}.
        {T} {vi.d} {adv}, but {S} {act}.
        3* {S} {act}{tail}.""",
    "on": """
        5* ~
        2* , {conj3} {now}{on}
        2* ; and {tell}{on}
        , {conj3} {tell}{on}
        ; {tell}{on}
        , {pp}
        , {ger}
        _{conj} {sub}
        , I {vthat}
        , {thus}""",
    "said": "8* said / 3* {vsay.d} / replied / answered / returned / observed / remarked",
    "asked": "4* asked / inquired / demanded / cried / said / exclaimed / whispered / {vsay.d}",
    "cried": "4* cried / exclaimed / shouted / ejaculated / screamed / gasped / groaned / roared / said",
    "call": """
        Indeed / Well / Oh / Ah / Nay / Come / Why / Yes / No / Certainly / Upon my word / Dear me / Good heavens /
        Bless me / To be sure / Not at all / By no means / I beg your pardon / My dear {voc} / My good {sir2} / Pooh
        / Nonsense / Hush / Look you / For shame / What / So / There / Very well / Quite so / Alas / Depend upon it /
        On the contrary / Heaven forbid / With all my {body} / I thank you / Pray / Oh dear / Lord / Ay / Tut / Hark
        / Gracious / Mercy on us / Hallo / As you will / I dare say / No doubt / Never mind / Ah well / Bah / If you
        please / True / Just so / Perhaps / Thank heaven / Really / Now / Stay / Once for all / In a word / For my
        part""",
    "tell": """
        2* I {vthat} that {now}
        I {vthat} {now}
        2* I {have} {va.n} {ab}
        I {have} {vt.n} {obj}
        I {have} {vp.n} {who} {pp}
        I never {va.d} {ab} in my life
        4* I {shall} {inf}
        I should be {mood} to {inf}
        I {am} {mood}
        I {am} {deg} {mood}
        I {am} not going to {inf}
        I {was} {state}
        I only {vinf} to {inf}
        I {act}
        {when} I {act}
        you {have} {va.n} {you:ab}
        you {have} {vp.n} me
        you {are} {deg} {mood}
        you {are} a {padj} {person}
        3* you {will} {you:inf}
        you {will} {you:inf}, {conj} {sub}
        we {shall} {inf}
        we {have} {va.n} {ab}
        we {are} all {mood}
        3* {now}
        2* {now}, {conj3} {now}
        it {is} {deg} {aadj}
        it {is} {deg} {aadj} to {inf}
        it {is} a {aadj} {idea}
        it's {deg} {aadj}
        that's {det} {aadj} {idea}
        there's {det} {person} {by} the {part}
        there is no {idea} {of} {ge}
        there {is} a {person} {by} the {part}
        my {kin} {has} {va.n} {ab}
        my {kin} {is} {deg} {mood}
        if {sub}, I {shall} {inf}
        if you {vinf} to {you:inf}, I {shall} {inf}
        that {is} what I {vthat} {of} {ab}
        {P} {is} a {padj} {person}, and {now}
        not a {thing} or a {thing} was {vt.p}
        {ab1} {is} one thing, and {ab1} {is} another
        as for {ab}, I {shall} {inf}
        to {inf} {is} to {inf}
        {sub}""",
    "shall": """
        3* shall / 2* will / must / can / cannot / will not / shall not / should / would / could / do not / may /
        ought to / don't / can't / won't / shan't / never / mean to / have to / would rather / couldn't / wouldn't /
        used to / wish to / had better / dare not / need not / could never / shall never / might / should like to /
        want to""",
    "will": """
        2* will / 2* must / cannot / can / ought to / may / should / might / would / could / do not / will not / must
        not / never / don't / can't / won't / are to / had better / shall / need not / have to / seem to / used to /
        are not to / will soon / could never / may yet / mustn't / shouldn't / were to / would never""",
    "am": """
        3* am / am not / was / was never / have been / shall be / should be / was always / may be / feel / am only""",
    "are": """
        4* are / are not / have been / will be / were / may be / must be / seem / were never / were always / aren't""",
    "now": """
        2* {P} {is} {deg} {mood}
        {P} {has} {va.n} {ab}
        {P} {has} {vt.n} {obj}
        2* {P} {may} {inf}
        {P} {vp.s} {who}
        {P} {va.s} {ab}
        {P} {vinf.s} to {inf1}
        {det} {person} {has} {vt.n} {obj}
        the {group} {is} {deg} {mood}
        {ab1} {is} {deg} {aadj}
        {ab1} {has} {vp.n} {who}
        {ab} {may} {vp} {who}
        your {kin} {is} {mood}
        your {kin} {va.s} {ab}
        your {idea} {is} {deg} {aadj}
        you {are} {mood}
        you {have} {vi.n}
        it {is} {aadj} to {inf}
        {anyone0} {va.s} {ab}
        the {event} {may} be {aadj}
        there {is} {emo} at {house}
        there are {person.s} in {town}
        {virt} {is} {deg} {aadj}
        {one} of us {may} {inf}
        all {is} {aadj}
        he {is} {er} than {who}
        she {may} {va} {ab}
        they {have} {vt.n} {obj}""",
    "anyone0": "nobody / no one / nothing / everybody / somebody / the world / no {person} / {P}",
    "ask": """
        do you {vthat} that {now}
        {do} you {you:inf}
        3* {do} you {you:inf}
        have you {va.n} {you:ab}
        have you {vt.n} {you:obj}
        have you {often} {vp.n} {you:who}
        are you {deg} {mood}
        am I to {inf}
        is it {aadj} to {inf}
        is {P} {mood}
        is it {P} who {has} {vt.n} {obj}
        has {P} {vt.n} {obj}
        has {P} {va.n} {ab}
        {does} {P} {va} {ab}
        {does} {P} {inf}
        what {has} {vp.n} {who}
        what {is} {ab1} to {who}
        who {has} {vt.n} {obj}
        who {va.s} {ab}
        {why} should I {inf}
        {why} {do} you {you:inf}
        {why} {does} {P} {inf}
        {why} {does} {P} {inf1} {pp}
        {why} {do} we {inf}
        where {is} {P}
        where {is} {det} {thing}
        must I {inf}
        you {are} {mood}, then
        and {ab}""",
    "do": "2* do / 2* will / would / can / could / did / shall / should / must / don't / won't / can / might / may",
    "does": "does / did / will / would / could / can / must / should / may / might / doesn't / didn't / won't",
    "why": """
        2* why / 2* how / when / where / for what / with whom / on what {idea} / in whose {part} / since when / how
        often""",
    "bid": """
        {vt} {you:obj}
        {vp} {you:who}
        {va} {you:ab}
        do not {you:inf}
        don't {you:inf}
        never {you:inf}
        let us {inf}
        let {P} {inf1}
        how {mood} you are
        how {aadj} it is to {inf}
        what a {aadj} {idea}
        what {emo}
        what a {padj} {person} you are
        how I {va} {ab}
        {vi}, {vi}
        that I should {inf}
        {det} {aadj} {idea}""",
    # ---- letters ------------------------------------------------------------------------------------------------
    "letter": """
        3* {say:tell}{say:on}.
        2* {say:tell}{say:on}, and {say:tell}.
        {say:tell}; {say:tell}{say:on}; and {say:tell}.
        {say:ask}?
        {when}, {P} {say:act}{say:on}.
        {when}, I {say:act}{say:on}.
        I {say:act}, and {say:sub}{say:on}.
        {P} desires me to {say:inf}{say:on}.
        Pray {you:inf}, and {you:inf}.
        The {sky} {has} {vn.n} here since {weekday}; and {say:now}{say:on}.
        {say:bid}!
        You will {vthat} that {say:sub}, {conj} {say:sub}{say:on}.""",
    "letter_head": """
        {det} {paper} came from {P}, by the {person}, and {S} {vt.d} it {pp}.
        The {paper}, which was from {P}, ran thus.
        The {paper} was dated from {town}, and {vp.d} {S}.
        It was a {tadj} {paper}, in {P's} {body}, and this is what {S} {vt.d}.""",
    "letter_foot": """
        Believe me, my dear {voc}, yours {manner}, {P}.
        I remain, my dear {sir2}, your {padj} {person}, {P}.
        Such was the {paper}.
        Here the {paper} ended.
        {S} {vt.d} the {paper}{and} {act}{tail}.""",
}
