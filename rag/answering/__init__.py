"""From papers to a cited answer, or none: quoted or written, attributed, checked."""
