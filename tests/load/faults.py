"""Panels whose faults are asked for by the order itself: the link of an order says what each panel does with
it, so a seed fixes the whole mixture. What has no link (status, refill, cancel, a connection) fails every so
many-th time."""

# letter of the link: (weight, what the panel does). "0" is no fault.
ADD_FAULTS = {
    "a": (3, {"cut": "after_read"}),
    "b": (3, {"cut": "after_read", "accept": True}),
    "c": (3, {"cut": "mid_answer"}),
    "d": (3, {"cut": "after_headers"}),
    "e": (3, {"reset": True, "cut": "after_read", "accept": True}),
    "f": (2, {"hang": True}),
    "g": (6, {"error": "Quantity is locked by story"}),  # class busy: the next offer, no rest
    "h": (4, {"error": "Bad link"}),
    "i": (2, {"status": 500, "body": "<html>Internal Server Error</html>", "content_type": "text/html"}),
    "j": (2, {"status": 502, "body": "", "accept": True}),
    "k": (2, {"body": "<br>Fatal error", "accept": True}),
    "l": (2, {"body": {"order": "{order}", "error": "x"}, "accept": True}),
    "m": (2, {"error": "Nobody knows this text"}),
    "n": (2, {"wrong_length": 40}),
    "o": (3, {"close_after": True}),
    "p": (3, {"delay": "120ms"}),
    "q": (2, {"drip": "3ms"}),
    "r": (2, {"gzip_bomb": 4}),
}
BUSY = "g"
ANSWERS = {"quantity is locked by story": {"class": "busy"}}
LETTERS = "".join(ADD_FAULTS)
WEIGHTS = [weight for weight, _ in ADD_FAULTS.values()]


def link(number, first="0", second="0", third="0"):
    """The link of order `number`: what the first, second and third panel do with it."""
    return f"https://example.com/{number}/x{first}/y{second}/z{third}/"


def number_of(link_text):
    return int(link_text.split("/")[3])


def pick(random, rate):
    return random.choices(LETTERS, WEIGHTS)[0] if random.random() < rate else "0"


def rules(place, others=True):
    """The rules of the panel that is asked first ("x"), second ("y") or third ("z")."""
    made = [{"action": "add", "name": letter, "match": {"link": f"/{place}{letter}/"}, "do": dict(do)}
            for letter, (_, do) in ADD_FAULTS.items()]
    if others:
        made += [
            {"action": ["refill", "cancel"], "every": 9, "do": {"cut": "after_read", "accept": True}},
            {"action": ["refill", "cancel"], "every": 11, "do": {"cut": "after_read"}},
            {"action": ["refill", "cancel"], "every": 13, "do": {"status": 500, "body": "oops"}},
            {"action": "status", "every": 17, "do": {"cut": "mid_answer"}},
            {"action": "status", "every": 19, "do": {"status": 503, "body": "<html>"}},
            {"action": "*", "every": 101, "do": {"cut": "before_read"}},
        ]
    return made
