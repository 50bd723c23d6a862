"""What is evaluated on: question files, BEIR folders, JSON lines."""
