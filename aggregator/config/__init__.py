"""config.toml -> frozen `Config` (`load.load`), or every mistake at once with its line.

In: The text of config.toml, OPML lists, the environment.
Out: Config; or ConfigError with all that is wrong.
May import: core, classifiers.
"""

from aggregator.config.outputs import OutputConfig, WebConfig
from aggregator.config.polling import FeedConfig, HttpConfig, PollConfig
from aggregator.config.root import Config
from aggregator.config.storage import LogConfig, StoreConfig
from aggregator.config.stories import OriginConfig, StoriesConfig

__all__ = [
    "Config",
    "FeedConfig",
    "HttpConfig",
    "LogConfig",
    "OriginConfig",
    "OutputConfig",
    "PollConfig",
    "StoreConfig",
    "StoriesConfig",
    "WebConfig",
]
