/* The same questions asked of every backend of the ledger: what is allowed and refused, groups of
 * good and bad entries, the order of completions. Reading and recovery are asked likewise in
 * tests/unit/ledger. */
#include "contract/ledger_harness.h"

/* ---- writing ---- */

static void add_is_kept_whole(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(bench_place(bench, 5), LEDGER_DONE);
    struct ledger_order order = bench_order(bench, 5), wanted = bench_new_order(5);
    assert_true(str_equal(order.client, wanted.client));
    assert_true(str_equal(order.fields, wanted.fields));
    assert_true(str_equal(order.currency, wanted.currency));
    assert_true(str_equal(order.request_id, wanted.request_id));
    assert_true(str_is(order.provider, "alpha") && str_is(order.upstream_service, "101"));
    assert_int_equal(order.service, 7);
    assert_int_equal(order.type, ORDERTYPE_DEFAULT);
    assert_int_equal(order.rate.units, wanted.rate.units);
    assert_int_equal(order.charge.units, wanted.charge.units);
    assert_int_equal(order.course.paid.units, 0);
    assert_int_equal(order.course.state, ORDERSTATE_PLACING);
    assert_false(order.is_number_given || order.course.has_start_count);
    assert_int_equal(order.course.remains, 1000);
    assert_int_equal(order.created_at_ms, 1700000000000);

    assert_int_equal(bench_accept(bench, 5, 1, "4711"), LEDGER_DONE);
    order = bench_order(bench, 5);
    assert_int_equal(order.course.state, ORDERSTATE_PENDING);
    assert_true(str_is(order.upstream_id, "4711") && str_is(order.provider, "alpha"));
    assert_true(order.is_number_given);
    assert_int_equal(order.course.paid.units, 120000000);
    assert_true(order.updated_at_ms > order.created_at_ms);
}

static void numbers_are_inserted_once(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(bench_place(bench, 5), LEDGER_DONE);
    assert_int_equal(bench_place(bench, 5), LEDGER_REFUSED);
    struct ledger_order order = bench_new_order(0);
    assert_int_equal(bench_write(bench, &(struct ledger_change){.insert = &order}), LEDGER_REFUSED);
    assert_int_equal(bench_move(bench, 6, ORDERSTATE_CANCELED), LEDGER_REFUSED);
}

/* Every cell of the table of moves, each with an order of its own. */
static void moves_are_allowed_or_refused(void **state)
{
    struct bench *bench = *state;
    uint32_t id = 1;
    for (unsigned from = 0; from < ORDERSTATE_COUNT; from++) {
        for (unsigned to = 0; to < ORDERSTATE_COUNT; to++, id++) {
            /* A child needs no attempt of its own, so any state is in order from the start. */
            struct ledger_order order = bench_new_order(id);
            order.parent = id == 1 ? 0 : 1;
            order.course.state = (enum orderstate)from;
            assert_int_equal(bench_write(bench, &(struct ledger_change){.order = id,
                                                                        .insert = &order,
                                                                        .event = "placed"}),
                             LEDGER_DONE);
            bool may = orderstate_may_move((enum orderstate)from, (enum orderstate)to);
            /* Back to placing goes an order only with the attempt that its panel ended. */
            /* And one that waited for its link only with its first attempt. */
            bool is_back = from > ORDERSTATE_DOUBT && to == ORDERSTATE_PLACING;
            enum ledger_result result = bench_move(bench, id, (enum orderstate)to);
            assert_int_equal(result, !may      ? LEDGER_NOT_ALLOWED
                                     : is_back ? LEDGER_REFUSED
                                               : LEDGER_DONE);
            may = may && !is_back;
            assert_true(may || is_back || (bench->outcome.from == from && bench->outcome.to == to));
            struct ledger_rows rows =
                bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_SHOW, .id = id});
            assert_int_equal(rows.orders[0].course.state, may ? to : from);
            assert_int_equal(rows.event_count, may ? 2 : 1);
        }
    }
}

static enum ledger_result update(struct bench *bench, uint32_t id, struct ledger_update given)
{
    return bench_write(bench, &(struct ledger_change){.order = id, .update = &given});
}

static void settled_orders_change_no_more(void **state)
{
    struct bench *bench = *state;
    struct ledger_attempt again = bench_new_attempt(2, "beta");
    bench_place(bench, 1);
    bench_accept(bench, 1, 1, "4711");
    assert_int_equal(bench_move(bench, 1, ORDERSTATE_COMPLETED), LEDGER_DONE);
    static const struct ledger_update refused[] = {
        {.has_course = true, .course.state = ORDERSTATE_COMPLETED},
        {.has_course = true, .course.state = ORDERSTATE_CANCELED},
        {.has_course = true, .course.state = ORDERSTATE_COMPLETED, .course.paid = {1}},
        {.has_course = true, .course.state = ORDERSTATE_COMPLETED, .course.remains = 1},
        {.has_extra = true, .extra = STR("{}")},
        {.has_upstream = true, .upstream_id = STR("4712")},
        {.gives_number = true, .only_if_unsettled = true},
    };
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        assert_int_equal(update(bench, 1, refused[i]), LEDGER_NOT_ALLOWED);
    assert_int_equal(
        bench_write(bench, &(struct ledger_change){.order = 1, .attempt_started = &again}),
        LEDGER_REFUSED);
    assert_int_equal(update(bench, 1, (struct ledger_update){.gives_number = true}), LEDGER_DONE);
    assert_int_equal(bench_write(bench, &(struct ledger_change){.order = 1,
                                                                .event = "late",
                                                                .reason = STR("now Canceled")}),
                     LEDGER_DONE);
    struct ledger_rows rows =
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_SHOW, .id = 1});
    assert_int_equal(rows.orders[0].course.state, ORDERSTATE_COMPLETED);
    assert_int_equal(rows.orders[0].course.paid.units, 120000000);
    assert_int_equal(rows.event_count, 4);
    assert_true(str_is(rows.events[3].word, "late") && rows.events[3].to.len == 0);
}

static void updates_change_what_they_name(void **state)
{
    struct bench *bench = *state;
    bench_place(bench, 1);
    bench_accept(bench, 1, 1, "4711");
    assert_int_equal(update(bench, 1,
                            (struct ledger_update){.has_course = true,
                                                   .course.state = ORDERSTATE_PENDING,
                                                   .course.paid = {120000000},
                                                   .course.has_start_count = true,
                                                   .course.start_count = 0,
                                                   .course.remains = 400,
                                                   .has_extra = true,
                                                   .extra = STR("{\"runs\":\"3\"}"),
                                                   .provider = STR("nobody")}),
                     LEDGER_DONE);
    struct ledger_order order = bench_order(bench, 1);
    assert_true(order.course.has_start_count && order.course.start_count == 0 &&
                order.course.remains == 400);
    assert_true(str_is(order.extra, "{\"runs\":\"3\"}"));
    assert_true(str_is(order.provider, "alpha")); /* has_upstream was not set */
    assert_int_equal(order.course.state, ORDERSTATE_PENDING);
    assert_int_equal(update(bench, 1,
                            (struct ledger_update){.has_course = true,
                                                   .course.state = ORDERSTATE_PENDING,
                                                   .course.paid = {-1}}),
                     LEDGER_REFUSED);
    assert_int_equal(update(bench, 1,
                            (struct ledger_update){.has_course = true,
                                                   .course.state = ORDERSTATE_PENDING,
                                                   .course.paid = {5}}),
                     LEDGER_DONE);
    assert_true(bench_order(bench, 1).course.has_start_count); /* what was known stays so */
    assert_int_equal(bench_order(bench, 1).course.paid.units, 5);
}

/* ---- attempts ---- */

static enum ledger_result end(struct bench *bench, uint32_t id, struct ledger_attempt ended,
                              const struct ledger_attempt *next)
{
    return bench_write(
        bench, &(struct ledger_change){
                   .order = id, .attempt_ended = &ended, .attempt_started = next, .event = "next"});
}

static void offers_follow_one_another(void **state)
{
    struct bench *bench = *state;
    struct ledger_attempt second = bench_new_attempt(2, "beta");
    second.upstream_service = STR("7");
    bench_place(bench, 1);
    assert_int_equal(end(bench, 1,
                         (struct ledger_attempt){.number = 1,
                                                 .state = ATTEMPTSTATE_REFUSED,
                                                 .text = STR("out of funds"),
                                                 .evidence = STR("HTTP 200")},
                         &second),
                     LEDGER_DONE);
    assert_true(str_is(bench_order(bench, 1).provider, "beta"));
    assert_int_equal(bench_accept(bench, 1, 2, "9"), LEDGER_DONE);
    struct ledger_rows rows =
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_SHOW, .id = 1});
    assert_int_equal(rows.attempt_count, 2);
    assert_int_equal(rows.attempts[0].state, ATTEMPTSTATE_REFUSED);
    assert_true(str_is(rows.attempts[0].text, "out of funds"));
    assert_true(str_is(rows.attempts[0].evidence, "HTTP 200"));
    assert_true(rows.attempts[0].ended_at_ms > 0);
    assert_int_equal(rows.attempts[1].state, ATTEMPTSTATE_ACCEPTED);
    assert_true(str_is(rows.attempts[1].provider, "beta"));
    assert_true(str_is(rows.attempts[1].upstream_service, "7"));
    assert_true(str_is(rows.attempts[1].upstream_id, "9"));
    assert_int_equal(rows.attempts[1].cost.units, 90000000);
    assert_int_equal(rows.event_count, 3);
    assert_true(str_is(rows.events[0].word, "placed") && str_is(rows.events[0].to, "placing"));
    assert_true(str_is(rows.events[1].word, "next") && rows.events[1].to.len == 0);
    assert_true(str_is(rows.events[2].from, "placing") && str_is(rows.events[2].to, "pending"));
}

static void nothing_is_sent_twice(void **state)
{
    struct bench *bench = *state;
    struct ledger_attempt second = bench_new_attempt(2, "beta");
    struct ledger_change next = {.order = 1, .attempt_started = &second, .event = "next"};
    bench_place(bench, 1);
    /* While one is being sent… */
    assert_int_equal(bench_write(bench, &next), LEDGER_REFUSED);
    struct ledger_attempt doubt = {.number = 1, .state = ATTEMPTSTATE_DOUBT};
    struct ledger_update to_doubt = {.has_course = true, .course.state = ORDERSTATE_DOUBT};
    assert_int_equal(bench_write(bench, &(struct ledger_change){.order = 1,
                                                                .attempt_ended = &doubt,
                                                                .update = &to_doubt}),
                     LEDGER_DONE);
    /* …while one is in doubt, also when the order itself goes back… */
    struct ledger_update back = {.has_course = true, .course.state = ORDERSTATE_PLACING};
    assert_int_equal(bench_write(bench, &next), LEDGER_REFUSED);
    next.update = &back;
    assert_int_equal(bench_write(bench, &next), LEDGER_REFUSED);
    assert_int_equal(bench_order(bench, 1).course.state, ORDERSTATE_DOUBT);
    /* …until an operator says that it was not executed. */
    struct ledger_attempt refused = {.number = 1, .state = ATTEMPTSTATE_REFUSED};
    next.attempt_ended = &refused;
    assert_int_equal(bench_write(bench, &next), LEDGER_DONE);
    assert_int_equal(bench_accept(bench, 1, 2, "9"), LEDGER_DONE);
    assert_int_equal(bench_accept(bench, 1, 1, "8"), LEDGER_REFUSED);
    assert_int_equal(bench_accept(bench, 1, 2, "9"), LEDGER_REFUSED);
    struct ledger_order order = bench_order(bench, 1);
    assert_true(str_is(order.upstream_id, "9"));
}

static void attempts_end_as_allowed(void **state)
{
    struct bench *bench = *state;
    bench_place(bench, 1);
    assert_int_equal(end(bench, 1, (struct ledger_attempt){.number = 2}, NULL), LEDGER_REFUSED);
    assert_int_equal(
        end(bench, 1, (struct ledger_attempt){.number = 1, .state = ATTEMPTSTATE_SENDING}, NULL),
        LEDGER_REFUSED);
    assert_int_equal(
        end(bench, 1, (struct ledger_attempt){.number = 1, .state = ATTEMPTSTATE_NOT_SENT}, NULL),
        LEDGER_DONE);
    assert_int_equal(
        end(bench, 1, (struct ledger_attempt){.number = 1, .state = ATTEMPTSTATE_DOUBT}, NULL),
        LEDGER_REFUSED);
    assert_int_equal(bench_move(bench, 1, ORDERSTATE_REFUSED), LEDGER_DONE);
}

/* ---- groups ---- */

/* ---- an order that goes on from what its panel ended ---- */

static struct ledger_change going_on(uint32_t id, const struct ledger_attempt *ended,
                                     const struct ledger_update *update)
{
    return (struct ledger_change){
        .order = id, .attempt_ended = ended, .update = update, .event = "sent_on"};
}

static enum ledger_result go_on(struct bench *bench, uint32_t id, struct ledger_attempt ended,
                                int64_t remains)
{
    struct ledger_update back = {.has_course = true,
                                 .course.state = ORDERSTATE_PLACING,
                                 .course.paid = {120000000},
                                 .course.remains = remains};
    struct ledger_change change = going_on(id, &ended, &back);
    return bench_write(bench, &change);
}

static void an_order_goes_on_from_what_its_panel_ended(void **state)
{
    struct bench *bench = *state;
    struct ledger_attempt second = bench_new_attempt(2, "beta");
    bench_place(bench, 1);
    bench_accept(bench, 1, 1, "4711");
    assert_int_equal(
        go_on(bench, 1,
              (struct ledger_attempt){
                  .number = 1, .state = ATTEMPTSTATE_PARTIAL, .delivered = 600, .kept = {54000000}},
              400),
        LEDGER_DONE);
    struct ledger_order order = bench_order(bench, 1);
    assert_int_equal(order.course.state, ORDERSTATE_PLACING);
    assert_int_equal(order.moves, 1);
    assert_int_equal(order.delivered, 600);
    assert_int_equal(order.spent.units, 54000000);
    assert_true(order.upstream_id.len == 0 && order.cost.units == 0);
    bench_verify(bench);
    assert_int_equal(bench_write(bench, &(struct ledger_change){.order = 1,
                                                                .attempt_started = &second,
                                                                .event = "next_offer"}),
                     LEDGER_DONE);
    /* A cancel does not go to a panel that has ended it. */
    struct ledger_request cancel = {.kind = ORDER_REQUEST_CANCEL,
                                    .number = 1,
                                    .order = 1,
                                    .provider = STR("alpha"),
                                    .state = ATTEMPTSTATE_SENDING};
    const struct ledger_change cancels = {.order = 1, .order_request = &cancel};
    assert_int_equal(bench_write(bench, &cancels), LEDGER_REFUSED);
    struct ledger_attempt ended = {
        .number = 2, .state = ATTEMPTSTATE_ACCEPTED, .upstream_id = STR("9")};
    struct ledger_update update = {
        .has_course = true,
        .course = {.state = ORDERSTATE_PENDING, .paid = {120000000}, .remains = 400}};
    struct ledger_change accepted = going_on(1, &ended, &update);
    assert_int_equal(bench_write(bench, &accepted), LEDGER_DONE);
    assert_int_equal(bench_write(bench, &cancels), LEDGER_REFUSED);
    cancel.provider = STR("beta");
    assert_int_equal(bench_write(bench, &cancels), LEDGER_DONE);
    struct ledger_rows rows =
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_SHOW, .id = 1});
    assert_int_equal(rows.attempt_count, 2);
    assert_int_equal(rows.attempts[0].state, ATTEMPTSTATE_PARTIAL);
    assert_int_equal(rows.attempts[0].delivered, 600);
    assert_int_equal(rows.attempts[0].kept.units, 54000000);
    assert_int_equal(rows.attempts[0].cost.units, 90000000);
    assert_true(str_is(rows.attempts[0].upstream_id, "4711"));
    assert_true(str_is(rows.attempts[0].provider, "alpha"));
    assert_int_equal(rows.attempts[1].state, ATTEMPTSTATE_ACCEPTED);
    assert_true(str_is(rows.orders[0].upstream_id, "9"));
    /* A number at a panel is its order's for good. */
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(
            bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_UPSTREAM,
                                                    .provider = i ? STR("beta") : STR("alpha"),
                                                    .text = i ? STR("9") : STR("4711")})
                .order_count,
            1);
}

static void an_order_goes_on_by_the_rules_alone(void **state)
{
    static const struct ledger_attempt refused[] = {
        {.number = 1, .state = ATTEMPTSTATE_CANCELED, .delivered = 1},
        {.number = 1, .state = ATTEMPTSTATE_PARTIAL},
        {.number = 1, .state = ATTEMPTSTATE_PARTIAL, .delivered = 1000},
        {.number = 1, .state = ATTEMPTSTATE_PARTIAL, .delivered = 5, .kept = {-1}},
        {.number = 2, .state = ATTEMPTSTATE_CANCELED},
        {.number = 1, .state = ATTEMPTSTATE_REFUSED},
        {.number = 1, .state = ATTEMPTSTATE_NOT_SENT},
    };
    struct bench *bench = *state;
    const struct ledger_attempt canceled = {.number = 1, .state = ATTEMPTSTATE_CANCELED};
    bench_place(bench, 1);
    assert_int_equal(go_on(bench, 1, canceled, 1000), LEDGER_REFUSED); /* nobody took it yet */
    bench_accept(bench, 1, 1, "4711");
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        assert_int_equal(go_on(bench, 1, refused[i], 1000), LEDGER_REFUSED);
    /* The attempt and the order go together, and nobody knows where to. */
    assert_int_equal(bench_move(bench, 1, ORDERSTATE_PLACING), LEDGER_REFUSED);
    struct ledger_change alone = {.order = 1, .attempt_ended = &canceled, .event = "sent_on"};
    assert_int_equal(bench_write(bench, &alone), LEDGER_REFUSED);
    const struct ledger_update elsewhere = {.has_course = true,
                                            .course.state = ORDERSTATE_PLACING,
                                            .has_upstream = true,
                                            .upstream_id = STR("5")};
    struct ledger_change change = going_on(1, &canceled, &elsewhere);
    assert_int_equal(bench_write(bench, &change), LEDGER_REFUSED);
    assert_int_equal(bench_order(bench, 1).course.state, ORDERSTATE_PENDING);
    assert_int_equal(bench_order(bench, 1).moves, 0);
    bench_move(bench, 1, ORDERSTATE_CANCELED);
    assert_int_equal(go_on(bench, 1, canceled, 1000), LEDGER_NOT_ALLOWED);
}

/* It waits for its link: its number is given, its charge held, nothing was sent. */
static void a_queued_order_is_placed_or_canceled(void **state)
{
    struct bench *bench = *state;
    struct ledger_attempt attempt = bench_new_attempt(1, "alpha");
    struct ledger_update turn = {.has_course = true,
                                 .course = {.state = ORDERSTATE_PLACING, .remains = 1000}};
    for (uint32_t id = 1; id <= 2; id++) {
        struct ledger_order order = bench_new_order(id);
        order.course.state = ORDERSTATE_QUEUED;
        order.is_number_given = true;
        order.link_hash = 7;
        assert_int_equal(
            bench_write(bench,
                        &(struct ledger_change){.order = id, .insert = &order, .event = "queued"}),
            LEDGER_DONE);
    }
    bench_verify(bench);
    assert_int_equal(
        bench_write(bench, &(struct ledger_change){.order = 1, .attempt_started = &attempt}),
        LEDGER_REFUSED);
    assert_int_equal(bench_write(bench, &(struct ledger_change){.order = 1, .update = &turn}),
                     LEDGER_REFUSED);
    assert_int_equal(bench_write(bench, &(struct ledger_change){.order = 1,
                                                                .update = &turn,
                                                                .attempt_started = &attempt}),
                     LEDGER_DONE);
    assert_int_equal(bench_accept(bench, 1, 1, "4711"), LEDGER_DONE);
    assert_int_equal(bench_move(bench, 2, ORDERSTATE_CANCELED), LEDGER_DONE);
    /* Nobody's turn comes after that. */
    assert_int_equal(bench_write(bench, &(struct ledger_change){.order = 2,
                                                                .update = &turn,
                                                                .attempt_started = &attempt}),
                     LEDGER_NOT_ALLOWED);
    /* A panel never has one that is queued. */
    struct ledger_order sent = bench_new_order(3);
    sent.course.state = ORDERSTATE_QUEUED;
    assert_int_equal(bench_write(bench, &(struct ledger_change){.order = 3,
                                                                .insert = &sent,
                                                                .attempt_started = &attempt}),
                     LEDGER_REFUSED);
}

/* Children, what its panel has ended, and two of one group included. */
static void a_number_at_a_panel_has_one_order(void **state)
{
    struct bench *bench = *state;
    struct ledger_attempt beta = bench_new_attempt(1, "beta");
    struct ledger_attempt canceled = {.number = 1, .state = ATTEMPTSTATE_CANCELED};
    struct ledger_order elsewhere = bench_new_order(3), child = bench_new_order(7);
    for (uint32_t id = 1; id <= 6; id++)
        if (id != 3)
            bench_place(bench, id);
    bench_write(
        bench, &(struct ledger_change){.order = 3, .insert = &elsewhere, .attempt_started = &beta});
    assert_int_equal(bench_accept(bench, 1, 1, "4711"), LEDGER_DONE);
    assert_int_equal(bench_accept(bench, 2, 1, "4711"), LEDGER_DUPLICATE);
    assert_int_equal(bench->outcome.order, 1);
    assert_int_equal(bench_order(bench, 2).course.state, ORDERSTATE_PLACING);
    assert_int_equal(bench_accept(bench, 3, 1, "4711"), LEDGER_DONE); /* another panel's */
    child.parent = 1;
    child.provider = STR("alpha");
    child.upstream_id = STR("4711");
    child.course.state = ORDERSTATE_PENDING;
    const struct ledger_change birth = {.order = 7, .insert = &child, .event = "child"};
    assert_int_equal(bench_write(bench, &birth), LEDGER_DUPLICATE);
    assert_false(bench->outcome.is_repeat);
    child.upstream_id = STR("4800");
    assert_int_equal(bench_write(bench, &birth), LEDGER_DONE);
    assert_int_equal(bench_accept(bench, 2, 1, "4800"), LEDGER_DUPLICATE);
    assert_int_equal(bench->outcome.order, 7);
    assert_int_equal(go_on(bench, 1, canceled, 1000), LEDGER_DONE);
    assert_int_equal(bench_accept(bench, 2, 1, "4711"), LEDGER_DUPLICATE);
    assert_int_equal(bench->outcome.order, 1);
    /* Of a group, the first. */
    struct ledger_attempt ended = {
        .number = 1, .state = ATTEMPTSTATE_ACCEPTED, .upstream_id = STR("4900")};
    struct ledger_update update = {.has_course = true,
                                   .course.state = ORDERSTATE_PENDING,
                                   .has_upstream = true,
                                   .provider = STR("alpha"),
                                   .upstream_id = STR("4900")};
    struct ledger_change group[3];
    for (uint32_t i = 0; i < 3; i++)
        group[i] = (struct ledger_change){
            .order = i + 4, .attempt_ended = &ended, .update = &update, .event = "accepted"};
    bench_write_all(bench, group, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(bench->results[i], i ? LEDGER_DUPLICATE : LEDGER_DONE);
}

/* Once its order has another panel's number, an ended attempt alone says whose it was: to those
 * that were there when it ended, and to a ledger that is opened later. */
static void a_number_stays_with_an_ended_attempt(void **state)
{
    struct bench *bench = *state;
    struct ledger_attempt beta = bench_new_attempt(2, "beta");
    for (uint32_t id = 1; id <= 2; id++)
        bench_place(bench, id);
    bench_accept(bench, 1, 1, "4711");
    assert_int_equal(
        go_on(bench, 1, (struct ledger_attempt){.number = 1, .state = ATTEMPTSTATE_CANCELED}, 1000),
        LEDGER_DONE);
    bench_write(bench, &(struct ledger_change){.order = 1, .attempt_started = &beta});
    assert_int_equal(bench_accept(bench, 1, 2, "5000"), LEDGER_DONE);
    for (int opened = 0; opened < 2; opened++) {
        assert_int_equal(bench_accept(bench, 2, 1, "4711"), LEDGER_DUPLICATE);
        assert_int_equal(bench->outcome.order, 1);
        ledger_close(&bench->ledger);
        bench_start(bench);
        bench_place(bench, 3 + (uint32_t)opened);
    }
    assert_int_equal(bench_accept(bench, 3, 1, "4712"), LEDGER_DONE);
}

static struct ledger_change asks_for(const struct ledger_request *request)
{
    return (struct ledger_change){.order = request->order, .order_request = request};
}

/* However many ask at the same moment. */
static void an_order_has_one_open_refill(void **state)
{
    struct bench *bench = *state;
    struct ledger_request refills[4];
    struct ledger_change changes[4];
    size_t done = 0;
    bench_place(bench, 1);
    bench_accept(bench, 1, 1, "4711");
    bench_move(bench, 1, ORDERSTATE_COMPLETED);
    for (uint32_t i = 0; i < 4; i++) {
        refills[i] = (struct ledger_request){.kind = ORDER_REQUEST_REFILL,
                                             .number = i + 1,
                                             .order = 1,
                                             .provider = STR("alpha"),
                                             .status = REFILLSTATUS_PENDING,
                                             .state = ATTEMPTSTATE_SENDING};
        changes[i] = asks_for(&refills[i]);
    }
    bench_write_all(bench, changes, 4);
    for (size_t i = 0; i < 4; i++)
        done += bench->results[i] == LEDGER_DONE;
    assert_int_equal(done, 1);
    assert_int_equal(bench->results[0], LEDGER_DONE);
    refills[0].state = ATTEMPTSTATE_ACCEPTED;
    assert_int_equal(bench_write(bench, &changes[0]), LEDGER_DONE);
    assert_int_equal(bench_write(bench, &changes[1]), LEDGER_REFUSED);
    /* It ends, and in the same group the next one begins. */
    refills[0].status = REFILLSTATUS_REJECTED;
    bench_write_all(bench, changes, 2);
    assert_true(bench->results[0] == LEDGER_DONE && bench->results[1] == LEDGER_DONE);
    refills[1].state = ATTEMPTSTATE_REFUSED;
    bench_write(bench, &changes[1]);
    assert_int_equal(bench_write(bench, &changes[2]), LEDGER_DONE);
    refills[2].kind = ORDER_REQUEST_CANCEL; /* a cancel is none */
    refills[2].number = 9;
    assert_int_equal(bench_write(bench, &changes[2]), LEDGER_DONE);
}

/* While the order is in the same state; what was refused may be asked for again. */
static void an_order_has_one_cancel_of_its_state(void **state)
{
    struct bench *bench = *state;
    struct ledger_request cancels[5];
    struct ledger_change changes[5];
    bench_place(bench, 1);
    bench_accept(bench, 1, 1, "4711");
    for (uint32_t i = 0; i < 5; i++) {
        cancels[i] = (struct ledger_request){.kind = ORDER_REQUEST_CANCEL,
                                             .number = i + 1,
                                             .order = 1,
                                             .provider = STR("alpha"),
                                             .state = ATTEMPTSTATE_SENDING};
        changes[i] = asks_for(&cancels[i]);
    }
    bench_write_all(bench, changes, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(bench->results[i], i ? LEDGER_DUPLICATE : LEDGER_DONE);
    assert_true(bench->outcome.is_repeat);
    cancels[0].state = ATTEMPTSTATE_REFUSED;
    assert_int_equal(bench_write(bench, &changes[0]), LEDGER_DONE);
    assert_int_equal(bench_write(bench, &changes[1]), LEDGER_DONE);
    cancels[1].state = ATTEMPTSTATE_DOUBT;
    assert_int_equal(bench_write(bench, &changes[1]), LEDGER_DONE);
    assert_int_equal(bench_write(bench, &changes[2]), LEDGER_DUPLICATE);
    usleep(2000); /* the state changes at another millisecond */
    bench_move(bench, 1, ORDERSTATE_PROCESSING);
    assert_int_equal(bench_write(bench, &changes[2]), LEDGER_DONE);
    assert_int_equal(bench_write(bench, &changes[3]), LEDGER_DUPLICATE);
}

static void a_group_holds_good_and_bad(void **state)
{
    enum { COUNT = 60 };
    struct bench *bench = *state;
    struct ledger_order orders[COUNT];
    struct ledger_attempt first = bench_new_attempt(1, "alpha");
    struct ledger_change changes[COUNT] = {0};
    bench_place(bench, 1000);
    for (uint32_t i = 0; i < COUNT; i++) {
        orders[i] = bench_new_order(i + 1);
        changes[i] = (struct ledger_change){
            .order = i + 1, .insert = &orders[i], .attempt_started = &first, .event = "placed"};
        if (i % 5 == 1) /* refused before anything is written */
            orders[i].id = changes[i].order = 1000;
    }
    /* Refused midway: its attempt ends well, then the next one's number is taken. */
    struct ledger_attempt ended = {.number = 1, .state = ATTEMPTSTATE_REFUSED};
    for (uint32_t i = 3; i < COUNT; i += 5)
        changes[i] = (struct ledger_change){
            .order = 1000, .attempt_ended = &ended, .attempt_started = &first, .event = "next"};
    bench_write_all(bench, changes, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        bool is_bad = i % 5 == 1 || i % 5 == 3;
        assert_int_equal(bench->tags[i], i); /* in the order of the calls */
        assert_int_equal(bench->results[i], is_bad ? LEDGER_REFUSED : LEDGER_DONE);
        struct ledger_rows rows = bench_read(
            bench, (struct ledger_query){.request = LEDGER_QUERY_SHOW, .id = (uint32_t)i + 1});
        assert_int_equal(rows.order_count, !is_bad);
        assert_int_equal(rows.attempt_count, !is_bad);
        assert_int_equal(rows.event_count, !is_bad);
    }
    struct ledger_rows rows =
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_SHOW, .id = 1000});
    assert_int_equal(rows.attempts[0].state, ATTEMPTSTATE_SENDING);
    assert_int_equal(rows.event_count, 1);
}

static void changes_of_one_order_are_in_order(void **state)
{
    struct bench *bench = *state;
    struct ledger_order order = bench_new_order(1);
    struct ledger_attempt started = bench_new_attempt(1, "alpha");
    struct ledger_attempt ended = {
        .number = 1, .state = ATTEMPTSTATE_ACCEPTED, .upstream_id = STR("1")};
    struct ledger_update pending = {.has_course = true,
                                    .course.state = ORDERSTATE_PENDING,
                                    .has_upstream = true,
                                    .upstream_id = STR("1")};
    struct ledger_update completed = {.has_course = true, .course.state = ORDERSTATE_COMPLETED};
    const struct ledger_change changes[] = {
        {.order = 1, .insert = &order, .event = "placed"},
        {.order = 1, .attempt_started = &started, .event = "sending"},
        {.order = 1, .attempt_ended = &ended, .update = &pending},
        {.order = 1, .update = &completed},
        {.order = 1, .update = &pending},
    };
    bench_write_all(bench, changes, COUNT_OF(changes));
    for (size_t i = 0; i < COUNT_OF(changes); i++)
        assert_int_equal(bench->results[i], i == 4 ? LEDGER_NOT_ALLOWED : LEDGER_DONE);
    struct ledger_rows rows =
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_SHOW, .id = 1});
    assert_true(str_is(rows.events[2].word, "state")); /* none was given */
    assert_int_equal(rows.event_count, 4);
}

static void closing_finishes_what_was_asked(void **state)
{
    struct bench *bench = *state;
    struct ledger_order order = bench_new_order(0);
    for (uint32_t id = 1; id <= 300; id++) {
        order.id = id;
        ledger_write(bench->ledger, NULL,
                     &(struct ledger_change){.order = id, .insert = &order, .event = "placed"},
                     NULL, NULL);
    }
    ledger_close(&bench->ledger);
    bench_start(bench);
    struct ledger_rows rows =
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_LIST, .limit = 1000});
    assert_int_equal(rows.order_count, 300);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(add_is_kept_whole, bench_set_up, bench_tear_down),
    cmocka_unit_test_setup_teardown(numbers_are_inserted_once, bench_set_up, bench_tear_down),
    cmocka_unit_test_setup_teardown(moves_are_allowed_or_refused, bench_set_up, bench_tear_down),
    cmocka_unit_test_setup_teardown(settled_orders_change_no_more, bench_set_up, bench_tear_down),
    cmocka_unit_test_setup_teardown(updates_change_what_they_name, bench_set_up, bench_tear_down),
    cmocka_unit_test_setup_teardown(offers_follow_one_another, bench_set_up, bench_tear_down),
    cmocka_unit_test_setup_teardown(nothing_is_sent_twice, bench_set_up, bench_tear_down),
    cmocka_unit_test_setup_teardown(attempts_end_as_allowed, bench_set_up, bench_tear_down),
    cmocka_unit_test_setup_teardown(an_order_goes_on_from_what_its_panel_ended, bench_set_up,
                                    bench_tear_down),
    cmocka_unit_test_setup_teardown(an_order_goes_on_by_the_rules_alone, bench_set_up,
                                    bench_tear_down),
    cmocka_unit_test_setup_teardown(a_queued_order_is_placed_or_canceled, bench_set_up,
                                    bench_tear_down),
    cmocka_unit_test_setup_teardown(a_number_at_a_panel_has_one_order, bench_set_up,
                                    bench_tear_down),
    cmocka_unit_test_setup_teardown(a_number_stays_with_an_ended_attempt, bench_set_up,
                                    bench_tear_down),
    cmocka_unit_test_setup_teardown(an_order_has_one_open_refill, bench_set_up, bench_tear_down),
    cmocka_unit_test_setup_teardown(an_order_has_one_cancel_of_its_state, bench_set_up,
                                    bench_tear_down),
    cmocka_unit_test_setup_teardown(a_group_holds_good_and_bad, bench_set_up, bench_tear_down),
    cmocka_unit_test_setup_teardown(changes_of_one_order_are_in_order, bench_set_up,
                                    bench_tear_down),
    cmocka_unit_test_setup_teardown(closing_finishes_what_was_asked, bench_set_up, bench_tear_down),
};

int main(void)
{
    return bench_main(tests, COUNT_OF(tests));
}
