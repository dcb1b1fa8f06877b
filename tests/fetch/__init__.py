"""Tests of the network edge and of what a poll decides about a feed."""
