"""Documents that people wrote: JSON and YAML, read safely, with the place of every value at hand."""

from mockops.core.documents.document import MAX_BYTES, Document, DocumentInvalid
from mockops.core.documents.read import read_document

__all__ = ["MAX_BYTES", "Document", "DocumentInvalid", "read_document"]
