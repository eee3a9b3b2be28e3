"""Bodies' members that endpoints share: bounded, and without what no database keeps."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

_NO_NUL = r"^[^\x00]*$"

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=_NO_NUL)]
"""What a name is checked for by the rules, whose refusals have a hint."""
Title = Annotated[str, Field(max_length=200, pattern=_NO_NUL)]
Prose = Annotated[str, Field(max_length=10_000, pattern=_NO_NUL)]
Email = Annotated[str, Field(min_length=3, max_length=254, pattern=_NO_NUL)]
Key = Annotated[str, Field(max_length=255, pattern=_NO_NUL)]
Moniker = Annotated[str, Field(min_length=1, max_length=100, pattern=_NO_NUL)]
"""A name for people that addresses nothing."""

Search = Annotated[str, Query(max_length=200, pattern=_NO_NUL, description="Only those with this in name or title.")]
Glob = Annotated[str, Query(max_length=200, pattern=_NO_NUL, description="`*` is any text, `?` any character.")]
Filter = Annotated[str, Query(max_length=300, pattern=_NO_NUL)]
IdOrName = Annotated[str, Path(min_length=1, max_length=100, pattern=_NO_NUL, description="Id or name.")]
Id = Annotated[str, Path(min_length=1, max_length=100, pattern=_NO_NUL)]
Address = Annotated[str, Path(min_length=1, max_length=254, pattern=_NO_NUL, description="Id or email address.")]
