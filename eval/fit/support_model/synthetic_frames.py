"""How the made statements are worded: templates of each frame, and the small grammar that fills them.

In a template "[a|b|c]" is any one of the three, "{A}" a slot, and "<up>" a word list that the state of the
statement chooses. A frame's templates all say the same; evidence and claim draw from one list, so that no
word tells a claim from evidence, or a true claim from a false one.
"""

from __future__ import annotations

import random
import re

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_MACRO = re.compile(r"<(\w+)>")

# <more> ... <rise> change sides with the direction of the statement.
UP = {
    "more": "[higher|greater|larger|increased|elevated|more]",
    "less": "[lower|smaller|reduced|decreased|diminished|less]",
    "raised": "[increased|raised|elevated|boosted|improved upon|enhanced|promoted|augmented]",
    "raises": "[increases|raises|elevates|boosts|enhances|promotes|drives up]",
    "raise": "[increase|raise|elevate|boost|enhance|drive up]",
    "rose": "[increased|rose|went up|climbed|grew]",
    "rises": "[increases|rises|goes up|climbs|grows]",
    "rise": "[an increase|a rise|a gain|growth|an upturn]",
    "fall": "[a decrease|a drop|a decline|a reduction|a fall]",
    "positive": "[positively|directly]",
    "together": "[the same direction]",
}
DOWN = {
    "more": UP["less"],
    "less": UP["more"],
    "raised": "[decreased|lowered|reduced|diminished|cut|suppressed|curbed]",
    "raises": "[decreases|lowers|reduces|diminishes|cuts|suppresses|brings down]",
    "raise": "[decrease|lower|reduce|diminish|cut|suppress|bring down]",
    "rose": "[decreased|fell|went down|dropped|declined|shrank]",
    "rises": "[decreases|falls|goes down|drops|declines|shrinks]",
    "rise": UP["fall"],
    "fall": UP["rise"],
    "positive": "[negatively|inversely]",
    "together": "[opposite directions]",
}

COMPARE = (  # A has more of M than B, where S
    "{A} [had|showed|reached|gave|led to|is associated with|has] [|significantly |clearly |markedly ]<more> {M} than {B} {S}",
    "{B} [had|showed|reached|gave|led to|has] [|significantly |clearly |somewhat ]<less> {M} than {A} {S}",
    "{M} {S} [was|is] [|significantly |much ]<more> [for|with|in|under] {A} than [for|with|in|under] {B}",
    "{M} {S} [was|is] <less> [for|with|under] {B} than [for|with|under] {A}",
    "compared [with|to] {B}, {A} [had|showed|gave|shows] [|a ][|significantly ]<more> {M} {S}",
    "compared [with|to] {A}, {B} [had|showed|gave|shows] <less> {M} {S}",
    "[relative to|in comparison with|as opposed to] {B}, {M} [was|is] <more> with {A} {S}",
    "[relative to|in comparison with] {A}, {M} {S} [was|is] <less> with {B}",
    "of {A} and {B}, the former [had|showed] the <more> {M} {S}",
    "of {A} and {B}, it was the latter that [had|showed] the <less> {M} {S}",
    "{A}, whose {M} [was|is] <more> than that of {B} {S}",
    "the {M} of {B} [stayed|was|is] below that of {A} {S}@up",
    "the {M} of {A} [stayed|was|is] below that of {B} {S}@down",
    "{A} exceeded {B} in {M} {S}@up",
    "{B} exceeded {A} in {M} {S}@down",
    "{B} [trailed|lagged behind|fell short of] {A} in {M} {S}@up",
    "{A} [trailed|lagged behind|fell short of] {B} in {M} {S}@down",
    "{M} {S} [with|under] {B} was exceeded by {M} [with|under] {A}@up",
    "{B} [was|is] surpassed by {A} in {M} {S}@up",
    "{A} [was|is] surpassed by {B} in {M} {S}@down",
    "choosing {A} over {B} [means|meant] <more> {M} {S}",
    "moving from {B} to {A} <raised> {M} {S}",
    "{M} {S} <rose> when {B} [was|were] replaced by {A}",
    "{M} {S} <rose> when {A} took the place of {B}",
    "{A} [had|has] <more> {M} {S}, {B} <less>",
    "{M} {S} [was|is] <less> in the case of {B} than in that of {A}",
)
BETTER = (  # A is better than B in M, where S; M's welcome direction says which way that is
    "{A} [outperformed|outperforms|beat|surpassed|did better than|was superior to|is better than] {B} [in|in terms of|on] {M} {S}",
    "{B} [was|is] [outperformed|beaten|surpassed] by {A} [in|in terms of|on] {M} {S}",
    "{B} [did worse than|was inferior to|performed worse than|is worse than] {A} [in|in terms of|on] {M} {S}",
    "in {M}, {A} [came out ahead of|improved on|won against] {B} {S}",
    "in {M}, {B} [lost to|came out behind|was no match for] {A} {S}",
    "{A} [gave|achieved|yields] better {M} than {B} {S}",
    "{B} [gave|achieved|yields] [worse|poorer] {M} than {A} {S}",
    "[compared with|relative to] {B}, {A} improved {M} {S}",
    "[compared with|relative to] {A}, {B} [worsened|hurt] {M} {S}",
)
EQUAL = (
    "{A} and {B} [did not differ|had similar results|were alike|were on a par] in {M} {S}",
    "there was no [significant |clear |]difference in {M} between {A} and {B} {S}",
    "{M} {S} was [comparable|similar|the same|indistinguishable] for {A} and {B}",
    "{A} had [neither higher nor lower|about the same] {M} [than|as] {B} {S}",
    "{M} with {A} [matched|equalled] that with {B} {S}",
    "in {M}, {A} was no [better|worse] than {B} {S}",
)
NOT_MORE = (
    "{A} did not [have|show|reach] <more> {M} than {B} {S}",
    "{M} {S} [was|is] not <more> with {A} than with {B}",
    "{A} failed to [show|bring|give] <more> {M} than {B} {S}",
    "compared with {B}, {A} [did not|failed to] <raise> {M} {S}",
    "no <rise> in {M} was [seen|found] with {A} over {B} {S}",
)
CHANGE = (  # X raises M, where S
    "{X} [|significantly |strongly ]<raised> {M} {S}",
    "{X} [|significantly |strongly ]<raises> {M} {S}",
    "{M} {S} [was|is] <raised> by {X}",
    "{M} {S} <rose> [after|with|under|in response to|upon] {X}",
    "[after|with|under|in response to] {X}, {M} {S} <rose>",
    "{X} [led to|resulted in|caused|brought about|was followed by] <rise> in {M} {S}",
    "{X} [led to|resulted in|caused|brought about] [|significantly ]<more> {M} {S}",
    "<rise> in {M} {S} [followed|was caused by|was due to|resulted from] {X}",
    "{M} {S} <rises> when {X} [is|are] present",
    "without {X}, {M} [was|is|would be] <less> {S}",
    "[removing|blocking|withdrawing|taking away] {X} [leads to|caused|led to] <fall> in {M} {S}",
    "the more of {X}, the <more> {M} {S}",
    "{X} [is|was] [what <raises>|responsible for <more>] {M} {S}",
)
UNCHANGED = (
    "{X} [did not affect|had no effect on|left unchanged|did not change|had no influence on] {M} {S}",
    "{M} {S} [was|is] [unaffected by|independent of|insensitive to|the same with or without] {X}",
    "no effect of {X} on {M} was [found|seen|detected] {S}",
    "{M} {S} did not depend on {X}",
    "[removing|adding] {X} made no difference to {M} {S}",
)
NOT_CHANGE = (
    "{X} did not <raise> {M} {S}",
    "{X} failed to <raise> {M} {S}",
    "{M} {S} was not <raised> by {X}",
    "no <rise> in {M} {S} was [seen|observed|found] with {X}",
    "{X} was unable to <raise> {M} {S}",
    "there was no evidence that {X} <raises> {M} {S}",
)
CORRELATE = (
    "{X} and {M} [were|are] <positive> [correlated|associated|related] {S}",
    "{M} {S} [was|is] <positive> [correlated|associated|related] with {X}",
    "{X} [correlated|correlates] <positive> with {M} {S}",
    "{X} and {M} moved in <together> {S}",
    "<more> {M} went with more {X} {S}",
)

# What one agent does to another. Every template of a line says that X does it to Y.
RELATIONS = (
    "{X} [guides|supervises|teaches|instructs] {Y}|{Y} is [guided|supervised|taught|instructed] by {X}|{Y} learns from {X}|{Y} receives guidance from {X}|it is {X} that [guides|teaches] {Y}|the guidance that {Y} receives comes from {X}",
    "{X} [precedes|comes before|happens before|comes ahead of] {Y}|{Y} [follows|comes after|succeeds|happens after] {X}|{X} is followed by {Y}|{Y} is preceded by {X}|first comes {X}, then {Y}|only after {X} does {Y} follow",
    "{X} [inhibits|blocks|suppresses|represses] {Y}|{Y} is [inhibited|blocked|suppressed|repressed] by {X}|inhibition of {Y} by {X} was [seen|observed]|{X} acts as an inhibitor of {Y}|{Y} is held down by {X}",
    "{X} [activates|stimulates|triggers|switches on] {Y}|{Y} is [activated|stimulated|triggered|switched on] by {X}|activation of {Y} by {X} was [seen|observed]|{X} is an activator of {Y}|{Y} needs {X} to become active",
    "{X} is [derived|obtained|produced] from {Y}|{Y} [gives rise to|yields] {X}|{Y} is the [source|origin] of {X}|{X} [stems|originates] from {Y}|{Y} is what {X} comes from",
    "{X} [depends on|relies on|requires|needs] {Y}|{Y} is [required by|necessary for|needed by|a precondition of] {X}|without {Y} there is no {X}|{X} cannot do without {Y}|{Y} is indispensable to {X}",
    "{X} [contains|includes|comprises] {Y}|{Y} is [part of|contained in|included in|a component of] {X}|{Y} belongs to {X}|one component of {X} is {Y}",
    "{X} [causes|leads to|brings about|results in] {Y}|{Y} is [caused|brought about] by {X}|{Y} results from {X}|{X} is [a|the] cause of {Y}|{Y} is a consequence of {X}|the cause of {Y} is {X}",
    "{X} [predicts|forecasts|is a predictor of] {Y}|{Y} is [predicted|forecast] by {X}|{Y} can be predicted from {X}|from {X} one can foresee {Y}",
    "{X} [replaces|displaces|supplants|takes the place of] {Y}|{Y} is [replaced|displaced|supplanted] by {X}|{Y} gives way to {X}|in place of {Y} there is {X}|{X} is used instead of {Y}",
    "{X} [controls|regulates|governs|determines] {Y}|{Y} is [controlled|regulated|governed|determined] by {X}|{Y} is under the control of {X}|control over {Y} lies with {X}",
    "{X} [attacks|preys on|feeds on] {Y}|{Y} is [attacked|preyed on|eaten] by {X}|{Y} falls prey to {X}|{Y} is the prey of {X}",
    "{X} [protects|shields|defends] {Y}|{Y} is [protected|shielded|defended] by {X}|{X} offers protection to {Y}|{Y} owes its protection to {X}",
    "{X} [informs|sends signals to|passes information to] {Y}|{Y} [is informed by|receives signals from|gets information from] {X}|information flows from {X} to {Y}|signals pass from {X} to {Y}|signals of {X} reach {Y}",
    "{X} [selects|chooses|picks] {Y}|{Y} is [selected|chosen|picked] by {X}|the choice of {Y} is made by {X}|it is up to {X} to choose {Y}",
    "{X} [evaluates|scores|judges|assesses] {Y}|{Y} is [evaluated|scored|judged|assessed] by {X}|the evaluation of {Y} is done by {X}|{Y} is subject to the judgement of {X}",
    "{X} [outnumbers|is more common than|is more frequent than] {Y}|{Y} is [outnumbered by|less common than|rarer than|less frequent than] {X}|{X} occurs more often than {Y}",
    "{X} is converted into {Y}|{X} [turns into|becomes] {Y}|{Y} [is made from|is formed from] {X}|conversion of {X} to {Y}[ takes place| was observed]",
    "{X} is [pretrained|trained] on {Y}|{Y} [serves as training data for|is what trains] {X}|training of {X} uses {Y}",
    "{X} [drives|sets the pace of] {Y}|{Y} is driven by {X}|{Y} [responds to|reacts to] {X}|changes in {X} bring changes in {Y}",
    "{X} [binds to|attaches to|docks onto] {Y} and then moves it|{Y} is bound and then moved by {X}|after binding, {X} moves {Y}",
    "{X} explains [more|a larger share] of the variance than {Y}|{Y} explains [less|a smaller share] of the variance than {X}|{Y} is a weaker predictor than {X}|{X} is the stronger predictor, {Y} the weaker|as a predictor, {X} beats {Y}",
    "{X} [lies above|sits on top of|covers] {Y}|{Y} [lies below|sits beneath|is covered by] {X}|{Y} is found underneath {X}",
    "{X} [transfers|passes on|hands] its [output|load|knowledge] to {Y}|{Y} [takes over|receives|gets] the [output|load|knowledge] of {X}|from {X} the [output|load|knowledge] goes to {Y}",
)
RELATED_NOT = (
    "{X} does not [affect|depend on|act on] {Y}|{Y} is not [affected by|under the influence of] {X}",
)

PAIRED = (  # each of two things with what is said of it
    "{A} {p}, [whereas|while|but] {B} {q}",
    "[whereas|while] {B} {q}, {A} {p}",
    "unlike {B}, which {q}, {A} {p}",
    "{A} {p}; {B}, [by contrast|however|on the other hand], {q}",
    "{A} {p} and {B} {q}",
    "it is {A} that {p}, and {B} that {q}",
    "[in contrast to|as distinct from] {A}, which {p}, {B} {q}",
    "we find that {A} {p} and, moreover, that {B} {q}",
)
SINGLE = (
    "{A} {p}",
    "{A} {p}",
    "it is {A} that {p}",
    "what {p} is {A}",
    "the one that {p} is {A}",
)
EXCEPT = ("{A}, [unlike|in contrast to] {B}, {p}", "{A} {p}, {B} does not", "only {A}, and not {B}, {p}")

VALUES = (  # A has v in M at S and w at T
    "{A} [reached|had|showed|gave] {v} in {M} {S} and {w} {T}",
    "{M} of {A} was {v} {S} [and|but] {w} {T}",
    "{S}, {M} of {A} [was|came to] {v}; {T} it [was|came to] {w}",
    "{A} [had|reached] {w} in {M} {T}, [against|compared with] {v} {S}",
)
VALUE = (
    "{A} [reached|had|showed|gave] {v} in {M} {S}",
    "{S}, {M} of {A} [was|came to] {v}",
    "{M} of {A} {S} was {v}",
    "{v} was the {M} of {A} {S}",
    "a {M} of {v} [was found for|was reached by] {A} {S}",
)
RESPECTIVE = (  # A has v, B has w
    "{A} and {B} [had|reached|showed] {M} of {v} and {w} {S}, respectively",
    "{M} {S} was {v} for {A} and {w} for {B}",
    "{A} had {M} of {v} {S}, {B} of {w}",
    "{M} {S} was {w} with {B}, [as against|compared with] {v} with {A}",
)

COUNTED = (  # in n of m
    "{A} <verbs> {B} in {n} of [the ]{m} [trials|tests|cases|sites]",
    "in {n} [out of|of] {m} [trials|tests|cases|sites], {A} <verbs> {B}",
    "{A} <verbs> {B} in {part} [trials|tests|cases|sites]",
)

HEDGES = (  # full statement with the limit that a claim may not leave out
    ("may", "{A} may {verb}", "{A} {verbs}"),
    ("might", "it is possible that {A} {verbs}", "{A} always {verbs}"),
    ("suggests", "[preliminary results|pilot data|a small sample] [suggest|hint] that {A} {verbs}", "it is proven that {A} {verbs}"),
    ("some", "in some [cases|samples|instances], {A} {verbs}", "in every [case|sample|instance], {A} {verbs}"),
    ("some", "{A} [sometimes|occasionally|at times] {verbs}", "{A} [always|invariably|without exception] {verbs}"),
    ("most", "in most [cases|samples|instances], {A} {verbs}", "in all [cases|samples|instances], {A} {verbs}"),
    ("partly", "{A} [partly|to some extent|in part] {verbs}", "{A} [fully|completely|entirely] {verbs}"),
    ("only", "{A} {verbs} only {S}", "{A} {verbs} under all conditions"),
    ("only", "{A} {verbs}, but only {S}", "{A} {verbs} everywhere"),
    ("setting", "{S}, {A} {verbs}", "{A} {verbs} in general"),
    ("setting", "{A} {verbs} {S}", "{A} {verbs} {T} as well as {S}"),
    ("nearly", "{A} [nearly|almost|not quite] {verbs}", "{A} {verbs}"),
    ("could", "{A} could {verb} if [tuned well|conditions are right]", "{A} {verbs} in any event"),
    ("among", "{A} is among those that {verb}", "{A} is the only one that {verbs}"),
    ("trend", "there was a trend, not significant, for {A} to {verb}", "{A} significantly {verbs}"),
)  # fmt: skip


def expand(template: str, words: dict[str, str], rng: random.Random) -> str:
    """The template with one choice made everywhere. `words` gives what stands for <macros>."""
    text = _MACRO.sub(lambda match: words[match[1]], template)
    while True:
        text, n = _CHOICE.subn(lambda match: rng.choice(match[1].split("|")), text)
        if not n:
            return text


def fill(template: str, slots: dict[str, str]) -> str:
    """The template with its slots filled, single spaces, and no sign at its end."""
    text = _SLOT.sub(lambda match: slots[match[1]], template)
    text = re.sub(r"\b([Nn]o|the) (?:a|an) ", r"\1 ", re.sub(r"\s+", " ", text))
    return re.sub(r"\s+([,;.])", r"\1", text).strip(" ,;")
