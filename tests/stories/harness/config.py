"""Configurations for stories: a small one with two panels, and merging."""
import copy

SHOP_KEY = "shop-key-0123456789abcdef"
ADMIN_TOKEN = "story-admin-token"

# ours → (their service, type); both default panels have the same list
SERVICES = {1: 101, 2: 102, 3: 103, 4: 104, 5: 105, 6: 106, 7: 107, 8: 108, 9: 109, 10: 110}


def provider(panel, **changes):
    """A provider's entry for a Panel, with limits that don't slow a story down."""
    entry = {"name": panel.name, "url": panel.url, "key": panel.key, "currency": panel.currency,
             "timeout": "5s", "connect_timeout": "2s", "rate_limit": "1000/s"}
    return merged(entry, changes)


def default_config(panels, **changes):
    """A client `shop`, each panel a provider, services 1 to 10 offered by all of them in order.
    Gateway adds listen, admin and ledger. changes are merged in: mappings key by key, lists replaced;
    None takes a key out."""
    config = {
        "currency": "USD",
        "workers": 1,
        "status_fresh": "1ms",  # a status question reaches the panel, so that a story sees what it set there
        "clients": [{"name": "shop", "key": SHOP_KEY, "funds": "unlimited", "balance": "provider_sum"}],
        "providers": [provider(panel) for panel in panels],
        "services": [{"id": ours, "markup": "25%",
                      "offers": [{"provider": panel.name, "service": theirs} for panel in panels]}
                     for ours, theirs in SERVICES.items()],
    }
    return merged(config, changes)


def merged(base, changes):
    result = copy.deepcopy(base)
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = merged(result[name], value)
        else:
            result[name] = copy.deepcopy(value)
    return result
