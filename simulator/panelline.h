/* One connection to a simulated panel: reads requests one after another, keeps their answers back
 * or spoils them as the rules say, and writes. Works on the raw connection, so that every way of
 * failing can be played. A line frees itself when it ends. On the panel's thread. */
#ifndef SIMULATOR_PANELLINE_H
#define SIMULATOR_PANELLINE_H
#include <event2/util.h>
#include <jansson.h>

#include "base/str.h"

struct panel;
struct panelline;
struct panelwait;

/* Takes the accepted socket over. */
void panelline_open(struct panel *panel, evutil_socket_t socket);
void panelline_close_all(struct panel *panel);

/* For control. The answer's reference is taken over; once for each control request. */
void panelline_reply_json(struct panelline *line, int status, json_t *answer);
void panelline_set_wait(struct panelline *line, struct panelwait *wait);
void panelline_forget_wait(struct panelline *line);

/* How many requests are held at name. */
size_t panelline_held(const struct panel *panel, struct str name);
/* Lets up to `most` of them go on, in their order of connection. Returns how many. */
size_t panelline_release(struct panel *panel, struct str name, size_t most);
/* Closes every connection that stands idle between two requests, by RST or FIN; not this one. */
size_t panelline_drop_idle(struct panel *panel, const struct panelline *except, bool is_reset);
/* Sends bytes that nobody asked for on every idle connection. Returns on how many they went out. */
size_t panelline_say(struct panel *panel, struct str bytes);

#endif
