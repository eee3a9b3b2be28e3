"""The words everything is written in: errors, diagnostics, documents, exchanges, time and chance."""
