/* See desk.h. */
#include "orders/desk.h"

#include <stdlib.h>

#include "orders/statuspoll.h"

struct desk_totals desk_totals;

struct desk *desk_new(const struct desk_parts *parts)
{
    struct desk *desk = memory_new(sizeof *desk);
    desk->loop = parts->loop;
    desk->ledger = parts->ledger;
    desk->health = parts->health;
    desk->liveorders = parts->liveorders;
    desk->refresher = parts->refresher;
    desk->statuspoll = statuspoll_new(desk);
    return desk;
}

void desk_set_catalogue(struct desk *desk, struct catalogue *catalogue)
{
    catalogue_unpin(&desk->catalogue);
    desk->catalogue = catalogue;
}

void desk_set_settings(struct desk *desk, const struct order_settings *settings)
{
    desk->settings = *settings;
}

void desk_stop_asking(struct desk *desk)
{
    desk->is_stopping = true;
    statuspoll_stop(desk->statuspoll);
}

bool desk_is_idle(const struct desk *desk)
{
    return desk->places == 0 && desk->aftersales == 0 && desk->errands == 0;
}

void desk_free(struct desk *desk)
{
    if (desk == NULL)
        return;
    statuspoll_free(desk->statuspoll);
    catalogue_unpin(&desk->catalogue);
    free(desk);
}
