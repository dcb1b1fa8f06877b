"""A feed daemon: polls feeds, joins reports of one event into stories, keeps what belongs, and says why."""

__version__ = "0.2.0"
