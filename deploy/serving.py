"""How gunicorn serves the register: threads, bounds, and a warm stop.

Only the edge reaches this port, over the network `application`; that is why its X-Forwarded-*
are believed from any address. Publishing the port would break that.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "3"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 120
graceful_timeout = 40
keepalive = 75
max_requests = 5000
max_requests_jitter = 500
# The root file system is read-only, and a heartbeat must not wait for a disk.
worker_tmp_dir = "/dev/shm"
control_socket_disable = True

limit_request_line = 8190
limit_request_fields = 60
limit_request_field_size = 8190
# A header with an underscore could pose as one of the edge's.
header_map = "drop"
forwarded_allow_ips = "*"

# The edge writes the access log, without queries and with masked addresses.
accesslog = None
errorlog = "-"
loglevel = "info"


def on_starting(server: Any) -> None:
    """Remove what uploads left behind when the process before was killed; none can be under way now."""
    if "TMPDIR" in os.environ:
        for left in Path(tempfile.gettempdir()).glob("*.upload*"):
            left.unlink(missing_ok=True)
