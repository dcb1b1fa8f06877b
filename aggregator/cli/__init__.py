"""The command line: arguments only. Every verb calls something that a test can call too."""

from aggregator.cli.app import app, main

__all__ = ["app", "main"]
