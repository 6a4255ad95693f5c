"""Places that are not on this machine: s3://, gs:// and whatever else fsspec knows."""

from pathlib import Path
from typing import Any

from depesche.brief import InputError, OutputError


def local_path(place: str) -> Path | None:
    """The path of a place on this machine, None if it is elsewhere."""
    if "://" not in place:
        return Path(place)
    return Path(found(place, InputError)[1]) if place.startswith("file://") else None


def found(url: str, kind: type[InputError] | type[OutputError]) -> tuple[Any, str]:
    """The file system of a place, and the path there.

    Raises:
        InputError, OutputError: of the `kind` that is asked for; there is no such file system, or
            a package for it is missing.
    """
    from fsspec.core import url_to_fs

    try:
        system, path = url_to_fs(url, use_listings_cache=False)
    except (ImportError, ValueError, OSError) as error:
        raise kind(f"{url}: {one_line(error)}") from error
    return system, str(path)


def one_line(error: Exception) -> str:
    """What an error of a storage says, in a line."""
    said = " ".join(str(getattr(error, "strerror", None) or error).split())
    return said[:300] or type(error).__name__
