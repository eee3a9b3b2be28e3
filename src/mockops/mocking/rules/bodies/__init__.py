"""Bodies: a JSON value as bytes of a media type (`encode`), and XML back to a value (`xml_read`).

Import from the modules: XML and its like are loaded when first needed.
"""
