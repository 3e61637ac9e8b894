/* classify_text: an error text folded, then looked up in the provider's own `answers:` and in the
 * built-in table; in each the most specific pattern wins, save where the meaning itself is stronger
 * or weaker (docs/decisions/0012). See dialect.h and classify.h. */
#include "providers/classify.h"

#include "providers/paneltext.h"

#define ADD (1u << UPSTREAM_ADD)
#define STATUS (1u << UPSTREAM_STATUS | 1u << UPSTREAM_STATUS_MANY)
#define REFILL (1u << UPSTREAM_REFILL | 1u << UPSTREAM_REFILL_MANY)
#define REFILL_STATUS (1u << UPSTREAM_REFILL_STATUS | 1u << UPSTREAM_REFILL_STATUS_MANY)
#define CANCEL (1u << UPSTREAM_CANCEL)
#define MANY                                                                                       \
    (1u << UPSTREAM_STATUS_MANY | 1u << UPSTREAM_REFILL_MANY | 1u << UPSTREAM_REFILL_STATUS_MANY | \
     CANCEL)
#define ALL ((1u << UPSTREAM_ACTION_COUNT) - 1)

/* What follows from a meaning, and in responses to which actions it can be meant. */
static const struct {
    unsigned actions;
    struct verdict verdict;
} meanings[MEANING_COUNT] = {
    [MEANING_FUNDS] = {ALL,
                       {.class = VERDICT_PROVIDER, .cool_down = COOL_DOWN_FUNDS, .is_funds = true}},
    [MEANING_KEY] = {ALL, {.class = VERDICT_PROVIDER, .cool_down = COOL_DOWN_KEY, .is_key = true}},
    [MEANING_ACCOUNT] = {ALL,
                         {.class = VERDICT_PROVIDER, .cool_down = COOL_DOWN_KEY, .is_key = true}},
    [MEANING_MAINTENANCE] = {ALL, {.class = VERDICT_PROVIDER, .cool_down = COOL_DOWN_PROVIDER}},
    [MEANING_RATE] = {ALL, {.class = VERDICT_BUSY, .is_rate_limited = true}},
    [MEANING_SERVICE] = {ADD, {.class = VERDICT_PROVIDER, .cool_down = COOL_DOWN_OFFER}},
    [MEANING_SETUP] = {ALL, {.class = VERDICT_PROVIDER, .cool_down = COOL_DOWN_PROVIDER}},
    [MEANING_ACTION] = {ALL,
                        {.class = VERDICT_PROVIDER,
                         .cool_down = COOL_DOWN_PROVIDER,
                         .refusal = REFUSAL_UNSUPPORTED,
                         .is_unsupported = true}},
    [MEANING_QUANTITY] = {ADD,
                          {.class = VERDICT_CLIENT, .refusal = REFUSAL_OTHER, .is_mismatch = true}},
    [MEANING_FIELD] = {ADD | REFILL | CANCEL,
                       {.class = VERDICT_CLIENT, .refusal = REFUSAL_OTHER, .is_mismatch = true}},
    [MEANING_LINK] = {ADD, {.class = VERDICT_CLIENT, .refusal = REFUSAL_LINK}},
    [MEANING_ACTIVE_ORDER] =
        {ADD, {.class = VERDICT_BUSY, .refusal = REFUSAL_ACTIVE_ORDER, .is_active_order = true}},
    [MEANING_DOUBT] = {ALL, {.class = VERDICT_DOUBT}},
    [MEANING_BROKEN] = {ALL, {.class = VERDICT_DOUBT, .clarity = CLARITY_TAIL}},
    [MEANING_TAIL] = {ALL, {.class = VERDICT_DOUBT, .clarity = CLARITY_TAIL}},
    [MEANING_WORDLESS] = {ALL, {.class = VERDICT_DOUBT, .clarity = CLARITY_WORDLESS}},
    [MEANING_ORDER_ID] = {STATUS | REFILL | REFILL_STATUS | CANCEL,
                          {.class = VERDICT_CLIENT, .refusal = REFUSAL_ORDER_ID}},
    [MEANING_REFILL] = {REFILL, {.class = VERDICT_CLIENT, .refusal = REFUSAL_REFILL}},
    [MEANING_REFILL_ID] = {REFILL_STATUS, {.class = VERDICT_CLIENT, .refusal = REFUSAL_REFILL_ID}},
    [MEANING_CANCEL] = {CANCEL, {.class = VERDICT_CLIENT, .refusal = REFUSAL_CANCEL}},
    [MEANING_REFILL_TOPIC] =
        {REFILL, {.class = VERDICT_CLIENT, .refusal = REFUSAL_REFILL, .clarity = CLARITY_TOPIC}},
    [MEANING_CANCEL_TOPIC] =
        {CANCEL, {.class = VERDICT_CLIENT, .refusal = REFUSAL_CANCEL, .clarity = CLARITY_TOPIC}},
    [MEANING_TOO_MANY] = {MANY, {.class = VERDICT_CLIENT, .refusal = REFUSAL_OTHER}},
};

/* How specific a pattern is: its bytes other than '*'; one without any '*' beats them all. */
static size_t classify_weight_of(struct str pattern)
{
    size_t stars = 0;
    for (size_t i = 0; i < pattern.len; i++)
        stars += pattern.ptr[i] == '*';
    return stars == 0 ? SIZE_MAX : pattern.len - stars;
}

static enum refusal classify_refusal_of(enum upstream_action action)
{
    return (1u << action) & REFILL   ? REFUSAL_REFILL
           : (1u << action) & CANCEL ? REFUSAL_CANCEL
                                     : REFUSAL_OTHER;
}

/* How specific one of a provider's own patterns is. */
struct classify_rank {
    size_t letters, stars, anchors; /* anchors: ends without a '*' */
};

static struct classify_rank classify_rank_of(struct str pattern)
{
    struct classify_rank rank = {0};
    for (size_t i = 0; i < pattern.len; i++)
        rank.stars += pattern.ptr[i] == '*';
    rank.letters = pattern.len - rank.stars;
    rank.anchors = !str_starts(pattern, STR("*")) + !str_ends(pattern, STR("*"));
    return rank;
}

/* More letters win, then fewer stars, then the anchored one; else the first written stays. */
static bool classify_is_above(struct classify_rank a, struct classify_rank b)
{
    if (a.letters != b.letters)
        return a.letters > b.letters;
    return a.stars != b.stars ? a.stars < b.stars : a.anchors > b.anchors;
}

static bool classify_find_own(const struct provider_settings *settings, enum upstream_action action,
                              struct str folded, struct arena *arena, struct verdict *out)
{
    const struct provider_answer *best = NULL;
    struct classify_rank best_rank = {0};
    for (size_t i = 0; i < settings->answer_count; i++) {
        struct str pattern = paneltext_fold(str_of(settings->answers[i].pattern), arena);
        struct classify_rank rank = classify_rank_of(pattern);
        if ((best == NULL || classify_is_above(rank, best_rank)) && str_matches(folded, pattern)) {
            best = &settings->answers[i];
            best_rank = rank;
        }
    }
    if (best == NULL)
        return false;
    *out = (struct verdict){.is_known = true,
                            .class = best->class,
                            .cool_down = best->cool_down,
                            .is_funds = best->cool_down == COOL_DOWN_FUNDS,
                            .is_key = best->cool_down == COOL_DOWN_KEY};
    if (best->class == VERDICT_CLIENT)
        out->refusal = classify_refusal_of(action);
    return true;
}

struct best {
    const struct classify_row *row;
    size_t weight;
};

enum { TAIL_WEIGHT = 1, TOPIC_WEIGHT, BROKEN_WEIGHT };

static size_t classify_weight_of_row(const struct classify_row *row, struct str pattern)
{
    if (row->meaning == MEANING_BROKEN)
        return BROKEN_WEIGHT;
    if (row->meaning == MEANING_TAIL)
        return TAIL_WEIGHT;
    return meanings[row->meaning].verdict.clarity == CLARITY_TOPIC ? TOPIC_WEIGHT
                                                                   : classify_weight_of(pattern);
}

static void classify_try_rows(const struct classify_row *rows, size_t count,
                              enum upstream_action action, struct str folded, struct best *best)
{
    for (size_t i = 0; i < count; i++) {
        struct str rest = str_of(rows[i].patterns), pattern;
        if (((meanings[rows[i].meaning].actions >> action) & 1) == 0)
            continue;
        while (str_next(&rest, '|', &pattern)) {
            size_t weight = classify_weight_of_row(&rows[i], pattern);
            if (weight > best->weight && str_matches(folded, pattern))
                *best = (struct best){&rows[i], weight};
        }
    }
}

/* "user #12 is blocked": the same with signs and blanks as one blank, and one at each end. */
static struct str classify_words_of(struct str folded, struct arena *arena)
{
    char *out = arena_new(arena, folded.len + 2);
    size_t len = 0;
    out[len++] = ' ';
    for (size_t i = 0; i < folded.len; i++) {
        bool is_blank = strchr(" :;,.!?()[]/=-'\"#", folded.ptr[i]) != NULL;
        if (!is_blank)
            out[len++] = folded.ptr[i];
        else if (out[len - 1] != ' ')
            out[len++] = ' ';
    }
    if (out[len - 1] != ' ')
        out[len++] = ' ';
    return str_make(out, len);
}

/* "An identical order was placed" is what it is; "no order was placed" is none. */
static bool classify_says_placed(enum upstream_action action, struct str folded,
                                 const struct best *best)
{
    struct str rest = str_of(classify_table_placed), pattern;
    if (action != UPSTREAM_ADD || best->weight == SIZE_MAX ||
        (best->row && best->row->meaning == MEANING_ACTIVE_ORDER) ||
        str_matches(folded, STR("*no order *")))
        return false;
    while (str_next(&rest, '|', &pattern))
        if (str_matches(folded, pattern))
            return true;
    return false;
}

static bool classify_has_any(struct str words, const char *alternatives)
{
    struct str rest = str_of(alternatives), part;
    while (str_next(&rest, '|', &part))
        if (part.len > 0 && str_find(words, part) != SIZE_MAX)
            return true;
    return false;
}

/* "incorrect old posts": a complaint about a field that is neither link nor quantity. */
static bool classify_is_about_field(struct str words, struct arena *arena)
{
    if (!classify_has_any(words, classify_field_complaints))
        return false;
    for (int field = 0; field < FIELD_COUNT; field++) {
        if (field == FIELD_LINK || field == FIELD_QUANTITY)
            continue;
        char *name = arena_printf(arena, " %s ", field_name((enum field)field));
        for (char *at = name; *at != '\0'; at++)
            *at = *at == '_' ? ' ' : *at;
        if (str_find(words, str_of(name)) != SIZE_MAX)
            return true;
    }
    return false;
}

/* For wordings that no row knows; MEANING_COUNT when no rule fits either. */
static enum meaning classify_by_rules(enum upstream_action action, struct str words,
                                      struct arena *arena)
{
    for (size_t i = 0; i < classify_rule_count; i++) {
        const struct classify_rule *rule = &classify_rules[i];
        if (((meanings[rule->meaning].actions >> action) & 1) != 0 &&
            classify_has_any(words, rule->subjects) && classify_has_any(words, rule->complaints) &&
            !(rule->unless && classify_has_any(words, rule->unless)))
            return rule->meaning;
    }
    return action == UPSTREAM_ADD && classify_is_about_field(words, arena) ? MEANING_FIELD
                                                                           : MEANING_COUNT;
}

/* A row that only hints, so that a rule may say more. */
static bool classify_is_hint(const struct best *best)
{
    return best->row == NULL || best->row->meaning == MEANING_TAIL ||
           best->row->meaning == MEANING_WORDLESS;
}

static bool classify_find_built_in(enum upstream_action action, struct str folded,
                                   struct arena *arena, struct verdict *out)
{
    struct best best = {0};
    struct str words = classify_words_of(folded, arena);
    classify_try_rows(classify_table_rows, classify_table_row_count, action, folded, &best);
    classify_try_rows(classify_table_word_rows, classify_table_word_row_count, action, words,
                      &best);
    if (classify_says_placed(action, folded, &best)) {
        *out =
            (struct verdict){.is_known = true, .class = VERDICT_DOUBT, .clarity = CLARITY_PLACED};
        return true;
    }
    enum meaning meaning =
        classify_is_hint(&best) ? classify_by_rules(action, words, arena) : MEANING_COUNT;
    bool is_by_rule = meaning != MEANING_COUNT;
    if (!is_by_rule && best.row == NULL)
        return false;
    meaning = is_by_rule ? meaning : best.row->meaning;
    *out = meanings[meaning].verdict;
    out->is_known = true;
    if (is_by_rule)
        out->clarity = CLARITY_TOPIC;
    /* Only an order is proof of a wrong address; elsewhere a panel just lacks the action. */
    if (meaning == MEANING_ACTION && action != UPSTREAM_ADD)
        out->cool_down = COOL_DOWN_NONE;
    return true;
}

struct verdict classify_text(const struct provider_settings *settings, enum upstream_action action,
                             struct str error_text)
{
    struct verdict verdict = {.class = VERDICT_DOUBT};
    struct arena arena;
    arena_init(&arena);
    struct str folded = paneltext_fold(error_text, &arena);
    if (folded.len > 0 && !classify_find_own(settings, action, folded, &arena, &verdict) &&
        !classify_find_built_in(action, folded, &arena, &verdict))
        verdict.is_known = false;
    arena_fini(&arena);
    return verdict;
}

bool classify_own(const struct provider_settings *settings, enum upstream_action action,
                  struct str text, struct verdict *out)
{
    struct arena arena;
    if (settings->answer_count == 0)
        return false;
    arena_init(&arena);
    struct str folded = paneltext_fold(text, &arena);
    bool is_found = folded.len > 0 && classify_find_own(settings, action, folded, &arena, out);
    arena_fini(&arena);
    return is_found;
}

struct verdict classify_texts(const struct provider_settings *settings, enum upstream_action action,
                              const struct errortext *found, struct str *best_out)
{
    struct verdict best = {.class = VERDICT_DOUBT};
    *best_out = found->count > 0 ? found->texts[0] : STR("");
    for (size_t i = 0; i < found->count && (!best.is_known || best.clarity == CLARITY_WORDLESS);
         i++) {
        struct verdict verdict = classify_text(settings, action, found->texts[i]);
        if (!verdict.is_known)
            continue;
        best = verdict;
        /* A numbered code is no text to show. */
        if (!str_starts(found->texts[i], STR("#")))
            *best_out = found->texts[i];
    }
    return best;
}

/* ---- pages that never came from the panel ---- */

enum { PAGE_LOOKED_AT = 64 * 1024 };

static bool classify_has_number_mark(struct str body)
{
    static const char *const leads[] = {"error code: ", "error code ", "error ", "error: "};
    static const char *const numbers[] = {"1006", "1007", "1008", "1009",
                                          "1010", "1012", "1015", "1020"};
    for (size_t i = 0; i < COUNT_OF(leads); i++) {
        struct str rest = body;
        size_t at;
        while ((at = str_find_folded(rest, str_of(leads[i]))) != SIZE_MAX) {
            rest = str_from(rest, at + strlen(leads[i]));
            for (size_t n = 0; n < COUNT_OF(numbers); n++)
                if (str_starts(rest, str_of(numbers[n])) &&
                    !(rest.len > 4 && rest.ptr[4] >= '0' && rest.ptr[4] <= '9'))
                    return true;
        }
    }
    return false;
}

bool classify_is_challenge(const struct reply_facts *facts)
{
    static const char *const marks[] = {
        "just a moment",
        "attention required! | cloudflare",
        "cf-chl-",
        "cf_chl_",
        "/cdn-cgi/challenge-platform",
        "checking your browser",
        "cf-browser-verification",
        "cf-error-details",
        "ddos protection by",
    };
    struct str body = str_first(facts->body, PAGE_LOOKED_AT);
    if (facts->http_status != 401 && facts->http_status != 403 && facts->http_status != 405 &&
        facts->http_status != 429)
        return false;
    if (facts->has_cf_mitigated)
        return true;
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (str_find_folded(body, str_of(marks[i])) != SIZE_MAX)
            return true;
    return classify_has_number_mark(body);
}
