"""One run of an evaluation: made, kept, summed up, compared, held to floors."""
