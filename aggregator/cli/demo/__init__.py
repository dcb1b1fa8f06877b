"""A small invented news world on loopback, for trying the daemon without a network, and for its tests.

`world/*.toml` holds the outlets and what they publish, `world.py` reads them, `render.py` writes the feeds,
`site.py` serves them, `settings.py` writes a config.toml for them. Outlets and events are invented.

In: nothing but a free port.
Out: outlets on loopback that publish on, and a daemon that polls them.
May import: everything below `cli`.
"""

from aggregator.cli.demo.settings import config_text
from aggregator.cli.demo.site import DemoSite

__all__ = ["DemoSite", "config_text"]
