/* See health_news.h. */
#include "routing/health_news.h"

#include "providers/provider.h"

void health_news_add(struct health_news *news, enum log_level level, const char *event,
                     const char *reason)
{
    ASSERT(news->count < HEALTH_NEWS_MAX);
    news->items[news->count++] = (struct health_item){level, event, reason};
}

void health_news_log(const struct health_news *news)
{
    struct str name = provider_name(news->provider_id);
    for (size_t i = 0; i < news->count; i++) {
        const struct health_item *item = &news->items[i];
        if (news->service.len && str_starts(str_of(item->event), STR("offer_")))
            log_event(item->level, item->event, "provider=" STR_FMT " service=%s reason=%s",
                      STR_ARG(name), log_value(news->service).text, item->reason);
        else
            log_event(item->level, item->event, "provider=" STR_FMT " reason=%s", STR_ARG(name),
                      item->reason);
    }
}
