/* All connections of a panel at once: who is held, who stands idle. See panelline.h. */
#include <event2/bufferevent.h>
#include <sys/socket.h>

#include "simulator/panel.h"
#include "simulator/panelline_private.h"

static bool panellines_is_held_at(const struct panelline *line, struct str name)
{
    return line->state == LINE_HELD && str_is(name, line->rule->deed.hold);
}

size_t panelline_held(const struct panel *panel, struct str name)
{
    const struct panelline *line;
    size_t count = 0;
    TAILQ_FOREACH(line, &panel->lines, link)
    count += panellines_is_held_at(line, name);
    return count;
}

size_t panelline_release(struct panel *panel, struct str name, size_t most)
{
    struct panelline *line, *next;
    size_t count = 0;
    for (line = TAILQ_FIRST(&panel->lines); line && count < most; line = next) {
        next = TAILQ_NEXT(line, link);
        if (!panellines_is_held_at(line, name))
            continue;
        count++;
        line->state = LINE_DELAYED;
        panelline_arm(line, line->rule->deed.delay_ms);
    }
    return count;
}

size_t panelline_drop_idle(struct panel *panel, const struct panelline *except, bool is_reset)
{
    struct panelline *line, *next;
    size_t count = 0;
    for (line = TAILQ_FIRST(&panel->lines); line; line = next) {
        next = TAILQ_NEXT(line, link);
        if (line == except || line->state != LINE_READING || line->requests == 0)
            continue;
        panelline_free(line, is_reset);
        count++;
    }
    return count;
}

size_t panelline_say(struct panel *panel, struct str bytes)
{
    struct panelline *line;
    size_t count = 0;
    TAILQ_FOREACH(line, &panel->lines, link)
    {
        if (line->state != LINE_READING || line->requests == 0)
            continue;
        /* Past the buffer, which is empty: with the answer to control the bytes are surely out. */
        ssize_t sent =
            send(bufferevent_getfd(line->wire), bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        count += sent == (ssize_t)bytes.len;
    }
    return count;
}

void panelline_close_all(struct panel *panel)
{
    while (TAILQ_FIRST(&panel->lines))
        panelline_free(TAILQ_FIRST(&panel->lines), false);
}
