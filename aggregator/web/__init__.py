"""The web server: feeds from memory, a few pages for people, feedback by signed links."""

from aggregator.web.access import check_exposure, check_tokens
from aggregator.web.app import create_app, feedback_links, make_site

__all__ = ["check_exposure", "check_tokens", "create_app", "feedback_links", "make_site"]
