"""The command line: parse, call, render, exit code. No rule and no arithmetic here."""
