"""Pages from Jinja templates: with their style and script inside, and a policy for no others."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def environment(
    packages: Sequence[str],
    styles: Sequence[str],
    scripts: Sequence[str],
    folder: Path | None = None,
) -> "Environment":
    """What templates are read and filled in.

    HTML and XML is escaped. In templates, `style` and `script` are the texts of these files, and
    `policy` is the Content-Security-Policy of a page that has them and asks nobody for anything.

    Args:
        packages: those whose `templates` are looked through, in this order.
        styles: names of CSS files among the templates.
        scripts: names of JavaScript files among them.
        folder: its files take the place of those of the packages.
    """
    from jinja2 import (
        ChoiceLoader,
        Environment,
        FileSystemLoader,
        PackageLoader,
        StrictUndefined,
        select_autoescape,
    )
    from markupsafe import Markup

    own = [FileSystemLoader(folder)] if folder else []
    loader = ChoiceLoader([*own, *(PackageLoader(package) for package in packages)])
    made = Environment(
        loader=loader,
        autoescape=select_autoescape(["html", "xml"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    directives = ["default-src 'none'"]
    for kind, names in (("style", styles), ("script", scripts)):
        source = "".join(loader.get_source(made, name)[0] for name in names)
        digest = b64encode(sha256(source.encode()).digest()).decode()
        directives.append(f"{kind}-src 'sha256-{digest}'")
        made.globals[kind] = Markup(source)  # noqa: S704 - as trusted as the templates
    directives += ["base-uri 'none'", "form-action 'none'"]
    made.globals["policy"] = Markup("; ".join(directives))  # noqa: S704 - nothing from outside
    return made
