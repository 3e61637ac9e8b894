/* The product's own arithmetic behind a line protocol, for model.py to compare with exact
 * fractions: each line of standard input is a question in words, each line of standard output its
 * result, "-" where the product says "out of range". Keeps nothing but the prices under judgement.
 */
#include <stdio.h>
#include <stdlib.h>

#include "catalogue/provider_list.h"
#include "money/quote.h"
#include "orders/children.h"
#include "orders/open_order.h"
#include "orders/settlement.h"
#include "providers/dialect.h"
#include "routing/ranking.h"

enum { WORDS_MAX = 512 };

struct model_driver {
    struct str words[WORDS_MAX];
    size_t count, at;
    struct price_rules rules;
    struct price_state price;
    struct pricebook book;
    struct provider_list *list; /* the last one that was believed */
};

static struct str model_driver_word(struct model_driver *driver)
{
    if (driver->at >= driver->count) {
        fprintf(stderr, "model_driver: a word is missing\n");
        exit(2);
    }
    return driver->words[driver->at++];
}

static int64_t model_driver_number(struct model_driver *driver)
{
    struct str word = model_driver_word(driver);
    int64_t number = 0;
    if (!str_to_i64(word, &number)) {
        fprintf(stderr, "model_driver: " STR_FMT " is no number\n", STR_ARG(word));
        exit(2);
    }
    return number;
}

static struct money model_driver_money(struct model_driver *driver)
{
    return (struct money){model_driver_number(driver)};
}

static void model_driver_print(bool is_good, struct money amount)
{
    if (is_good)
        printf("%lld\n", (long long)amount.units);
    else
        puts("-");
}

/* amount TEXT */
static void model_driver_amount(struct model_driver *driver)
{
    struct money amount = MONEY_ZERO;
    bool is_good = money_parse(model_driver_word(driver), MONEY_UP, &amount);
    model_driver_print(is_good, amount);
}

/* rate BASE EXCHANGE PERCENT AMOUNT PERCENT AMOUNT DECIMALS */
static void model_driver_rate(struct model_driver *driver)
{
    struct rate_terms terms;
    struct money rate = MONEY_ZERO;
    terms.base = model_driver_money(driver);
    terms.exchange.units = model_driver_number(driver);
    terms.service.percent.units = model_driver_number(driver);
    terms.service.amount = model_driver_money(driver);
    terms.client.percent.units = model_driver_number(driver);
    terms.client.amount = model_driver_money(driver);
    bool is_good = quote_rate(&terms, (unsigned)model_driver_number(driver), &rate);
    model_driver_print(is_good, rate);
}

/* charge RATE QUANTITY FLAT DECIMALS */
static void model_driver_charge(struct model_driver *driver)
{
    struct money rate = model_driver_money(driver), charge = MONEY_ZERO;
    int64_t quantity = model_driver_number(driver);
    bool is_flat = model_driver_number(driver) != 0;
    bool is_good =
        quote_charge(rate, quantity, is_flat, (unsigned)model_driver_number(driver), &charge);
    model_driver_print(is_good, charge);
}

/* book JUMP EXCHANGE: a price never seen; see RATE|? AT: one list */
static void model_driver_book(struct model_driver *driver)
{
    driver->price = (struct price_state){0};
    driver->rules.jump.units = model_driver_number(driver);
    driver->rules.exchange.units = model_driver_number(driver);
    puts("ok");
}

static void model_driver_see(struct model_driver *driver)
{
    struct price_state *price = &driver->price;
    bool is_unreadable = str_is(driver->words[driver->at], "?");
    struct money rate = MONEY_ZERO;
    if (is_unreadable)
        driver->at++;
    else
        rate = model_driver_money(driver);
    int64_t at_ms = model_driver_number(driver);
    if (is_unreadable)
        pricebook_judge_unreadable(price, at_ms);
    else
        pricebook_judge(price, rate, &driver->rules, at_ms);
    if (price->has_accepted)
        printf("%s %lld\n", price->is_quarantined ? "held" : "sold",
               (long long)price->accepted.units);
    else
        puts("held -");
}

/* accept: 1 when there was a price to accept */
static void model_driver_accept(struct model_driver *driver)
{
    printf("%d\n", pricebook_accept(&driver->price));
}

/* lists JUMP EXCHANGE: a panel never asked; list AT LIMIT then ID=RATE for each row: its next list,
 * as it comes. Each row's price afterwards, or "shrunken". */
static void model_driver_lists(struct model_driver *driver)
{
    pricebook_fini(&driver->book);
    driver->book = (struct pricebook){0};
    provider_list_free(&driver->list);
    driver->rules.jump.units = model_driver_number(driver);
    driver->rules.exchange.units = model_driver_number(driver);
    puts("ok");
}

static struct provider_list *model_driver_decode(struct model_driver *driver, int64_t at_ms)
{
    const struct provider_settings settings = {.key = (char[]){"a-key"}};
    const struct upstream_request request = {.action = UPSTREAM_SERVICES};
    struct arena arena;
    struct buf body;
    struct upstream_response answer;
    buf_init(&body, 1 << 20);
    for (size_t i = driver->at; i < driver->count; i++) {
        size_t split = str_find_byte(driver->words[i], '=');
        struct str rate = str_from(driver->words[i], split + 1);
        buf_printf(&body,
                   "%s{\"service\":" STR_FMT ",\"name\":\"S\",\"type\":\"Default\","
                   "\"category\":\"C\",\"min\":1,\"max\":10,\"rate\":\"" STR_FMT "\"}",
                   i == driver->at ? "[" : ",", STR_ARG(str_first(driver->words[i], split)),
                   STR_ARG(rate));
    }
    buf_add_byte(&body, ']');
    struct reply_facts facts = {.was_sent = true,
                                .is_complete = true,
                                .http_status = 200,
                                .content_type = STR("application/json"),
                                .body = buf_str(&body),
                                .server = STR(""),
                                .location = STR(""),
                                .retry_after_s = -1,
                                .transport_error = ""};
    arena_init(&arena);
    dialect_default()->decode(&settings, &request, &facts, &arena, &answer);
    struct provider_list *list = provider_list_from_answer(&answer, at_ms);
    arena_fini(&arena);
    buf_fini(&body);
    return list;
}

static void model_driver_print_row(struct model_driver *driver, const struct panelrow *row)
{
    struct price_state *price = pricebook_need(&driver->book, row->id);
    if (row->is_unpriced)
        pricebook_judge_unreadable(price, driver->list->fetched_at_ms);
    else
        pricebook_judge(price, row->rate, &driver->rules, driver->list->fetched_at_ms);
    printf(" " STR_FMT " %s ", STR_ARG(row->id), price->is_quarantined ? "held" : "sold");
    if (price->has_accepted)
        printf("%lld", (long long)price->accepted.units);
    else
        putchar('-');
}

static void model_driver_list(struct model_driver *driver)
{
    int64_t at_ms = model_driver_number(driver);
    struct percent limit = {model_driver_number(driver)};
    struct provider_list *list = model_driver_decode(driver, at_ms);
    if (driver->list && provider_list_is_shrunken(driver->list, list, limit)) {
        provider_list_free(&list);
        puts("shrunken");
        return;
    }
    provider_list_free(&driver->list);
    driver->list = list;
    printf("%zu", list->count);
    for (; driver->at < driver->count; driver->at++) {
        struct str word = driver->words[driver->at];
        model_driver_print_row(driver,
                               provider_list_find(list, str_first(word, str_find_byte(word, '='))));
    }
    putchar('\n');
}

/* route POLICY RANDOM CHARGE QUANTITY FLAT ALLOW_LOSS then RATE EXCHANGE WEIGHT SKIP for each */
static void model_driver_route(struct model_driver *driver)
{
    struct candidate candidates[RANKING_MAX];
    uint8_t order[RANKING_MAX];
    size_t count = 0;
    enum ranking_policy policy = (enum ranking_policy)model_driver_number(driver);
    uint64_t random = (uint64_t)model_driver_number(driver);
    struct money charge = model_driver_money(driver);
    int64_t quantity = model_driver_number(driver);
    bool is_flat = model_driver_number(driver) != 0, may_lose = model_driver_number(driver) != 0;
    for (; driver->at < driver->count && count < RANKING_MAX; count++) {
        struct candidate *candidate = &candidates[count];
        struct money rate = model_driver_money(driver);
        struct factor exchange = {model_driver_number(driver)};
        *candidate = (struct candidate){.weight = (unsigned)model_driver_number(driver)};
        bool is_dear = !quote_order_cost(rate, exchange, quantity, is_flat, &candidate->cost) ||
                       (!may_lose && money_compare(candidate->cost, charge) > 0);
        bool is_skipped = model_driver_number(driver) != 0;
        candidate->skip = is_skipped ? SKIP_TRIED : is_dear ? SKIP_COST : SKIP_NONE;
    }
    size_t taken = ranking_make(policy, candidates, count, random, order);
    for (size_t i = 0; i < taken; i++)
        printf("%s%u", i ? " " : "", (unsigned)order[i]);
    puts(taken ? "" : "-");
}

/* settle QUANTITY CHARGE DECIMALS CURRENT then WORD REMAINS|? for each report. DECIMALS: as it was
 * sold, 0 where an older ledger does not say; CURRENT: the configuration's, by the time of its end.
 */
static void model_driver_settle(struct model_driver *driver)
{
    struct open_order open = {.type = ORDERTYPE_DEFAULT};
    unsigned late = 0, review = 0;
    open.quantity = model_driver_number(driver);
    open.charge = model_driver_money(driver);
    open.decimals = (unsigned)model_driver_number(driver);
    open.course = (struct order_course){
        .state = ORDERSTATE_PENDING, .remains = open.quantity, .paid = open.charge};
    struct settlement_order order =
        open_order_settlement(&open, (unsigned)model_driver_number(driver));
    while (driver->at < driver->count) {
        struct upstream_status status = {.word = model_driver_word(driver)};
        status.status = orderstatus_fold(status.word);
        status.has_remains = !str_is(driver->words[driver->at], "?");
        if (status.has_remains)
            status.remains = model_driver_number(driver);
        else
            driver->at++;
        struct settlement settled = settlement_make(&order, &status);
        order.course = settled.course;
        late += settled.is_late;
        review += settled.is_review;
    }
    printf("%s %lld %lld %u %u\n", orderstate_name(order.course.state),
           (long long)order.course.paid.units, (long long)order.course.remains, late, review);
}

/* share PIECES RATE CHARGE MAX DECIMALS PLACE: what the child at that place may be charged at most,
 * and all together; PIECES 0: a run of a drip-feed of that charge, else a subscription's post of so
 * many at that rate. */
static void model_driver_share(struct model_driver *driver)
{
    struct children_terms terms = {.type = ORDERTYPE_DEFAULT};
    struct money one = MONEY_ZERO, all = MONEY_ZERO;
    terms.per_child = model_driver_number(driver);
    if (terms.per_child > 0)
        terms.type = ORDERTYPE_SUBSCRIPTIONS;
    terms.rate = model_driver_money(driver);
    terms.charge = model_driver_money(driver);
    terms.max = (size_t)model_driver_number(driver);
    terms.decimals = (unsigned)model_driver_number(driver);
    if (children_share(&terms, (size_t)model_driver_number(driver), &one) &&
        children_share_of_all(&terms, &all))
        printf("%lld %lld\n", (long long)one.units, (long long)all.units);
    else
        puts("-");
}

static const struct {
    const char *name;
    void (*run)(struct model_driver *driver);
} commands[] = {
    {"amount", model_driver_amount}, {"rate", model_driver_rate},
    {"charge", model_driver_charge}, {"book", model_driver_book},
    {"see", model_driver_see},       {"accept", model_driver_accept},
    {"route", model_driver_route},   {"settle", model_driver_settle},
    {"lists", model_driver_lists},   {"list", model_driver_list},
    {"share", model_driver_share},
};

static void model_driver_run(struct model_driver *driver, struct str line)
{
    struct str word;
    driver->count = driver->at = 0;
    while (driver->count < WORDS_MAX && str_next(&line, ' ', &word))
        if (word.len > 0)
            driver->words[driver->count++] = word;
    struct str name = model_driver_word(driver);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (str_is(name, commands[i].name)) {
            commands[i].run(driver);
            return;
        }
    fprintf(stderr, "model_driver: " STR_FMT " is no command\n", STR_ARG(name));
    exit(2);
}

int main(void)
{
    static struct model_driver driver;
    static char line[16384];
    while (fgets(line, sizeof line, stdin))
        model_driver_run(&driver, str_trim(str_of(line)));
    pricebook_fini(&driver.book);
    provider_list_free(&driver.list);
    return 0;
}
