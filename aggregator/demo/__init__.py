"""A small news world on loopback, for trying the daemon and for its tests."""
