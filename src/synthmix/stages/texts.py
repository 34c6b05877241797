"""Texts that many entries of a store share, such as a list of installed packages: each kept once, under its hash."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


class Texts:
    """The texts of a store, `<root>/texts/<SHA-256>.txt`."""

    def __init__(self, store: Path) -> None:
        self.root = store / "texts"

    def keep(self, text: str) -> str:
        """Keeps a text; returns its hash, by which `read` finds it."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        file = self._file(digest)
        if not file.exists():
            self.root.mkdir(parents=True, exist_ok=True)
            draft = file.with_suffix(f".{os.getpid()}")
            draft.write_text(text, encoding="utf-8")
            os.replace(draft, file)
        return digest

    def read(self, digest: str) -> str | None:
        """The text with this hash; None where somebody has removed it."""
        file = self._file(digest)
        return file.read_text(encoding="utf-8") if file.exists() else None

    def _file(self, digest: str) -> Path:
        return self.root / f"{digest}.txt"
