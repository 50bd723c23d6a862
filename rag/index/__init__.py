"""Three indexes of one folder: passages in Chroma, words in tantivy, token vectors in files of our own."""
