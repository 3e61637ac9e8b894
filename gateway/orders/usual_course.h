/* struct usual_course: how long orders of each service take from their placing to their end, as a
 * median over those seen since the start. Any thread. */
#ifndef ORDERS_USUAL_COURSE_H
#define ORDERS_USUAL_COURSE_H
#include <stdint.h>

struct usual_course;
struct usual_course *usual_course_new(void);
void usual_course_free(struct usual_course *course);
void usual_course_note(struct usual_course *course, uint32_t service, int64_t took_ms);
/* The median of a service, within 10 %; 0 until enough of its orders have ended. */
int64_t usual_course_ms(struct usual_course *course, uint32_t service);

#endif
