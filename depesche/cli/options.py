"""What commands may be told: the options that several of them share."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar

import typer


@dataclass(frozen=True)
class Device:
    """Where models run; what there is on this machine, the engines know."""

    value: str

    auto: ClassVar["Device"]
    cpu: ClassVar["Device"]

    def __str__(self) -> str:
        return self.value


Device.auto, Device.cpu = Device("auto"), Device("cpu")


class EngineName(StrEnum):
    """What runs them."""

    auto = "auto"
    native = "native"
    ctranslate2 = "ctranslate2"
    torch = "torch"


class FormatName(StrEnum):
    """What an output is written as."""

    txt = "txt"
    md = "md"
    html = "html"
    json = "json"


class BatchFormat(StrEnum):
    """What a batch is written as."""

    jsonl = "jsonl"
    parquet = "parquet"
    md = "md"
    json = "json"


Inputs = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT",
        help="Files (txt, Markdown, HTML, DOCX, PDF), URLs, or - for standard input.",
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="OUT", help="Write to this file.", show_default=False),
]
FormatOption = Annotated[
    FormatName | None,
    typer.Option(
        "--format", help="Default: by OUT's ending, or readable text.", show_default=False
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="Translation model: hub id, directory or bundled name "
        "(default: Helsinki-NLP/opus-mt-de-en).",
        show_default=False,
    ),
]
SummarizerOption = Annotated[
    str | None,
    typer.Option(
        "--summarizer",
        help="Summarization model, or extract, which needs none "
        "(default: sshleifer/distilbart-cnn-12-6).",
        show_default=False,
    ),
]
Bundled = Annotated[
    bool, typer.Option("--bundled", help="Use the bundled models: no download, for first steps.")
]
DeviceOption = Annotated[
    Device,
    typer.Option(
        "--device",
        metavar="auto|cpu|cuda|cuda:0,1",
        help="Where to run; cuda means all GPUs, cuda:0,1 those two.",
        parser=lambda given: Device(str(given)),
    ),
]
EngineOption = Annotated[EngineName, typer.Option("--engine", help="What runs the models.")]
Beam = Annotated[
    int | None,
    typer.Option(
        "--beam", min=1, max=32, help="Translations followed at a time.", show_default="the model's"
    ),
]
Words = Annotated[int, typer.Option("--words", min=10, help="About how many words a brief has.")]
Offline = Annotated[bool, typer.Option("--offline", help="Never touch the network.")]
GlossaryOption = Annotated[
    Path | None,
    typer.Option(
        "--glossary",
        metavar="FILE",
        help="Terms as you want them: TSV or CSV of German, English and, if you like, a note.",
        show_default=False,
    ),
]
NoNames = Annotated[
    bool,
    typer.Option("--no-names", help="Do without the bundled list of names (Kiew is Kyiv)."),
]
Force = Annotated[bool, typer.Option("--force", help="Take a text that is not German, too.")]
ForceEnglish = Annotated[
    bool, typer.Option("--force", help="Take a text that is not English, too.")
]
Archive = Annotated[
    str,
    typer.Argument(
        metavar="INPUT",
        help="A folder, or articles a row: .jsonl, .csv (also .gz, .zst) or .parquet; "
        "here or, with fsspec's packages, elsewhere (s3://…).",
        show_default=False,
    ),
]
BatchOut = Annotated[
    str,
    typer.Argument(
        metavar="OUTPUT", help="A .jsonl file, or a folder; here or elsewhere.", show_default=False
    ),
]
BatchFormatOption = Annotated[
    BatchFormat | None,
    typer.Option(
        "--format",
        help="One JSON Lines file, Parquet parts, or a Markdown or JSON file an article "
        "(default: jsonl if OUTPUT ends so, json if it has no ending).",
        show_default=False,
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit", min=1, metavar="N", help="Take up only N articles now.", show_default=False
    ),
]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Take up the articles again that failed.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only count what there is to do, and estimate the time.")
]
SummaryFile = Annotated[
    Path | None,
    typer.Option(
        "--summary", metavar="FILE", help="Write the closing figures as JSON.", show_default=False
    ),
]
Source = Annotated[
    Path | None,
    typer.Option(
        "--source",
        metavar="FILE",
        help="German, a sentence a line (also .gz, .zst).",
        show_default=False,
    ),
]
Reference = Annotated[
    Path | None,
    typer.Option(
        "--reference",
        metavar="FILE",
        help="The same lines as a person translated them.",
        show_default=False,
    ),
]
BriefsFile = Annotated[
    Path | None,
    typer.Option(
        "--briefs",
        metavar="FILE",
        help="JSON Lines (also .gz, .zst) of `article`, English or German, and `summary`.",
        show_default=False,
    ),
]
Compare = Annotated[
    list[str] | None,
    typer.Option(
        "--compare",
        metavar="RECIPE...",
        help="Measure other ways, too: a model, or what is different (beam=1,engine=torch). "
        "Settings are beam, engine, device, compute and cascade (on, off).",
        show_default=False,
    ),
]
MoreRecipes = Annotated[
    list[str] | None,
    typer.Argument(metavar="RECIPE...", help="More of them, after --compare.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]
Plot = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        help="Draw quality against speed into this .svg or .png file.",
        show_default=False,
    ),
]
Ray = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="[ADDRESS]",
        help="Use all machines of a Ray cluster (auto, HOST:PORT, ray://HOST:PORT); without "
        "ADDRESS, which is possible before another option or at the end, all GPUs of this one.",
        show_default=False,
    ),
]
GpusPerWorker = Annotated[
    float | None,
    typer.Option(
        "--gpus-per-worker",
        min=0,
        metavar="N",
        help="GPUs for each model on the cluster: a part of one, or 1, 2 …; 0: a model a machine "
        "(default: 1 if there are any).",
        show_default=False,
    ),
]
