"""Does the cited evidence support a claim? Numbers, names and meaning, each checked in a module of its
own."""
