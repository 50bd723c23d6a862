"""Live sources of papers: services that are asked only when the user says so.

    a source's pages ── client (paced, patient) ──▶ papers ── store ──▶ bookmark

One file per service; each has a SOURCE.
"""
