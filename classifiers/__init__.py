"""Decide by topic what belongs. Usable in a notebook: nothing here needs a database, a feed or the daemon."""
