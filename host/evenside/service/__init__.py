"""The monitor as a service of this user: what is written, and how the machine is told.

``plan`` is pure: the file and the commands for a platform (``plan_here``: for this one). ``install``, ``remove`` and
``service_status`` carry them out. Nothing here needs administrator's rights, and nothing fails without saying what is
done and what is not.
"""

from __future__ import annotations

from evenside.service.control import ServiceStatus, install, remove, service_status
from evenside.service.plan import ServicePlan, plan, plan_here
from evenside.service.tools import is_lingering, user_name

__all__ = [
    "ServicePlan",
    "ServiceStatus",
    "install",
    "is_lingering",
    "plan",
    "plan_here",
    "remove",
    "service_status",
    "user_name",
]
