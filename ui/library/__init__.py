"""The tab that lists the papers, and takes new ones in."""
