/* See order_rows.h. */
#include "orders/order_settings.h"

#include "settings/rows.h"

enum { MAX_MS = 600000 };

static const struct setting_row list[] = {
    {.key = "answer_within",
     .kind = &kind_duration,
     .offset = offsetof(struct order_settings, answer_within_ms),
     .max = MAX_MS,
     .standard = "8s",
     .sentence = "How long an add waits for a provider; then the client has its number and the "
                 "attempt goes on."},
    {.key = "status_fresh",
     .kind = &kind_duration,
     .offset = offsetof(struct order_settings, status_fresh_ms),
     .max = 86400000,
     .standard = "30s",
     .sentence = "A status younger than this is not asked again."},
    {.key = "status_within",
     .kind = &kind_duration,
     .offset = offsetof(struct order_settings, status_within_ms),
     .max = MAX_MS,
     .standard = "3s",
     .sentence = "How long a status waits for the provider before it gives the last known state."},
    {.key = "tracker",
     .kind = &kind_bool,
     .offset = offsetof(struct order_settings, is_tracking),
     .standard = "on",
     .sentence = "Whether orders are followed to their end without any client asking."},
    {.key = "track_after",
     .kind = &kind_duration,
     .offset = offsetof(struct order_settings, track_after_ms),
     .max = 86400000,
     .standard = "10s",
     .sentence = "An accepted order is first queried after that time to three times as much, then "
                 "ever more rarely with its age."},
    {.key = "claim",
     .kind = &kind_duration_or_off,
     .offset = offsetof(struct order_settings, claim_ms),
     .max = 86400000,
     .standard = "15m",
     .sentence = "How long an order whose answer never reached its client waits for that client's "
                 "next equal add, which gets its number without anything being sent; or off."},
    {.key = "stuck",
     .kind = &kind_unsigned,
     .offset = offsetof(struct order_settings, stuck),
     .max = 1000,
     .standard = "5",
     .sentence = "An order is stuck once it takes so many times the median of its service; 0 turns "
                 "that off."},
    {.key = "watch",
     .kind = &kind_duration_or_off,
     .offset = offsetof(struct order_settings, watch_ms),
     .standard = "30d",
     .sentence = "How long finished orders are queried again, at long intervals; or off. What a "
                 "panel changes after the end is an event for the operator."},
};

const struct setting_table order_rows = {
    .name = "orders", .rows = list, .count = COUNT_OF(list), .size = sizeof(struct order_settings)};
