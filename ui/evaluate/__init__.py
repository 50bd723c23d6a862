"""The tab that runs evaluations and shows their reports."""
