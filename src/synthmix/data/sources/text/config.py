"""Config of `data=text`."""

from __future__ import annotations

from dataclasses import dataclass

from synthmix.data.sources.text.documents_config import DocumentsConfig
from synthmix.data.sources.text.located import LocatedDocuments


@dataclass(kw_only=True, frozen=True)
class TextConfig(LocatedDocuments, DocumentsConfig):
    """Documents of the user's, as points by LSA."""

    _target_: str = "synthmix.data.sources.text.loader.load_text"
    name: str = "text"
