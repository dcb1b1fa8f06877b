"""The command line: arguments and printing only. Every verb calls something that a test can call too.

In: Arguments.
Out: Text or JSON on the terminal; an exit code.
May import: everything below.
"""
