"""Words of any text: spelling, sentences, content words. Pure, and knows nothing of papers."""
