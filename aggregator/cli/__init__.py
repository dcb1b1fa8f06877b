"""The command line: arguments only. Every verb calls something that a test can call too."""
