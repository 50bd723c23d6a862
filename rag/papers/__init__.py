"""What a paper is called, how it is cut into passages, which papers pass a filter, and when two are one."""
