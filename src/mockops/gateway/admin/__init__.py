"""The admin port: what a gateway serves now, changed and looked into while it runs."""

from mockops.gateway.admin.handler import ADMIN_LIMITS, AdminHandler

__all__ = ["ADMIN_LIMITS", "AdminHandler"]
