"""What each member of each config group is, in the sentence with which its file begins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

OTHER_FOLDERS = ("hydra",)  # of conf/, which are no groups of synthmix's
SENTENCE = re.compile(r".*?(?<!\bal)(?<!\.)[.?](?=\s|$)", re.DOTALL)


def described_groups(folders: Sequence[Path]) -> Iterator[str]:
    """Lines for a reader: each group, and each of its members with what it is.

    Args:
        folders: those that hold a folder for each group; a member of a later one replaces one of the same name.
    """
    members: dict[str, dict[str, Path]] = {}
    for folder in folders:
        for path in sorted(folder.glob("*/**/*.yaml")):
            group, *within = path.relative_to(folder).with_suffix("").parts
            members.setdefault(group, {})["/".join(within)] = path
    for group in sorted(members.keys() - set(OTHER_FOLDERS)):
        yield f"{group}="
        width = max(map(len, members[group]))
        for name, path in sorted(members[group].items()):
            yield f"  {name:<{width}}  {described(path)}".rstrip()
        yield ""


def described(path: Path) -> str:
    """The first sentence of the comment at the head of a file, without its full stop; empty where there is none.

    A file of the user's may be in any encoding; Hydra says so of the one that is chosen.
    """
    comment: list[str] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if not line.startswith("#"):
            break
        if not line.startswith("# @package"):
            comment.append(line.removeprefix("#").strip())
    text = " ".join(comment)
    sentence = SENTENCE.match(text)
    return (sentence.group() if sentence else text).removesuffix(".")
