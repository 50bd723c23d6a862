"""One run of an evaluation: made, kept, summed up, compared, checked against floors."""
