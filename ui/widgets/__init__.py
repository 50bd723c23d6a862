"""Pieces of a page that every tab uses: escaped markup, a region of HTML, work in the background."""
