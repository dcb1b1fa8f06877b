"""The web server: feeds from memory, pages for people, feedback by signed links.

In: Requests.
Out: Documents and pages; judgements handed to the source.
May import: publish, config, core, classifiers.
"""

from aggregator.web.access import check_exposure, check_tokens
from aggregator.web.app import create_app, feedback_links, make_site

__all__ = ["check_exposure", "check_tokens", "create_app", "feedback_links", "make_site"]
