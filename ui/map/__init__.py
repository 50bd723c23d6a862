"""The tab that draws the library as a map."""
