"""The grammar of the command line, from words to options."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, NoReturn

from viewer.commands import options
from viewer.commands.options import (
    BatchOptions,
    BenchmarkOptions,
    CommonOptions,
    CompareOptions,
    EvaluateOptions,
    ExportOptions,
    ModelsOptions,
    Place,
    TrainOptions,
    ViewOptions,
)
from viewer.commands.words import arrange, options_in

PROGRAM = "liif-viewer"

SAMPLERS = (
    "nearest, bicubic, lanczos, liif, metasr, gradient:NAME, a name from `models` or a model file"
)

Options = (
    ViewOptions
    | ExportOptions
    | BatchOptions
    | CompareOptions
    | EvaluateOptions
    | TrainOptions
    | BenchmarkOptions
    | ModelsOptions
)


class MisuseError(Exception):
    """Arguments that cannot be parsed; its text is one sentence."""


@dataclass(frozen=True)
class Request:
    """What a person asked for.

    Attributes:
        command: ``view``, ``export``, ``batch``, ``compare``, ``evaluate``, ``train``,
            ``benchmark``, ``models``, or ``version``.
        options: those of the command.
        common: those that every command takes.
    """

    command: str
    options: Options | None
    common: CommonOptions


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and which does not guess at shortened options."""

    def __init__(self, **settings: Any):
        settings.setdefault("allow_abbrev", False)
        super().__init__(**settings)

    def error(self, message: str) -> NoReturn:
        """Raise `MisuseError`; a message that says what to do is left alone."""
        hint = "" if ";" in message else f"; see {self.prog} --help"
        raise MisuseError(f"{message}{hint}")


def read(words: Sequence[str]) -> Request:
    """What the words after the program's name ask for.

    Raises:
        MisuseError: if they cannot be parsed.
        SystemExit: after ``--help``, with code 0.
    """
    if "--version" in options_in(words):
        known, _ = Parser(prog=PROGRAM, parents=[_common()], add_help=False).parse_known_args(words)
        return Request("version", None, _common_options(known))
    arguments = build().parse_args(arrange(words, _COMMANDS))
    return Request(arguments.command, arguments.make(arguments), _common_options(arguments))


def build() -> Parser:
    """The parser of the whole command line."""
    common = _common()
    parser = Parser(
        prog=PROGRAM,
        parents=[common],
        description="A zoom viewer that never runs out of pixels. Without a command it opens "
        "the window.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (text, add, make) in _COMMANDS.items():
        command = commands.add_parser(name, parents=[common], help=text, description=text)
        add(command)
        command.set_defaults(make=make)
    return parser


def _common() -> Parser:
    """Options of every command. They have no defaults, so that a word may stand on either side."""
    parser = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = parser.add_argument_group("common options")
    group.add_argument(
        "--device", type=options.device, metavar="DEVICE", help="auto, cpu, cuda, cuda:N or mps"
    )
    group.add_argument(
        "--precision", choices=options.PRECISIONS, metavar="P", help="auto, fp32, bf16 or fp16"
    )
    group.add_argument("--threads", type=_whole(1, 1024), metavar="N", help="CPU threads")
    for name, text in (
        ("overwrite", "replace a file that is already there"),
        ("quiet", "say nothing but errors"),
        ("debug", "show a traceback with an error"),
        ("version", "show the versions of the program and torch, device and default model"),
    ):
        group.add_argument(f"--{name}", action="store_true", help=text)
    return parser


def _common_options(arguments: argparse.Namespace) -> CommonOptions:
    given = vars(arguments)
    names = [field.name for field in fields(CommonOptions)]
    return CommonOptions(**{name: given[name] for name in names if name in given})


def _whole(least: int, most: int) -> Callable[[str], int]:
    return partial(options.whole_number, least=least, most=most)


def _add_view(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", nargs="*", type=options.path, metavar="IMAGE")


def _view(arguments: argparse.Namespace) -> ViewOptions:
    return ViewOptions(tuple(arguments.images))


def _add_picture(parser: argparse.ArgumentParser, out: str) -> None:
    parser.add_argument("image", type=options.path, metavar="IMAGE")
    parser.add_argument(
        "-o", "--output", type=options.path, metavar=out, required=True, help="the file"
    )
    parser.add_argument(
        "--region",
        type=options.region,
        metavar="X,Y,W,H",
        help="a part of the picture, in source pixels",
    )
    _add_gain_and_quality(parser)


def _add_gain_and_quality(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--gain",
        type=options.gain,
        default=1.0,
        metavar="G",
        help="factor of gradient maps; by default 1",
    )
    parser.add_argument(
        "--quality",
        type=_whole(1, 100),
        default=95,
        metavar="Q",
        help="of JPEG, WebP and AVIF; by default 95",
    )


def _add_export(parser: argparse.ArgumentParser) -> None:
    _add_picture(parser, "OUT")
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument(
        "--scale", type=options.scale, metavar="S", help="output pixels a source pixel: 4, 1/3"
    )
    target.add_argument("--size", type=options.size, metavar="WxH", help="output width and height")
    _add_sampler_and_depth(parser)


def _add_sampler_and_depth(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sampler", default="liif", metavar="NAME", help=f"{SAMPLERS}; by default liif"
    )
    parser.add_argument(
        "--depth",
        type=_whole(8, 16),
        choices=(8, 16),
        metavar="8|16",
        help="bits a sample; by default the source's own where the format has them",
    )


def _export(arguments: argparse.Namespace) -> ExportOptions:
    return ExportOptions(
        image=arguments.image,
        out=arguments.output,
        place=Place(arguments.scale, arguments.size, arguments.region),
        sampler=arguments.sampler,
        gain=arguments.gain,
        depth=arguments.depth,
        quality=arguments.quality,
    )


def _add_batch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder",
        type=options.path,
        metavar="DIR",
        help="a folder with pictures; those in its folders stay",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=options.path,
        metavar="OUTDIR",
        required=True,
        help="another folder, made if it is missing: a.jpg becomes a.png in it, but a.jpg.png "
        "where there is an a.webp too",
    )
    parser.add_argument(
        "--scale",
        type=options.scale,
        required=True,
        metavar="S",
        help="output pixels a source pixel: 4, 1/3",
    )
    _add_sampler_and_depth(parser)
    parser.add_argument(
        "--format",
        choices=options.ENDINGS,
        default="png",
        metavar="F",
        help="png, tif, jpg, webp or avif; by default png",
    )
    _add_gain_and_quality(parser)
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on: skip pictures whose file is in OUTDIR already",
    )


def _batch(arguments: argparse.Namespace) -> BatchOptions:
    if arguments.resume and _common_options(arguments).overwrite:
        raise MisuseError("--resume keeps what --overwrite replaces; leave one of them out")
    return BatchOptions(
        folder=arguments.folder,
        out=arguments.output,
        scale=arguments.scale,
        ending=arguments.format,
        sampler=arguments.sampler,
        gain=arguments.gain,
        depth=arguments.depth,
        quality=arguments.quality,
        resume=arguments.resume,
    )


def _add_compare(parser: argparse.ArgumentParser) -> None:
    _add_picture(parser, "SHEET.png")
    parser.add_argument(
        "--samplers",
        type=options.samplers,
        default=("bicubic", "liif"),
        metavar="A,B,…",
        help=f"up to four of: {SAMPLERS}, {options.QUOTED}; by default bicubic,liif",
    )
    parser.add_argument(
        "--scale", type=options.scale, metavar="S", help="by default 4, or what fits a screen"
    )
    parser.add_argument(
        "--inset",
        type=options.region,
        action="append",
        default=[],
        dest="insets",
        metavar="X,Y,W,H",
        help="a part to show enlarged below each panel; up to three times",
    )


def _compare(arguments: argparse.Namespace) -> CompareOptions:
    if len(arguments.insets) > options.MOST_INSETS:
        raise MisuseError(f"a sheet has up to {options.MOST_INSETS} insets; leave some --inset out")
    return CompareOptions(
        image=arguments.image,
        out=arguments.output,
        samplers=arguments.samplers,
        scale=arguments.scale,
        region=arguments.region,
        gain=arguments.gain,
        insets=tuple(arguments.insets),
        quality=arguments.quality,
    )


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=options.path,
        metavar="DIR",
        required=True,
        help="a folder with images, or with folders of images",
    )
    parser.add_argument(
        "--scales", type=options.scales, metavar="S,T,…", required=True, help="such as 2,3,4 or 2.5"
    )
    parser.add_argument(
        "--samplers",
        type=options.any_samplers,
        default=("bicubic", "liif"),
        metavar="A,B,…",
        help=f"any of: {SAMPLERS}, {options.QUOTED}; by default bicubic,liif",
    )
    parser.add_argument(
        "--protocol",
        choices=options.PROTOCOLS,
        default="benchmark",
        metavar="P",
        help="benchmark (luma, border ⌈scale⌉; the default) or div2k (RGB, border ⌈scale⌉ + 6)",
    )
    parser.add_argument(
        "--json", type=options.path, metavar="FILE", help="write the scores for programs"
    )
    parser.add_argument(
        "--csv", type=options.path, metavar="FILE", help="write them for spreadsheets"
    )
    parser.add_argument(
        "--images", type=options.path, metavar="DIR", help="write the restored images to a folder"
    )


def _evaluate(arguments: argparse.Namespace) -> EvaluateOptions:
    return EvaluateOptions(
        data=arguments.data,
        scales=arguments.scales,
        samplers=arguments.samplers,
        protocol=arguments.protocol,
        json=arguments.json,
        csv=arguments.csv,
        images=arguments.images,
    )


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "config",
        type=options.name,
        metavar="CONFIG",
        help="a configuration's name or its TOML file",
    )
    parser.add_argument(
        "--data", type=options.path, metavar="DIR", help="a folder with images to learn by"
    )
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--resume",
        type=options.path,
        metavar="FILE",
        help="go on from the checkpoint.json of a run",
    )
    start.add_argument(
        "--init", type=options.path, metavar="FILE", help="begin a new schedule with these weights"
    )
    parser.add_argument(
        "--minutes", type=options.minutes, metavar="N", help="end the schedule after so long"
    )
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        dest="changes",
        help="change settings of the configuration, such as batch=8",
    )


def _train(arguments: argparse.Namespace) -> TrainOptions:
    return TrainOptions(
        config=arguments.config,
        data=arguments.data,
        resume=arguments.resume,
        init=arguments.init,
        minutes=arguments.minutes,
        changes=tuple(arguments.changes),
    )


def _add_benchmark(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", type=options.path, metavar="FILE", help="write the figures for programs"
    )
    parser.add_argument(
        "--full", action="store_true", help="drive the window for a minute, not for half of one"
    )


def _benchmark(arguments: argparse.Namespace) -> BenchmarkOptions:
    return BenchmarkOptions(arguments.json, arguments.full)


def _add_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument(
        "--fetch", metavar="NAME", help="first get the published file of this name and check it"
    )


def _models(arguments: argparse.Namespace) -> ModelsOptions:
    return ModelsOptions(arguments.json, arguments.fetch)


_COMMANDS: dict[
    str,
    tuple[
        str,
        Callable[[argparse.ArgumentParser], None],
        Callable[[argparse.Namespace], Options],
    ],
] = {
    "view": ("open the window (this is the default)", _add_view, _view),
    "export": ("write a picture, or a region of it, at any size", _add_export, _export),
    "batch": ("write every picture of a folder at a scale", _add_batch, _batch),
    "compare": ("write a sheet of the same pixels by several samplers", _add_compare, _compare),
    "evaluate": ("measure how well samplers restore reduced images", _add_evaluate, _evaluate),
    "train": ("make weights from a folder of images", _add_train, _train),
    "benchmark": ("measure how fast this machine is", _add_benchmark, _benchmark),
    "models": ("list the samplers and models there are, or fetch one", _add_models, _models),
}
