/* Clients' money in the ledger: holds that never exceed what there is, credits that count once,
 * refs, children, statements that add up. */
#include "contract/ledger_harness.h"

enum { CHARGE = 120000000 };

static struct ledger_outcome credit(struct bench *bench, struct ledger_credit given)
{
    if (given.client.ptr == NULL)
        given.client = STR("shop");
    if (given.currency.ptr == NULL)
        given.currency = STR("USD");
    bench->arrived = 0;
    bench->awaited = 1;
    ledger_credit(bench->ledger, bench->loop, &given, bench_on_done, bench_tag(bench, 0));
    loop_run(bench->loop);
    return bench->outcome;
}

static struct account account(struct bench *bench)
{
    struct ledger_rows rows = bench_read(
        bench, (struct ledger_query){.request = LEDGER_QUERY_ACCOUNTS, .client = STR("shop")});
    return rows.account_count ? rows.accounts[0].account : (struct account){0};
}

static void expect(struct bench *bench, int64_t balance, int64_t held)
{
    struct account found = account(bench);
    if (found.balance.units != balance || found.held.units != held)
        fail_msg("balance %ld, held %ld", (long)found.balance.units, (long)found.held.units);
}

static const struct ledger_funds prepaid = {.limits.is_prepaid = true, .hold = {CHARGE}};

static struct ledger_change placing(const struct ledger_order *order,
                                    const struct ledger_attempt *attempt)
{
    return (struct ledger_change){.order = order->id,
                                  .insert = order,
                                  .attempt_started = attempt,
                                  .funds = &prepaid,
                                  .event = "placed"};
}

static enum ledger_result place(struct bench *bench, uint32_t id)
{
    struct ledger_order order = bench_new_order(id);
    struct ledger_attempt attempt = bench_new_attempt(1, "alpha");
    struct ledger_change change = placing(&order, &attempt);
    return bench_write(bench, &change);
}

static enum ledger_result end(struct bench *bench, uint32_t id, enum attemptstate attempt,
                              enum orderstate to, int64_t paid)
{
    struct str number =
        str_make((const char[]){'7', (char)('0' + id / 10 % 10), (char)('0' + id % 10)}, 3);
    struct ledger_attempt ended = {.number = 1, .state = attempt, .upstream_id = number};
    struct ledger_update update = {.has_course = true,
                                   .course.state = to,
                                   .course.paid = {paid},
                                   .has_upstream = attempt == ATTEMPTSTATE_ACCEPTED,
                                   .upstream_id = number};
    return bench_write(
        bench, &(struct ledger_change){
                   .order = id, .attempt_ended = &ended, .update = &update, .event = "ended"});
}

static void a_hold_is_captured_or_released(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(place(bench, 1), LEDGER_NO_FUNDS);
    assert_int_equal(
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_LIST}).order_count, 0);
    assert_int_equal(credit(bench, (struct ledger_credit){.amount = {3 * CHARGE}}).result,
                     LEDGER_DONE);
    for (uint32_t id = 1; id <= 3; id++)
        assert_int_equal(place(bench, id), LEDGER_DONE);
    assert_int_equal(place(bench, 4), LEDGER_NO_FUNDS);
    expect(bench, 3 * CHARGE, 3 * CHARGE);
    end(bench, 1, ATTEMPTSTATE_ACCEPTED, ORDERSTATE_PENDING, CHARGE);
    expect(bench, 2 * CHARGE, 2 * CHARGE);
    end(bench, 2, ATTEMPTSTATE_REFUSED, ORDERSTATE_REFUSED, 0);
    expect(bench, 2 * CHARGE, CHARGE);
    end(bench, 3, ATTEMPTSTATE_DOUBT, ORDERSTATE_DOUBT, CHARGE);
    expect(bench, 2 * CHARGE, CHARGE); /* a doubt keeps its hold */
    bench_move(bench, 1, ORDERSTATE_CANCELED);
    expect(bench, 3 * CHARGE, CHARGE);
    bench_move(bench, 1, ORDERSTATE_CANCELED); /* refused: once is enough */
    expect(bench, 3 * CHARGE, CHARGE);
    end(bench, 3, ATTEMPTSTATE_REFUSED, ORDERSTATE_CANCELED, 0);
    expect(bench, 3 * CHARGE, 0);
}

/* What a panel accepted once stays taken while the order goes on; it is given back at the end. */
static void what_was_taken_stays_while_an_order_goes_on(void **state)
{
    struct bench *bench = *state;
    const struct ledger_attempt partial = {
        .number = 1, .state = ATTEMPTSTATE_PARTIAL, .delivered = 600, .kept = {54000000}};
    struct ledger_attempt second = bench_new_attempt(2, "beta");
    struct ledger_attempt doubt = {.number = 2, .state = ATTEMPTSTATE_DOUBT};
    struct ledger_attempt refused = {.number = 2, .state = ATTEMPTSTATE_REFUSED};
    struct ledger_update update = {
        .has_course = true,
        .course = {.state = ORDERSTATE_PLACING, .paid = {CHARGE}, .remains = 400}};
    struct ledger_change change = {
        .order = 1, .attempt_ended = &partial, .update = &update, .event = "sent_on"};
    credit(bench, (struct ledger_credit){.amount = {CHARGE}});
    place(bench, 1);
    end(bench, 1, ATTEMPTSTATE_ACCEPTED, ORDERSTATE_PENDING, CHARGE);
    expect(bench, 0, 0);
    assert_int_equal(bench_write(bench, &change), LEDGER_DONE);
    expect(bench, 0, 0);
    assert_int_equal(place(bench, 2), LEDGER_NO_FUNDS);
    bench_write(bench, &(struct ledger_change){
                           .order = 1, .attempt_started = &second, .event = "next_offer"});
    update.course.state = ORDERSTATE_DOUBT;
    change = (struct ledger_change){
        .order = 1, .attempt_ended = &doubt, .update = &update, .event = "doubt"};
    assert_int_equal(bench_write(bench, &change), LEDGER_DONE);
    expect(bench, 0, 0);
    bench_verify(bench);
    update.course = (struct order_course){
        .state = ORDERSTATE_PARTIAL, .paid = {CHARGE / 10 * 6}, .remains = 400};
    change.attempt_ended = &refused;
    assert_int_equal(bench_write(bench, &change), LEDGER_DONE);
    expect(bench, CHARGE / 10 * 4, 0);
}

/* All in one batch or spread over many: exactly as many as there is money for. */
static void n_adds_with_money_for_k(void **state)
{
    enum { N = 200, K = 37 };
    struct bench *bench = *state;
    static struct ledger_order orders[N];
    static struct ledger_change changes[N];
    struct ledger_attempt attempt = bench_new_attempt(1, "alpha");
    size_t done = 0;
    credit(bench, (struct ledger_credit){.amount = {K * INT64_C(120000000) + CHARGE - 1}});
    for (uint32_t i = 0; i < N; i++) {
        orders[i] = bench_new_order(i + 1);
        changes[i] = placing(&orders[i], &attempt);
    }
    bench_write_all(bench, changes, N);
    for (size_t i = 0; i < N; i++) {
        assert_true(bench->results[i] == LEDGER_DONE || bench->results[i] == LEDGER_NO_FUNDS);
        done += bench->results[i] == LEDGER_DONE;
    }
    assert_int_equal(done, K);
    expect(bench, K * INT64_C(120000000) + CHARGE - 1, K * INT64_C(120000000));
}

static void credits_count_once(void **state)
{
    struct bench *bench = *state;
    struct ledger_credit given = {.id = STR("pay-1"), .amount = {500}, .note = STR("by bank")};
    struct ledger_outcome outcome = credit(bench, given);
    assert_true(outcome.result == LEDGER_DONE && !outcome.is_repeat);
    assert_int_equal(outcome.account.balance.units, 500);
    outcome = credit(bench, given);
    assert_true(outcome.result == LEDGER_DONE && outcome.is_repeat);
    assert_int_equal(outcome.account.balance.units, 500);
    given.amount.units = 501;
    assert_int_equal(credit(bench, given).result, LEDGER_REFUSED);
    ledger_close(&bench->ledger);
    bench_start(bench);
    given.amount.units = 500;
    assert_true(credit(bench, given).is_repeat);
    given.client = STR("other"); /* another client's ids are its own */
    assert_false(credit(bench, given).is_repeat);
    assert_int_equal(credit(bench, (struct ledger_credit){.amount = {-501}}).result,
                     LEDGER_NO_FUNDS);
    assert_int_equal(credit(bench, (struct ledger_credit){.amount = {0}}).result, LEDGER_REFUSED);
    assert_int_equal(credit(bench, (struct ledger_credit){.amount = {-500}}).result, LEDGER_DONE);
    assert_int_equal(credit(bench, (struct ledger_credit){.amount = {INT64_MIN}}).result,
                     LEDGER_REFUSED);
    assert_int_equal(
        credit(bench, (struct ledger_credit){.order = 9, .is_correction = true, .amount = {1}})
            .result,
        LEDGER_REFUSED);
    expect(bench, 0, 0);
}

static void limits_below_zero_and_by_day(void **state)
{
    struct bench *bench = *state;
    struct ledger_order order = bench_new_order(1);
    struct ledger_funds funds = {
        .limits = {.is_prepaid = true, .credit_limit = {2 * CHARGE}, .daily_limit = {CHARGE}},
        .hold = {CHARGE}};
    struct ledger_change change = {
        .order = 1, .insert = &order, .funds = &funds, .event = "placed"};
    order.created_at_ms = clock_wall_ms();
    assert_int_equal(bench_write(bench, &change), LEDGER_DONE);
    order.id = change.order = 2;
    assert_int_equal(bench_write(bench, &change), LEDGER_NO_FUNDS);
    assert_string_equal(bench->outcome.reason, "the daily limit does not cover it");
    bench_move(bench, 1, ORDERSTATE_REFUSED); /* what was refused is no charge of its day */
    assert_int_equal(bench_write(bench, &change), LEDGER_DONE);
    funds.limits.daily_limit = MONEY_ZERO;
    order.id = change.order = 3;
    assert_int_equal(bench_write(bench, &change), LEDGER_DONE);
    order.id = change.order = 4;
    assert_int_equal(bench_write(bench, &change), LEDGER_NO_FUNDS);
    assert_string_equal(bench->outcome.reason, "the available funds do not cover it");
    expect(bench, 0, 2 * CHARGE);
}

static enum ledger_result place_with_ref(struct bench *bench, uint32_t id, const char *name,
                                         uint8_t digest)
{
    struct ledger_order order = bench_new_order(id);
    struct ledger_ref ref = {.ref = str_of(name), .digest = {digest}};
    return bench_write(bench, &(struct ledger_change){
                                  .order = id, .insert = &order, .ref = &ref, .event = "placed"});
}

static void a_ref_has_one_order(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(place_with_ref(bench, 1, "a", 1), LEDGER_DONE);
    assert_int_equal(place_with_ref(bench, 2, "a", 1), LEDGER_DUPLICATE);
    assert_int_equal(bench->outcome.order, 1);
    assert_int_equal(place_with_ref(bench, 2, "a", 2), LEDGER_REFUSED);
    assert_int_equal(place_with_ref(bench, 2, "b", 1), LEDGER_DONE);
    /* A refusal frees it; an order whose number somebody has keeps it. */
    bench_move(bench, 1, ORDERSTATE_REFUSED);
    assert_int_equal(place_with_ref(bench, 3, "a", 2), LEDGER_DONE);
    struct ledger_update gives = {.gives_number = true};
    bench_write(bench, &(struct ledger_change){.order = 3, .update = &gives});
    bench_move(bench, 3, ORDERSTATE_CANCELED);
    assert_int_equal(place_with_ref(bench, 4, "a", 2), LEDGER_DUPLICATE);
    ledger_close(&bench->ledger);
    bench_start(bench);
    assert_int_equal(place_with_ref(bench, 5, "a", 2), LEDGER_DUPLICATE);
    assert_int_equal(bench->outcome.order, 3);
    struct ledger_query query = {
        .request = LEDGER_QUERY_REF, .client = STR("shop"), .text = STR("a")};
    struct ledger_rows rows = bench_read(bench, query);
    assert_int_equal(rows.order_count, 1);
    assert_int_equal(rows.orders[0].id, 3);
    assert_true(str_is(rows.orders[0].ref, "a"));
    assert_int_equal(rows.ref->digest[0], 2);
    /* 2 was canceled by the restart, for nobody had its number: "b" is free. */
    query.text = STR("b");
    assert_int_equal(bench_read(bench, query).order_count, 0);
    query.client = STR("other");
    query.text = STR("a");
    assert_null(bench_read(bench, query).ref);
}

/* After a crash nobody has its number, but a panel may have taken it. */
static void a_doubt_keeps_its_ref_to_the_end(void **state)
{
    static const enum orderstate ends[] = {ORDERSTATE_COMPLETED, ORDERSTATE_PARTIAL,
                                           ORDERSTATE_CANCELED};
    static const char *const names[] = {"a", "b", "c"};
    struct bench *bench = *state;
    for (uint32_t i = 0; i < 3; i++) {
        struct ledger_attempt attempt = bench_new_attempt(1, "alpha");
        bool is_back = ends[i] == ORDERSTATE_CANCELED;
        assert_int_equal(place_with_ref(bench, i + 1, names[i], 1), LEDGER_DONE);
        bench_write(bench, &(struct ledger_change){.order = i + 1, .attempt_started = &attempt});
        end(bench, i + 1, ATTEMPTSTATE_DOUBT, ORDERSTATE_DOUBT, CHARGE);
        assert_int_equal(end(bench, i + 1, is_back ? ATTEMPTSTATE_REFUSED : ATTEMPTSTATE_ACCEPTED,
                             ends[i], is_back ? 0 : CHARGE),
                         LEDGER_DONE);
        assert_int_equal(place_with_ref(bench, 9, names[i], 1), LEDGER_DUPLICATE);
        assert_int_equal(bench->outcome.order, i + 1);
    }
}

static void age_refs(struct bench *bench)
{
    char command[256];
    snprintf(command, sizeof command, "sqlite3 '%s' 'UPDATE refs SET at = 1'", bench->file);
    bench_run(command);
}

/* Kept for 7 days. */
static void an_old_ref_is_swept(void **state)
{
    struct bench *bench = *state;
    struct ledger_update gives = {.gives_number = true};
    assert_int_equal(place_with_ref(bench, 1, "a", 1), LEDGER_DONE);
    bench_write(bench, &(struct ledger_change){.order = 1, .update = &gives});
    ledger_close(&bench->ledger);
    bench_start(bench);
    assert_int_equal(place_with_ref(bench, 2, "a", 1), LEDGER_DUPLICATE);
    ledger_close(&bench->ledger);
    age_refs(bench);
    bench_start(bench);
    bench_place(bench, 4); /* the first commit sweeps */
    assert_int_equal(place_with_ref(bench, 5, "a", 2), LEDGER_DONE);
    bench_move(bench, 1, ORDERSTATE_CANCELED);
}

static void two_refs_in_one_batch(void **state)
{
    struct bench *bench = *state;
    struct ledger_order orders[2] = {bench_new_order(1), bench_new_order(2)};
    struct ledger_ref ref = {.ref = STR("a"), .digest = {1}};
    const struct ledger_change changes[] = {
        {.order = 1, .insert = &orders[0], .ref = &ref, .event = "placed"},
        {.order = 2, .insert = &orders[1], .ref = &ref, .event = "placed"}};
    bench_write_all(bench, changes, 2);
    assert_int_equal(bench->results[0], LEDGER_DONE);
    assert_int_equal(bench->results[1], LEDGER_DUPLICATE);
    assert_int_equal(bench->outcome.order, 1);
}

static enum ledger_result bear(struct bench *bench, uint32_t id, const char *upstream_id)
{
    struct ledger_order child = bench_new_order(id);
    child.type = ORDERTYPE_SUBSCRIPTIONS;
    child.parent = 1;
    child.course.state = ORDERSTATE_PENDING;
    child.charge = MONEY_ZERO;
    child.upstream_id = str_of(upstream_id);
    return bench_write(bench,
                       &(struct ledger_change){.order = id, .insert = &child, .event = "child"});
}

static void pay(struct bench *bench, uint32_t id, enum orderstate to, int64_t paid)
{
    struct ledger_update update = {.has_course = true, .course.state = to, .course.paid = {paid}};
    assert_int_equal(
        bench_write(bench,
                    &(struct ledger_change){.order = id, .update = &update, .event = "status"}),
        LEDGER_DONE);
}

/* A subscription: its maximum is held, children are captured from it, the rest is released. */
static void children_are_paid_from_their_parents_hold(void **state)
{
    struct bench *bench = *state;
    struct ledger_order parent = bench_new_order(1);
    struct ledger_attempt attempt = bench_new_attempt(1, "alpha");
    parent.type = ORDERTYPE_SUBSCRIPTIONS;
    struct ledger_change change = placing(&parent, &attempt);
    credit(bench, (struct ledger_credit){.amount = {CHARGE}});
    assert_int_equal(bench_write(bench, &change), LEDGER_DONE);
    end(bench, 1, ATTEMPTSTATE_ACCEPTED, ORDERSTATE_PENDING, 0);
    expect(bench, CHARGE, CHARGE);
    assert_int_equal(bear(bench, 2, "71"), LEDGER_DONE);
    assert_int_equal(bear(bench, 3, "71"), LEDGER_DUPLICATE);
    assert_int_equal(bear(bench, 3, "72"), LEDGER_DONE);
    pay(bench, 2, ORDERSTATE_IN_PROGRESS, 1000);
    expect(bench, CHARGE - 1000, CHARGE - 1000);
    pay(bench, 2, ORDERSTATE_PARTIAL, 400);
    expect(bench, CHARGE - 400, CHARGE - 400);
    pay(bench, 3, ORDERSTATE_COMPLETED, 500);
    expect(bench, CHARGE - 900, CHARGE - 900);
    pay(bench, 1, ORDERSTATE_COMPLETED, 0);
    expect(bench, CHARGE - 900, 0);
}

/* A subscription of a prepaid client whose hold is `posts` times POST, with so many children. */
enum { POST = 1000 };
static void subscribe(struct bench *bench, const char *fields, int64_t posts, uint32_t children)
{
    static const char *const numbers[] = {"71", "72", "73"};
    struct ledger_order parent = bench_new_order(1);
    struct ledger_attempt attempt = bench_new_attempt(1, "alpha");
    struct ledger_funds funds = {.limits.is_prepaid = true, .hold = {posts * POST}};
    parent.type = ORDERTYPE_SUBSCRIPTIONS;
    parent.fields = str_of(fields);
    struct ledger_change change = placing(&parent, &attempt);
    change.funds = &funds;
    assert_int_equal(bench_write(bench, &change), LEDGER_DONE);
    end(bench, 1, ATTEMPTSTATE_ACCEPTED, ORDERSTATE_PENDING, 0);
    for (uint32_t i = 0; i < children; i++) {
        struct ledger_order child = bench_new_order(2 + i);
        child.type = ORDERTYPE_SUBSCRIPTIONS;
        child.parent = 1;
        child.course = (struct order_course){.state = ORDERSTATE_PENDING};
        child.charge.units = POST;
        child.upstream_id = str_of(numbers[i]);
        change = (struct ledger_change){.order = 2 + i, .insert = &child, .event = "child"};
        assert_int_equal(bench_write(bench, &change), LEDGER_DONE);
    }
}

/* Each step: what an order is to pay and where it goes, then what its client's account says. */
struct course_step {
    uint32_t order;
    enum orderstate to;
    int64_t due, paid, balance, held;
};

static void go(struct bench *bench, const struct course_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct course_step *step = &steps[i];
        pay(bench, step->order, step->to, step->due);
        bool is_short = step->paid < step->due;
        if (bench->outcome.is_uncovered != is_short ||
            (is_short && bench->outcome.paid.units != step->paid))
            fail_msg("step %zu: uncovered %d, paid %ld", i, bench->outcome.is_uncovered,
                     (long)bench->outcome.paid.units);
        struct account found = account(bench);
        if (found.balance.units != step->balance || found.held.units != step->held)
            fail_msg("step %zu: balance %ld, held %ld", i, (long)found.balance.units,
                     (long)found.held.units);
        bench_verify(bench);
    }
}

#define TWO_POSTS "{\"posts\":\"2\"}"

static void a_parent_s_end_keeps_what_its_children_may_still_cost(void **state)
{
    static const struct course_step steps[] = {
        {2, ORDERSTATE_IN_PROGRESS, 400, 400, 1600, 1600},
        {1, ORDERSTATE_CANCELED, 0, 0, 1600, 1600},
        {2, ORDERSTATE_PARTIAL, 300, 300, 1700, 1000},
        {3, ORDERSTATE_COMPLETED, 1000, 1000, 700, 0},
    };
    struct bench *bench = *state;
    credit(bench, (struct ledger_credit){.amount = {2 * POST}});
    subscribe(bench, TWO_POSTS, 2, 2);
    go(bench, steps, COUNT_OF(steps));
}

static void what_falls_is_held_again_and_a_rise_is_covered(void **state)
{
    static const struct course_step steps[] = {
        {1, ORDERSTATE_IN_PROGRESS, 2000, 2000, 0, 0}, /* it is charged itself */
        {1, ORDERSTATE_IN_PROGRESS, 0, 0, 2000, 2000}, /* then it names children */
        {2, ORDERSTATE_IN_PROGRESS, 1000, 1000, 1000, 1000},
        {2, ORDERSTATE_IN_PROGRESS, 0, 0, 2000, 2000},
        {2, ORDERSTATE_COMPLETED, 1000, 1000, 1000, 1000},
        {3, ORDERSTATE_COMPLETED, 1000, 1000, 0, 0},
        {1, ORDERSTATE_COMPLETED, 0, 0, 0, 0},
    };
    struct bench *bench = *state;
    credit(bench, (struct ledger_credit){.amount = {2 * POST}});
    subscribe(bench, TWO_POSTS, 2, 2);
    go(bench, steps, COUNT_OF(steps));
}

static void one_without_an_end_holds_one_post_as_far_as_funds_go(void **state)
{
    static const struct course_step steps[] = {
        {2, ORDERSTATE_COMPLETED, 1000, 1000, 1500, 1000},
        {3, ORDERSTATE_COMPLETED, 1000, 1000, 500, 500},
        {4, ORDERSTATE_COMPLETED, 1000, 500, 0, 0}, /* what is beyond is not charged */
        {1, ORDERSTATE_COMPLETED, 0, 0, 0, 0},
    };
    struct bench *bench = *state;
    credit(bench, (struct ledger_credit){.amount = {2 * POST + POST / 2}});
    subscribe(bench, "{}", 1, 3);
    go(bench, steps, COUNT_OF(steps));
    struct ledger_rows rows =
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_SHOW, .id = 4});
    assert_int_equal(rows.orders[0].course.paid.units, 500);
    const struct ledger_event *event = &rows.events[rows.event_count - 1];
    assert_true(str_is(event->word, "uncovered"));
    assert_true(str_is(event->reason, "0.00001 was due, 0.000005 was taken: the funds do not "
                                      "cover more"));
}

/* An operator takes what is held away; a charge beyond the hold finds nothing there. */
static void a_correction_is_no_fault_and_nothing_is_taken_below_it(void **state)
{
    static const struct course_step steps[] = {
        {2, ORDERSTATE_COMPLETED, 1000, 1000, -2000, 0},
        {3, ORDERSTATE_COMPLETED, 1000, 0, -2000, 0},
    };
    struct bench *bench = *state;
    credit(bench, (struct ledger_credit){.amount = {POST}});
    subscribe(bench, "{}", 1, 2);
    credit(bench, (struct ledger_credit){
                      .amount = {-2 * POST}, .is_correction = true, .may_overdraw = true});
    go(bench, steps, COUNT_OF(steps));
}

/* It was prepaid once; what it owes now nothing bounds. */
static void an_unlimited_client_s_children_are_charged_in_full(void **state)
{
    static const struct course_step steps[] = {
        {2, ORDERSTATE_COMPLETED, 1000, 1000, -1000, 0},
        {3, ORDERSTATE_COMPLETED, 1000, 1000, -2000, 0},
    };
    struct bench *bench = *state;
    credit(bench, (struct ledger_credit){.amount = {CHARGE}});
    assert_int_equal(place(bench, 9), LEDGER_DONE);
    end(bench, 9, ATTEMPTSTATE_ACCEPTED, ORDERSTATE_PENDING, CHARGE);
    subscribe(bench, TWO_POSTS, 0, 2);
    go(bench, steps, COUNT_OF(steps));
}

static void a_statement_adds_up(void **state)
{
    struct bench *bench = *state;
    credit(bench, (struct ledger_credit){.amount = {2 * CHARGE}, .note = STR("cash")});
    place(bench, 1);
    end(bench, 1, ATTEMPTSTATE_ACCEPTED, ORDERSTATE_PENDING, CHARGE);
    pay(bench, 1, ORDERSTATE_PARTIAL, CHARGE / 4);
    credit(bench, (struct ledger_credit){.client = STR("other"), .amount = {5}});
    credit(bench, (struct ledger_credit){.order = 1, .is_correction = true, .amount = {7}});
    struct ledger_query query = {.request = LEDGER_QUERY_STATEMENT, .client = STR("shop")};
    struct ledger_rows rows = bench_read(bench, query);
    static const enum account_kind kinds[] = {ACCOUNT_DEPOSIT, ACCOUNT_HOLD, ACCOUNT_CAPTURE,
                                              ACCOUNT_REFUND, ACCOUNT_CORRECTION};
    assert_int_equal(rows.posting_count, COUNT_OF(kinds));
    int64_t balance = 0, held = 0;
    for (size_t i = 0; i < rows.posting_count; i++) {
        const struct ledger_posting *line = &rows.postings[i];
        assert_int_equal(line->movement.kind, kinds[i]);
        assert_int_equal(line->order, i == 0 ? 0 : 1);
        balance += line->movement.amount.units;
        held += line->movement.held.units;
        assert_int_equal(line->balance.units, balance);
        assert_int_equal(line->held.units, held);
    }
    assert_true(str_is(rows.postings[0].note, "cash"));
    assert_int_equal(rows.accounts[0].account.balance.units, balance);
    query.since_ms = rows.postings[4].at_ms + 1;
    assert_int_equal(bench_read(bench, query).posting_count, 0);
}

static void answers_that_were_not_written_are_unclaimed(void **state)
{
    struct bench *bench = *state;
    struct ledger_query query = {.request = LEDGER_QUERY_UNCLAIMED, .since_ms = 1699999999999};
    for (uint32_t id = 1; id <= 4; id++)
        bench_place(bench, id);
    ledger_note_answered(bench->ledger, 2);
    ledger_note_answered(bench->ledger, 3);
    end(bench, 4, ATTEMPTSTATE_REFUSED, ORDERSTATE_REFUSED, 0);
    ledger_close(&bench->ledger);
    bench_start(bench);
    assert_int_equal(bench_read(bench, query).order_count, 1);
    struct ledger_update claim = {.gives_number = true};
    const struct ledger_change change = {.order = 1, .update = &claim, .event = "claimed"};
    assert_int_equal(bench_write(bench, &change), LEDGER_DONE);
    /* Nor may the claim's own answer have been written. */
    assert_int_equal(bench_read(bench, query).order_count, 1);
    assert_int_equal(bench_write(bench, &change), LEDGER_DONE);
    ledger_note_answered(bench->ledger, 1);
    ledger_close(&bench->ledger);
    bench_start(bench);
    assert_int_equal(bench_read(bench, query).order_count, 0);
}

static void events_are_read_on_from_a_number(void **state)
{
    struct bench *bench = *state;
    for (uint32_t id = 1; id <= 3; id++)
        bench_place(bench, id);
    credit(bench, (struct ledger_credit){.amount = {5}, .note = STR("cash"), .who = STR("ann")});
    bench_accept(bench, 2, 1, "9");
    struct ledger_query query = {.request = LEDGER_QUERY_EVENTS, .limit = 2};
    static const uint32_t orders[] = {1, 2, 3, 0, 2};
    size_t seen = 0;
    for (;;) {
        struct ledger_rows rows = bench_read(bench, query);
        if (rows.event_count == 0)
            break;
        for (size_t i = 0; i < rows.event_count; i++) {
            assert_true(rows.events[i].number > query.after);
            query.after = rows.events[i].number;
            assert_int_equal(rows.events[i].order, orders[seen++]);
        }
    }
    assert_int_equal(seen, COUNT_OF(orders));
}

static void orders_by_their_number_at_the_panel(void **state)
{
    struct bench *bench = *state;
    bench_place(bench, 1);
    bench_accept(bench, 1, 1, "4711");
    struct ledger_query query = {
        .request = LEDGER_QUERY_UPSTREAM, .provider = STR("alpha"), .text = STR("4711")};
    assert_int_equal(bench_read(bench, query).order_count, 1);
    query.provider = STR("beta");
    assert_int_equal(bench_read(bench, query).order_count, 0);
    bench_move(bench, 1, ORDERSTATE_COMPLETED);
    query = (struct ledger_query){.request = LEDGER_QUERY_SETTLED};
    struct ledger_rows rows = bench_read(bench, query);
    assert_int_equal(rows.order_count, 1);
    query.since_ms = rows.orders[0].settled_at_ms;
    assert_int_equal(bench_read(bench, query).order_count, 1);
    query.after = 1;
    assert_int_equal(bench_read(bench, query).order_count, 0);
    struct ledger_order linked = bench_new_order(2);
    linked.link_hash = -77;
    bench_write(bench, &(struct ledger_change){.order = 2, .insert = &linked, .event = "placed"});
    query = (struct ledger_query){.request = LEDGER_QUERY_LINK, .link_hash = -77};
    assert_int_equal(bench_read(bench, query).order_count, 1);
    bench_move(bench, 2, ORDERSTATE_CANCELED);
    assert_int_equal(bench_read(bench, query).order_count, 0);
}

/* What /metrics shows: of each currency, no client's netted with another's. */
static void expect_sums(struct bench *bench)
{
    struct account_sums usd = {0}, eur = {0};
    struct ledger_rows rows =
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_ACCOUNTS});
    for (size_t i = 0; i < rows.account_count; i++)
        assert_true(account_sums_add(str_is(rows.accounts[i].currency, "USD") ? &usd : &eur,
                                     &rows.accounts[i].account));
    rows = bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_SUMS});
    for (size_t i = 0; i < rows.sums_count; i++) {
        bool is_usd = str_is(rows.sums[i].currency, "USD");
        assert_true(is_usd || str_is(rows.sums[i].currency, "EUR"));
        assert_memory_equal(&rows.sums[i].sums, is_usd ? &usd : &eur, sizeof usd);
    }
    assert_int_equal(rows.sums_count,
                     (usd.available.units + usd.owed.units > 0) + (eur.available.units > 0));
}

static void sums_of_all_accounts(void **state)
{
    struct bench *bench = *state;
    expect_sums(bench);
    credit(bench, (struct ledger_credit){.amount = {3 * CHARGE}});
    expect_sums(bench);
    credit(bench, (struct ledger_credit){.client = STR("rich"), .amount = {500}});
    credit(bench,
           (struct ledger_credit){.client = STR("poor"), .amount = {-70}, .may_overdraw = true});
    expect_sums(bench);
    /* one change, then more than there are accounts */
    credit(bench,
           (struct ledger_credit){.client = STR("poor"), .amount = {90}, .may_overdraw = true});
    expect_sums(bench);
    for (int i = 0; i < 20; i++)
        credit(bench, (struct ledger_credit){.client = STR("rich"), .amount = {1 + i}});
    expect_sums(bench);
    credit(bench,
           (struct ledger_credit){.client = STR("rich"), .currency = STR("EUR"), .amount = {9}});
    expect_sums(bench);
    assert_int_equal(place(bench, 1), LEDGER_DONE);
    assert_int_equal(place(bench, 2), LEDGER_DONE);
    expect_sums(bench);
    assert_int_equal(end(bench, 1, ATTEMPTSTATE_ACCEPTED, ORDERSTATE_PENDING, CHARGE), LEDGER_DONE);
    assert_int_equal(end(bench, 2, ATTEMPTSTATE_REFUSED, ORDERSTATE_CANCELED, 0), LEDGER_DONE);
    expect_sums(bench);
    struct ledger_rows rows =
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_SUMS});
    for (size_t i = 0; i < rows.sums_count; i++)
        if (str_is(rows.sums[i].currency, "USD"))
            assert_int_equal(rows.sums[i].sums.available.units, 2 * CHARGE + 500 + 210 + 20);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_hold_is_captured_or_released),
        CASE(what_was_taken_stays_while_an_order_goes_on),
        CASE(n_adds_with_money_for_k),
        CASE(credits_count_once),
        CASE(limits_below_zero_and_by_day),
        CASE(a_ref_has_one_order),
        CASE(a_doubt_keeps_its_ref_to_the_end),
        CASE(an_old_ref_is_swept),
        CASE(two_refs_in_one_batch),
        CASE(children_are_paid_from_their_parents_hold),
        CASE(a_parent_s_end_keeps_what_its_children_may_still_cost),
        CASE(what_falls_is_held_again_and_a_rise_is_covered),
        CASE(one_without_an_end_holds_one_post_as_far_as_funds_go),
        CASE(a_correction_is_no_fault_and_nothing_is_taken_below_it),
        CASE(an_unlimited_client_s_children_are_charged_in_full),
        CASE(a_statement_adds_up),
        CASE(sums_of_all_accounts),
        CASE(answers_that_were_not_written_are_unclaimed),
        CASE(events_are_read_on_from_a_number),
        CASE(orders_by_their_number_at_the_panel),
    };
    return bench_main(tests, COUNT_OF(tests));
}
