"""The command line: arguments in, a use case called, its answer printed. Nothing is decided here."""
