"""German news in, a short English brief out: the chain and its command line."""

__version__ = "0.1.0"
