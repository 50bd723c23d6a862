"""`rag keys`: who may ask `rag serve`. A key is shown once, when it is made; only its hash is kept."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from rag.commands.options import dollars, positive, print_json
from rag.config import Config

if TYPE_CHECKING:
    from rag.server.keys import ServerKey


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="make|list|revoke")
    make = actions.add_parser("make", help="make a key, and print it")
    make.add_argument("name", metavar="NAME", help="whose it is; logs and limits go by it")
    make.add_argument("--write", action="store_true", help="may add and remove papers, too")
    make.add_argument("--per-minute", type=positive, metavar="N", help="requests a minute")
    make.add_argument("--usd-per-day", type=dollars, metavar="USD", help="what a language model may cost")
    make.add_argument("--tokens-per-day", type=positive, metavar="N", help="tokens a language model may take")
    list_ = actions.add_parser("list", help="list the keys, without their secrets")
    list_.add_argument("--json", action="store_true", help="print JSON")
    revoke = actions.add_parser("revoke", help="let a key open nothing any more")
    revoke.add_argument("name", metavar="NAME")
    parser.epilog = "The file is in your data folder, or where $RAG_SERVE_KEYS says."


def run(args: argparse.Namespace, config: Config) -> int:
    from rag.server.keys import KeyFile, ServerKey

    keys = KeyFile(config.keys)
    if args.action == "make":
        key = ServerKey(args.name, "", args.write, args.per_minute, args.usd_per_day, args.tokens_per_day)
        print(keys.make(key))
        print("This is shown once; keep it. A running server knows it already.", file=sys.stderr)
    elif args.action == "revoke":
        keys.revoke(args.name)
        print(f"revoked {args.name}")
    elif args.json:
        print_json([_shown(key) for key in keys.all()])
    else:
        for key in keys.all():
            print(_line(key))
    return 0


def _shown(key: ServerKey) -> dict[str, object]:
    return {
        "name": key.name,
        "can_write": key.can_write,
        "per_minute": key.per_minute,
        "usd_per_day": key.usd_per_day,
        "tokens_per_day": key.tokens_per_day,
        "created": key.created,
        "revoked": key.revoked,
    }


def _line(key: ServerKey) -> str:
    limits = [
        f"{key.per_minute} a minute" if key.per_minute is not None else "",
        f"${key.usd_per_day:g} a day" if key.usd_per_day is not None else "",
        f"{key.tokens_per_day:,} tokens a day" if key.tokens_per_day is not None else "",
        f"revoked {key.revoked}" if key.revoked else "",
    ]
    may = "read-write" if key.can_write else "read"
    return ", ".join(filter(None, [f"{key.name}: {may}", f"made {key.created}", *limits]))
