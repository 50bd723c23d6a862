"""Question files made: known items, a model's, readers' feedback, claims and evidence."""
