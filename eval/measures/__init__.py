"""Measures, and their intervals."""
