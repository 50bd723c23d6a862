"""The vocabulary of the made statements: things, measures and settings of seven fields. Written for this.

Each entry lists one thing's names, divided by "|": evidence uses one, a claim may use another. A measure says
after "+" or "-" whether more of it is welcome.
"""

from __future__ import annotations

from eval.fit.support_model.synthetic_words_life import BIOLOGY, MEDICINE
from eval.fit.support_model.synthetic_words_society import ECOLOGY, ECONOMICS, PSYCHOLOGY
from eval.fit.support_model.synthetic_words_technical import MACHINE_LEARNING, PHYSICS

FIELDS = (MACHINE_LEARNING, MEDICINE, ECOLOGY, PHYSICS, PSYCHOLOGY, ECONOMICS, BIOLOGY)

SYLLABLES = ("ba", "cor", "dex", "el", "fi", "gra", "ho", "ix", "jun", "ka", "lo", "mer", "neo", "ori", "pla", "qua",
             "ri", "sol", "tan", "ul", "ven", "wi", "xan", "ya", "zer", "tri", "pho", "ster", "lin", "mab")  # fmt: skip
"""For invented names: GraTan, Solxan-2, NEOQ."""

MARKS = ("", "", "", "Net", "Former", "-2", "-XL", " 3", "Bench", "Flow", "-B", "ine", "mycin", "Kit", "++")

OPENINGS = (
    "",
    "",
    "",
    "Our experiments show that ",
    "In this study, ",
    "We find that ",
    "Notably, ",
    "Here we report that ",
    "Results indicate that ",
    "CONCLUSIONS: ",
    "Across all trials, ",
    "Interestingly, ",
    "It turned out that ",
    "These data show that ",
    "RESULTS ",
)

CLAIM_OPENINGS = (
    "",
    "",
    "",
    "",
    "",
    "The authors report that ",
    "It was found that ",
    "According to the study, ",
)
