/* Orders for people, from their JSON (admin/orderjson.h). Writes to stdout. */
#ifndef APP_ORDERPRINT_H
#define APP_ORDERPRINT_H
#include <jansson.h>

void orderprint_list(const json_t *json);
void orderprint_doubt_list(const json_t *json); /* with the evidence of each */
void orderprint_show(const json_t *json);

#endif
