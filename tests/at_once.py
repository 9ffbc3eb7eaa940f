"""In place of the module `threading` of `ui.background`: background work is done where it is started."""

import threading
from types import SimpleNamespace

AT_ONCE = SimpleNamespace(
    Event=threading.Event, Thread=lambda target, args, daemon: SimpleNamespace(start=lambda: target(*args))
)
