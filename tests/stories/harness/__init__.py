"""What the stories are written with: real panels (simulated), a real gateway, and no sleeping."""
from .config import default_config, merged
from .gateway import Answer, Gateway
from .panel import Panel
from .reseller import Reseller
from .waiting import SLOW, eventually, together
from .wire import Wire, post

__all__ = ["Answer", "Gateway", "Panel", "Reseller", "SLOW", "Wire", "default_config", "eventually", "merged", "post", "together"]
