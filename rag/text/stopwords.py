"""Words that carry no topic, in one list, and what each use of it adds.

The words are English and of no field. Chosen by hand: a change moves what late interaction weights and what
counts as a content word, so measure it with `rag eval` and `python -m eval.fit.ranking`.
"""

from __future__ import annotations

_TITLE = "a an and as at by for from in into is of on or the to"
_FUNCTION = """
about all also am another any are be been being both but can could did do does done each few had has have
having he her his how i if it its just least less many may me might more most much must my no not one only
other our over same shall she should so some such than that their them then there these they this those
under up us very was we were what when where which who whom whose why will with would you your paper papers
work works
"""
_LATE = """
article articles between during him nor onto s studies study t two while , . ? ! ; : ' " ( ) [ ] - / `
"""
_FRAME = """
even far first get give given got here long mean meant off ones out per said say second show shown still too
use used using via well whether yes
"""

TITLE_WORDS = frozenset(_TITLE.split())
"""Two spellings of one title may differ in these."""
_FUNCTION_WORDS = TITLE_WORDS.union(_FUNCTION.split())
"""English function words, and "paper" and "work", which any question to a library may have."""
STOP_WORDS = _FUNCTION_WORDS.union(_LATE.split())
"""Late interaction gives these no weight; punctuation is a word piece, too."""
FRAME_WORDS = _FUNCTION_WORDS.union(_FRAME.split())
"""Not what a question is about: also what it is asked with ("what is shown ...")."""
