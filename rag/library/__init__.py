"""A folder of papers: opened, written by one process at a time, repaired, backed up, looked up."""
