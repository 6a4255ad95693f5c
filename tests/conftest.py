"""What every test has: caches of its own, no network, and tiny models where it asks for them."""

import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub import constants

from depesche import cli, fetch
from depesche.daily.state import State
from tests.browser import CHROMIUM, FLAGS, Tabs
from tests.hub import Hub, directory
from tests.newsroom import Newsroom, newsroom
from tests.tiny import add_decoys, tiny_bart, tiny_marian

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MARIAN = "Helsinki-NLP/opus-mt-de-en"
BART = "sshleifer/distilbart-cnn-12-6"


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test neither sees nor changes the caches, the settings and the token of who runs it."""
    for name in ("HF_HUB_OFFLINE", "HF_HUB_CACHE", "HF_TOKEN", "HF_TOKEN_PATH", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "hf"
    monkeypatch.setenv("HF_HOME", str(home))
    monkeypatch.setenv("DEPESCHE_CACHE", str(tmp_path / "depesche"))
    # The library has read the environment already.
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(home / "token"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond this machine there is no network: tests pass, and mean the same, without one."""
    connect, getaddrinfo = socket.socket.connect, socket.getaddrinfo
    here = ("127.0.0.1", "::1", "localhost")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in here:
            raise OSError(f"a test reached for {address}")
        connect(self, address)

    def guarded_getaddrinfo(host: Any, *args: Any, **settings: Any) -> Any:
        if host not in here:
            raise socket.gaierror(socket.EAI_NONAME, f"a test looked {host} up")
        return getaddrinfo(host, *args, **settings)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes a socket, for whatever address, fails the test."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a socket was made")

    monkeypatch.setattr(socket.socket, "__init__", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs a command line in this process: its exit code, stdout and stderr."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["depesche", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        said = capsys.readouterr()
        return int(stopped.value.code or 0), said.out, said.err

    return run


@pytest.fixture(scope="session")
def tiny_marian_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model with the files of opus-mt-de-en."""
    return tiny_marian(tmp_path_factory.mktemp("models") / "marian")


@pytest.fixture(scope="session")
def tiny_bart_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model with the files of distilbart-cnn-12-6."""
    return tiny_bart(tmp_path_factory.mktemp("models") / "bart")


@pytest.fixture(scope="session")
def hub_server() -> Iterator[Hub]:
    server = Hub()
    yield server
    server.close()


@pytest.fixture
def hub(hub_server: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A hub without faults, which is the one that is asked; it holds what tests put there."""
    hub_server.reset()
    monkeypatch.setenv("HF_ENDPOINT", hub_server.url)
    monkeypatch.setattr(constants, "ENDPOINT", hub_server.url)
    template = hub_server.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    return hub_server


@pytest.fixture
def models_on_hub(
    hub: Hub, tiny_marian_dir: Path, tiny_bart_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Hub:
    """A hub with the two default models, and with what lies beside them."""
    decoys = tmp_path_factory.mktemp("decoys")
    add_decoys(decoys)
    hub.add(MARIAN, directory(tiny_marian_dir) | directory(decoys))
    hub.add(BART, directory(tiny_bart_dir) | directory(decoys))
    return hub


@pytest.fixture
def room() -> Iterator[Newsroom]:
    """Publishers on a server of this machine."""
    with newsroom() as running:
        yield running


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """What earlier runs of the daily brief have kept: nothing yet."""
    with State(tmp_path / "state") as opened:
        yield opened


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server does not answer is asked for again without much delay."""
    monkeypatch.setattr(fetch, "PAUSES", (0.01,))


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def tabs(browser: "Browser") -> Iterator[Tabs]:
    """A browser for one test, none of whose pages complains."""
    opened = Tabs(browser)
    yield opened
    opened.close()
    assert opened.complaints == []
