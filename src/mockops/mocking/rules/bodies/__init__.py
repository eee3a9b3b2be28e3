"""Bodies: a JSON value as bytes of a media type, and XML back to a value."""

from mockops.mocking.rules.bodies.encode import BOUNDARY, content_type_for, encode
from mockops.mocking.rules.bodies.xml_read import XmlUnreadable, read_xml

__all__ = ["BOUNDARY", "XmlUnreadable", "content_type_for", "encode", "read_xml"]
