/* See command_usage.h. The two tables for people are here: options and examples. */
#include "app/command_usage.h"

static const struct command_option_help options[] = {
    {"-c FILE", "",
     "the configuration; without it $PANELMUX_CONFIG, ./panelmux.yaml or "
     "/etc/panelmux/panelmux.yaml"},
    {"--json", "", "the answer, or the error with its code, as JSON on standard output"},
    {"--csv", "", "the answer as CSV, for a spreadsheet"},
    {"--since TIME", "", "from then on, in UTC: 2026-01-31 or 2026-01-31T12:00:00Z"},
    {"--until TIME", "", "before then, in UTC; without it until now"},
    {"--reason TEXT", "", "why, for whoever looks at it later"},
    {"--online", "check",
     "also asks every provider for its balance and its list, and compares the offers with them"},
    {"--label TEXT", "client", "the name of the key, to tell a client's keys apart"},
    {"--id KEY", "client credit", "the payment's own name: the same KEY again books nothing"},
    {"--note TEXT", "client credit", "what stands beside it in the statement"},
    {"--port N", "demo", "the clients' port on loopback; without it 8080"},
    {"--markup 25%", "import", "written to each service; without it 0%, which sells at cost"},
    {"--category PATTERN", "import",
     "only these categories of the panel; * matches anything; up to 8 times"},
    {"--type TYPE", "import", "only this order type, such as Package; up to 8 times"},
    {"--first-id N", "import",
     "our ids count up from N, past those in use; without it they are the panel's where that is "
     "free"},
    {"--only-new", "import", "leaves out what the configuration offers or imports already"},
    {"--client NAME", "explain", "at this client's price; without it at the list price"},
    {"--client NAME", "order list", "only the orders of this client"},
    {"--in-doubt", "order list",
     "only those of which nobody knows whether a provider took them, with what speaks for it"},
    {"--stuck", "order list", "only those that are far slower than their service usually is"},
    {"--state STATE,...", "order list",
     "only those in one of these states: placing, doubt, queued, pending, processing, in_progress, "
     "completed, partial, canceled, refused"},
    {"--provider NAME", "order list", "only those whose last attempt was at this provider"},
    {"--service ID", "order list", "only those of this service of ours"},
    {"--link LINK", "order list", "only those of exactly this link"},
    {"--upstream ID", "order list",
     "only the one that its provider calls so, or one of its former providers did"},
    {"--refused", "order list", "with tries that were refused, for which nobody has a number"},
    {"--before ID", "order list", "only older ones, to go on where a list ended"},
    {"--limit N", "order list", "at most so many, 1 to 1000; without it 50"},
    {"--accepted UPSTREAM_ID", "order resolve",
     "the provider took it and calls it so; the provider is asked for that number first"},
    {"--next-offer", "order resolve",
     "the provider did not take it; it is sent to the next offer, or refunded when none is left"},
    {"--refund", "order resolve", "the client gets its money back and the order is Canceled"},
    {"--force", "order resolve", "with --accepted: without asking the provider for the number"},
    {"--provider NAME", "order resolve", "with --text: all that are in doubt there with that text"},
    {"--text TEXT", "order resolve",
     "what the provider had answered, as order show prints it; case, blanks and the final dot do "
     "not count, * matches"},
    {"--yes", "order resolve", "says yes in advance, for scripts; else it asks"},
    {"--all", "provider accept",
     "every price in quarantine, and a list that was refused because too much of it was gone"},
    {"--zero", "provider accept", "takes a price of 0, too"},
    {"--yes", "provider accept", "says yes in advance, for scripts; else it asks"},
    {"--for 2h", "provider pause", "ends by itself after that time"},
    {"--listen ADDR", "simulate", "where the panel answers, such as 127.0.0.1:9000"},
    {"--script FILE", "simulate",
     "what it lists and how it behaves; simulator/README.md tells how"},
};

/* Those of `clients:` in the file. */
static const struct command_option_help settings[] = {
    {"--funds unlimited|prepaid", "", "whether it pays beforehand, by client credit"},
    {"--balance AMOUNT", "",
     "what an unlimited client sees as its balance: an amount or provider_sum"},
    {"--credit-limit AMOUNT", "", "how far below zero a prepaid client may go"},
    {"--daily-limit AMOUNT", "", "the most it may be charged in a UTC day, or none"},
    {"--prices LIST", "", "its own rates for 1000, such as 1=0.80,2=1.20, or none"},
    {"--markup MARKUP", "", "on top of each service's price, such as 5% or \"5% + 0.02\""},
    {"--rate-limit RATE", "", "requests, such as 10/s or 300/m, or none"},
    {"--services LIST", "", "what it sees and may order: all, or ids and ranges such as 1-99,200"},
    {"--addresses LIST", "", "where it may call from: any, or networks such as 192.0.2.0/24"},
    {"--get-orders yes|no", "", "whether add, refill and cancel may come by GET"},
    {"--refs yes|no", "", "whether the parameter ref is read"},
};

static const struct command_example examples[] = {
    {"check --online", "before the first start, and after each change"},
    {"client list", NULL},
    {"client add bob --funds prepaid --markup 5%", "prints its key, once"},
    {"client set bob --daily-limit 50.00", NULL},
    {"client freeze bob", "it may read, but not add, refill or cancel"},
    {"client key", "a key and its SHA-256, for the file"},
    {"client key add bob --label 2027", NULL},
    {"client key revoke bob first", NULL},
    {"client credit bob 50.00 --id invoice-17", NULL},
    {"client statement bob --since 2026-01-01 --csv", NULL},
    {"completion bash > /etc/bash_completion.d/panelmux", NULL},
    {"config show", "without a running gateway what the file says"},
    {"config diff && echo same", "after an edit, before the reload"},
    {"demo --port 9090", NULL},
    {"explain 1 1000 --client shop", "why service 1 goes where it goes"},
    {"health", "exit 0 when clients are served"},
    {"import alpha --markup 25% > services.yaml", "to look through, then to include"},
    {"import alpha --markup 30% --category \"Views*\" --first-id 5000 --only-new", NULL},
    {"ledger verify", NULL},
    {"ledger backup /var/backups/panelmux/today.db", NULL},
    {"order list --in-doubt", "what needs a decision"},
    {"order list --client shop --state pending,in_progress --since 2026-01-01", NULL},
    {"order list --link https://example.com/p/1", "who ordered for it, what it cost and brought"},
    {"order show 17", NULL},
    {"order resolve 17 --accepted 4711", "the provider's own page has it as 4711"},
    {"order resolve --provider alpha --text \"service paused*\" --next-offer", NULL},
    {"provider list", NULL},
    {"provider doctor alpha", "calls the panel and says what is wrong with it"},
    {"provider pause alpha --for 2h --reason \"slow today\"", NULL},
    {"provider resume alpha", NULL},
    {"provider accept alpha", "shows what is in quarantine, old and new, and takes nothing"},
    {"provider accept alpha 101 102", "by the panel's ids; shows old and new, then asks"},
    {"provider accept alpha --all --yes", NULL},
    {"reload", NULL},
    {"serve -c /etc/panelmux/panelmux.yaml", NULL},
    {"simulate --listen 127.0.0.1:9000", NULL},
    {"version", NULL},
};

/* ---- a line ---- */

static bool command_usage_is_word(struct str token)
{
    return token.len > 0 && token.ptr[0] >= 'a' && token.ptr[0] <= 'z';
}

/* "[--client" and "[-c" begin an option; its value, if any, is the next token of the same bracket.
 */
static void command_usage_add_option(struct command_usage *out, struct str token, struct str rest)
{
    struct str next;
    bool is_closed = token.ptr[token.len - 1] == ']';
    if (out->option_count == USAGE_OPTIONS_MAX)
        return;
    bool has_next = !is_closed && str_next(&rest, ' ', &next) && next.len > 0;
    bool has_value = has_next && next.ptr[0] != '|' && next.ptr[0] != '[' && next.ptr[0] != '-';
    size_t begin = token.ptr[0] == '[';
    out->has_value[out->option_count] = has_value;
    out->options[out->option_count++] = str_make(token.ptr + begin, token.len - begin - is_closed);
}

void command_usage_read(struct str line, struct command_usage *out)
{
    struct str rest = line, token;
    bool is_named = false, is_value = false;
    *out = (struct command_usage){.line = line};
    while (str_next(&rest, ' ', &token)) {
        struct str bare = token.len > 0 && token.ptr[0] == '[' ? str_from(token, 1) : token;
        if (is_value) {
            is_value = false;
        } else if (bare.len > 1 && bare.ptr[0] == '-') {
            command_usage_add_option(out, token, rest);
            is_value = out->option_count > 0 && out->has_value[out->option_count - 1];
            is_named = true;
        } else if (!is_named && command_usage_is_word(token) && out->word_count < USAGE_WORDS_MAX) {
            out->words[out->word_count++] = token;
        } else {
            is_named = true;
            out->has_settings |= str_find(token, STR("SETTINGS")) != SIZE_MAX;
        }
    }
}

bool command_usage_has_word(const struct command_usage *usage, size_t at, struct str word)
{
    struct str rest = at < usage->word_count ? usage->words[at] : STR_NONE, one;
    while (str_next(&rest, '|', &one))
        if (str_equal(one, word))
            return true;
    return false;
}

/* ---- what is told of it ---- */

static struct str command_usage_name_of(const char *name)
{
    struct str text = str_of(name);
    size_t blank = str_find_byte(text, ' ');
    return blank == SIZE_MAX ? text : str_first(text, blank);
}

/* Whether `of` names these words or the first of them. */
static bool command_usage_is_of(const struct command_usage *usage, const char *of)
{
    struct str rest = of[0] ? str_of(of) : STR_NONE, word;
    for (size_t i = 0; str_next(&rest, ' ', &word); i++)
        if (!command_usage_has_word(usage, i, word))
            return false;
    return true;
}

const struct command_option_help *command_usage_describe(const struct command_usage *usage,
                                                         struct str option)
{
    const struct command_option_help *best = NULL;
    for (size_t i = 0; i < COUNT_OF(options); i++)
        if (str_equal(command_usage_name_of(options[i].name), option) &&
            command_usage_is_of(usage, options[i].of) &&
            (best == NULL || strlen(options[i].of) > strlen(best->of)))
            best = &options[i];
    return best;
}

const struct command_option_help *command_usage_option(size_t at)
{
    return at < COUNT_OF(options) ? &options[at] : NULL;
}

const struct command_option_help *command_usage_setting(size_t at)
{
    return at < COUNT_OF(settings) ? &settings[at] : NULL;
}

bool command_usage_fits(const struct command_usage *usage, const struct command_example *example)
{
    struct str rest = str_of(example->typed), word;
    for (size_t i = 0; i < usage->word_count; i++)
        if (!str_next(&rest, ' ', &word) || !command_usage_has_word(usage, i, word))
            return false;
    return true;
}

const struct command_example *command_usage_example(size_t at)
{
    return at < COUNT_OF(examples) ? &examples[at] : NULL;
}
