"""The version of ecosim; results and the package name it."""

__version__ = "0.1.0"
