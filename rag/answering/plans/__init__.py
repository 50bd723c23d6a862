"""Answer plans: one an intent, each from ranked papers to what is said of which paper, in sections.

A plan chooses papers and sentences and gives them their headings and names; rag/answering/plans/composer.py
makes the text and its citations. Nothing is searched here, and no model is asked.
"""
