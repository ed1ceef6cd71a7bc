"""What the program does for a user: one verb, one file. Entry points translate to these and add nothing."""
