"""Words that carry no topic in a question: late interaction gives them no weight.

English function words, and the frame of a question put to a library ("which papers ...").
"""

from __future__ import annotations

_WORDS = """
a an the this that these those such some any all each both no not nor and or but if so than then there
i me my we us our you your he him his she her it its they them their one two who whom whose which what
where when why how is are was were be been being am do does did done have has had having can could may
might must shall should will would as at by for from in into of on onto over to under up with about
between during while also just only very more most much many few less least same other another
paper papers work works study studies article articles s t , . ? ! ; : ' " ( ) [ ] - / `
"""
STOP_WORDS = frozenset(_WORDS.split())
