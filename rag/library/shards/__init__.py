"""A library in several folders, each an ordinary one with its share of the papers, that answers as one."""
