"""A model's files from the hub into the cache: only those needed, resumed, and verified."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seq2seq import cache, checkpoint
from seq2seq.errors import ModelError
from seq2seq.progress import Progress, shown


@dataclass(frozen=True)
class Remote:
    """A file as the hub lists it."""

    url: str
    name: str
    size: int  # bytes
    digest: str  # SHA-256 of a large file, or the SHA-1 that git gives a small one; in hex


def pull(repo: str, revision: str, progress: Progress | None = None) -> str:
    """Bring the cache up to date with `revision` of `repo`, and return its commit.

    A file that broke off is continued where it ended, also by a later call. That the revision is
    this commit is recorded last, when all files are there.

    Raises:
        ModelError: no such model, none that runs here, no network, or no room.
    """
    with _explained(repo, revision), cache.lock(repo), shown(progress) as show:
        commit, remotes = _listing(repo, revision)
        if checkpoint.CONFIG in remotes:  # it is small, and says whether the rest is of use
            _fetch(repo, commit, remotes[checkpoint.CONFIG], show)
        path = cache.snapshot(repo, commit)
        if lack := checkpoint.lack(remotes, checkpoint.kind(repo, path)):
            raise ModelError(f"{repo} does not run here: it has no {lack}")
        for name in checkpoint.files(remotes):
            _fetch(repo, commit, remotes[name], show)
        if flaw := checkpoint.flaw(repo, path):
            raise ModelError(f"{repo} does not run here: its {flaw} is damaged, also on the hub")
        cache.record(repo, revision, commit)
    return commit


def without_network(name: str) -> str:
    """What helps where there is no network."""
    return (
        f"`--bundled` runs without, `depesche models pull {name}` fetches it where there is one, "
        "and `depesche models unpack FILE` brings it from there"
    )


def _listing(repo: str, revision: str) -> tuple[str, dict[str, Remote]]:
    """The commit that a revision is now, and its files."""
    from huggingface_hub import HfApi, constants, hf_hub_url

    # Neither what runs here nor in which program is the hub's business.
    constants.HF_HUB_DISABLE_TELEMETRY = True
    try:
        info = HfApi().model_info(
            repo, revision=revision, files_metadata=True, timeout=constants.HF_HUB_ETAG_TIMEOUT
        )
    except (ValueError, KeyError, TypeError) as error:  # a portal's page, or an odd mirror's
        raise ModelError(f"{constants.ENDPOINT} does not answer as a model hub does") from error
    commit, remotes = str(info.sha), {}
    for file in info.siblings or []:
        name = file.rfilename
        digest = file.lfs.sha256 if file.lfs else file.blob_id
        url = hf_hub_url(repo, name, revision=commit)
        if isinstance(file.size, int) and cache.DIGEST.fullmatch(str(digest)):
            remotes[name] = Remote(url, name, file.size, str(digest))
    if not cache.COMMIT.fullmatch(commit):
        raise ModelError(f"{constants.ENDPOINT} does not answer as a model hub does")
    return commit, remotes


def _fetch(repo: str, commit: str, remote: Remote, show: Progress) -> None:
    """Have the cache hold `remote`; what it holds already is looked at, not fetched."""
    pointer, blob = cache.snapshot(repo, commit) / remote.name, cache.blob(repo, remote.digest)
    if _holds(pointer, remote):
        return
    if not _holds(blob, remote):
        partial = blob.with_name(f"{blob.name}.incomplete")
        cache.need(remote.size - _size(partial), repo)
        _complete(partial, remote, show)
        if not _holds(partial, remote):
            partial.unlink()
            raise ModelError(f"{repo}: {remote.name} arrived damaged; try again")
        partial.replace(blob)
    cache.link(repo, commit, remote.name, remote.digest)


def _complete(partial: Path, remote: Remote, show: Progress) -> None:
    """Fetch what `partial` lacks; a broken connection is taken up as long as that helps."""
    network_error, size = _network_error(), _size(partial)
    partial.touch()
    while size < remote.size:
        try:
            _append(partial, remote, show)
        except network_error:
            if _size(partial) <= size:
                raise
        if _size(partial) <= size:
            raise ModelError(f"{remote.url} ends early; try again")
        size = _size(partial)


def _append(partial: Path, remote: Remote, show: Progress) -> None:
    from huggingface_hub import constants, get_session
    from huggingface_hub.utils import (  # type: ignore[attr-defined]
        build_hf_headers,
        hf_raise_for_status,
    )

    # Bytes as they are in the repository, since they are counted.
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
    if start := _size(partial):
        headers["Range"] = f"bytes={start}-"
    timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with get_session().stream(
        "GET", remote.url, headers=headers, timeout=timeout, follow_redirects=True
    ) as response:
        hf_raise_for_status(response)
        with partial.open("ab" if response.status_code == 206 else "wb") as file:
            for piece in response.iter_bytes():
                file.write(piece)
                if file.tell() > remote.size:
                    raise ModelError(f"{remote.url} is larger than the hub says")
                show(remote.name, file.tell(), remote.size)


def _holds(file: Path, remote: Remote) -> bool:
    return (
        file.is_file()
        and _size(file) == remote.size
        and cache.digest(file, len(remote.digest)) == remote.digest
    )


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _network_error() -> type[Exception]:
    """What a broken connection raises: an error of httpx, or of httpx2, as the library uses."""
    from huggingface_hub.errors import HfHubHTTPError

    return HfHubHTTPError.__bases__[0]


@contextlib.contextmanager
def _explained(repo: str, revision: str) -> Iterator[None]:
    """What goes wrong on the way, in a line that helps."""
    from huggingface_hub import constants
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RevisionNotFoundError

    hub = constants.ENDPOINT
    try:
        yield
    except RevisionNotFoundError as error:
        raise ModelError(f"{repo} has no revision {revision!r} on {hub}") from error
    except GatedRepoError as error:
        raise ModelError(
            f"{repo} is only for those who accepted its terms on {hub}; if you did, set HF_TOKEN"
        ) from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status in (401, 403, 404):  # the hub does not tell private from absent
            raise ModelError(
                f"{repo} does not exist on {hub} (nor as a directory here), or is private: "
                "check the name, or set HF_TOKEN"
            ) from error
        raise ModelError(f"{hub} answers with error {status}; try again later") from error
    except _network_error() as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{hub} cannot be reached ({reason}); {without_network(repo)}") from error
    except OSError as error:
        raise ModelError(f"cannot write to {cache.root()}: {error.strerror or error}") from error
