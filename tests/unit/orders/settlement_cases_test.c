/* Settlement case by case: what is reported of an order, and what it is and pays afterwards.
 * Amounts in hundredths of the full charge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "orders/settlement.h"

#define FULL INT64_C(100000000)
enum { NONE = INT32_MIN };
enum kind { PLAIN, PACKAGE, SUBSCRIPTION, CHILD };

#define S(name) ORDERSTATE_##name
/* flags: u unknown word, r for the operator, c clamped, l late; a digit (k: 1000) is the package's
 * unit afterwards. */
static const struct {
    enum kind kind;
    enum orderstate from;
    int64_t quantity, unit;
    enum orderstatus status;
    const char *word;
    int64_t remains;
    enum orderstate to;
    int64_t paid, left; /* paid above 100: units */
    const char *flags;
} cases[] = {
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_PENDING, "Pending", 70, S(PENDING), 100, 70, ""},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_PROCESSING, "Processing", 70, S(PROCESSING), 100, 70,
     ""},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_IN_PROGRESS, "In progress", 70, S(IN_PROGRESS), 100, 70,
     ""},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_IN_PROGRESS, "Active", 70, S(IN_PROGRESS), 100, 70, ""},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_PAUSED, "Paused", 70, S(IN_PROGRESS), 100, 70, ""},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_COMPLETED, "Completed", 0, S(COMPLETED), 100, 0, ""},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_COMPLETED, "Completed", NONE, S(COMPLETED), 100, 0, ""},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_COMPLETED, "Completed", 3, S(COMPLETED), 100, 3, ""},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 25, S(PARTIAL), 75, 25, ""},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 100, S(PARTIAL), 0, 100, ""},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 0, S(COMPLETED), 100, 0, ""},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", NONE, S(PENDING), 100, 100,
     "r"}, /* what is left is not known */
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 250, S(PARTIAL), 0, 100,
     "c"}, /* more than was ordered */
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", -5, S(COMPLETED), 100, 0,
     ""}, /* over-delivery */
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_CANCELED, "Canceled", 40, S(CANCELED), 0, 100, ""},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_CANCELED, "Canceled", NONE, S(CANCELED), 0, 100, ""},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", NONE, S(CANCELED), 0, 100, ""},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", 100, S(CANCELED), 0, 100, ""},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", 40, S(PARTIAL), 60, 40, ""},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", 0, S(CANCELED), 0, 100, ""},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_REVIEW, "Fail", 40, S(PENDING), 100, 40, "r"},
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_REVIEW, "Expired", 40, S(PENDING), 100, 40,
     "r"}, /* of a plain order: for the operator */
    {PLAIN, S(PENDING), 100, 0, ORDERSTATUS_UNKNOWN, "hmm", 40, S(PENDING), 100, 40, "u"},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_PENDING, "Pending", 70, S(PENDING), 100, 70, ""},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_PROCESSING, "Processing", 70, S(PROCESSING), 100, 70,
     ""},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_IN_PROGRESS, "In progress", 70, S(IN_PROGRESS), 100,
     70, ""},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_IN_PROGRESS, "Active", 70, S(IN_PROGRESS), 100, 70,
     ""},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_PAUSED, "Paused", 70, S(IN_PROGRESS), 100, 70, ""},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_COMPLETED, "Completed", 0, S(COMPLETED), 100, 0, ""},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_COMPLETED, "Completed", NONE, S(COMPLETED), 100, 0,
     ""},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_COMPLETED, "Completed", 3, S(COMPLETED), 100, 3, ""},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 25, S(PARTIAL), 75, 25, ""},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 100, S(PARTIAL), 0, 100, ""},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 0, S(COMPLETED), 100, 0, ""},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", NONE, S(PROCESSING), 100, 100,
     "r"}, /* what is left is not known */
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 250, S(PARTIAL), 0, 100,
     "c"}, /* more than was ordered */
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", -5, S(COMPLETED), 100, 0,
     ""}, /* over-delivery */
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_CANCELED, "Canceled", 40, S(CANCELED), 0, 100, ""},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_CANCELED, "Canceled", NONE, S(CANCELED), 0, 100, ""},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", NONE, S(CANCELED), 0, 100, ""},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", 100, S(CANCELED), 0, 100, ""},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", 40, S(PARTIAL), 60, 40, ""},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", 0, S(CANCELED), 0, 100, ""},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_REVIEW, "Fail", 40, S(PROCESSING), 100, 40, "r"},
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_REVIEW, "Expired", 40, S(PROCESSING), 100, 40,
     "r"}, /* of a plain order: for the operator */
    {PLAIN, S(PROCESSING), 100, 0, ORDERSTATUS_UNKNOWN, "hmm", 40, S(PROCESSING), 100, 40, "u"},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_PENDING, "Pending", 70, S(PENDING), 100, 70, ""},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_PROCESSING, "Processing", 70, S(PROCESSING), 100,
     70, ""},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_IN_PROGRESS, "In progress", 70, S(IN_PROGRESS), 100,
     70, ""},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_IN_PROGRESS, "Active", 70, S(IN_PROGRESS), 100, 70,
     ""},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_PAUSED, "Paused", 70, S(IN_PROGRESS), 100, 70, ""},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_COMPLETED, "Completed", 0, S(COMPLETED), 100, 0,
     ""},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_COMPLETED, "Completed", NONE, S(COMPLETED), 100, 0,
     ""},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_COMPLETED, "Completed", 3, S(COMPLETED), 100, 3,
     ""},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 25, S(PARTIAL), 75, 25, ""},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 100, S(PARTIAL), 0, 100, ""},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 0, S(COMPLETED), 100, 0, ""},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_PARTIAL, "Partial", NONE, S(IN_PROGRESS), 100, 100,
     "r"}, /* what is left is not known */
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 250, S(PARTIAL), 0, 100,
     "c"}, /* more than was ordered */
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_PARTIAL, "Partial", -5, S(COMPLETED), 100, 0,
     ""}, /* over-delivery */
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_CANCELED, "Canceled", 40, S(CANCELED), 0, 100, ""},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_CANCELED, "Canceled", NONE, S(CANCELED), 0, 100,
     ""},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", NONE, S(CANCELED), 0, 100,
     ""},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", 100, S(CANCELED), 0, 100, ""},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", 40, S(PARTIAL), 60, 40, ""},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", 0, S(CANCELED), 0, 100, ""},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_REVIEW, "Fail", 40, S(IN_PROGRESS), 100, 40, "r"},
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_REVIEW, "Expired", 40, S(IN_PROGRESS), 100, 40,
     "r"}, /* of a plain order: for the operator */
    {PLAIN, S(IN_PROGRESS), 100, 0, ORDERSTATUS_UNKNOWN, "hmm", 40, S(IN_PROGRESS), 100, 40, "u"},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_PENDING, "Pending", 70, S(PENDING), 100, 70, ""},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_PROCESSING, "Processing", 70, S(PROCESSING), 100, 70, ""},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_IN_PROGRESS, "In progress", 70, S(IN_PROGRESS), 100, 70,
     ""},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_IN_PROGRESS, "Active", 70, S(IN_PROGRESS), 100, 70, ""},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_PAUSED, "Paused", 70, S(IN_PROGRESS), 100, 70, ""},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_COMPLETED, "Completed", 0, S(COMPLETED), 100, 0, ""},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_COMPLETED, "Completed", NONE, S(COMPLETED), 100, 0, ""},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_COMPLETED, "Completed", 3, S(COMPLETED), 100, 3, ""},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 25, S(PARTIAL), 75, 25, ""},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 100, S(PARTIAL), 0, 100, ""},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 0, S(COMPLETED), 100, 0, ""},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_PARTIAL, "Partial", NONE, S(DOUBT), 100, 100,
     "r"}, /* what is left is not known */
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 250, S(PARTIAL), 0, 100,
     "c"}, /* more than was ordered */
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_PARTIAL, "Partial", -5, S(COMPLETED), 100, 0,
     ""}, /* over-delivery */
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_CANCELED, "Canceled", 40, S(CANCELED), 0, 100, ""},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_CANCELED, "Canceled", NONE, S(CANCELED), 0, 100, ""},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", NONE, S(CANCELED), 0, 100, ""},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", 100, S(CANCELED), 0, 100, ""},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", 40, S(PARTIAL), 60, 40, ""},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", 0, S(CANCELED), 0, 100, ""},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_REVIEW, "Fail", 40, S(DOUBT), 100, 40, "r"},
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_REVIEW, "Expired", 40, S(DOUBT), 100, 40,
     "r"}, /* of a plain order: for the operator */
    {PLAIN, S(DOUBT), 100, 0, ORDERSTATUS_UNKNOWN, "hmm", 40, S(DOUBT), 100, 40, "u"},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_PENDING, "Pending", 70, S(PENDING), 100, 70, ""},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_PROCESSING, "Processing", 70, S(PROCESSING), 100, 70,
     ""},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_IN_PROGRESS, "In progress", 70, S(IN_PROGRESS), 100, 70,
     ""},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_IN_PROGRESS, "Active", 70, S(IN_PROGRESS), 100, 70, ""},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_PAUSED, "Paused", 70, S(IN_PROGRESS), 100, 70, ""},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_COMPLETED, "Completed", 0, S(COMPLETED), 100, 0, ""},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_COMPLETED, "Completed", NONE, S(COMPLETED), 100, 0, ""},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_COMPLETED, "Completed", 3, S(COMPLETED), 100, 3, ""},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 25, S(PARTIAL), 75, 25, ""},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 100, S(PARTIAL), 0, 100, ""},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 0, S(COMPLETED), 100, 0, ""},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", NONE, S(PLACING), 100, 100,
     "r"}, /* what is left is not known */
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 250, S(PARTIAL), 0, 100,
     "c"}, /* more than was ordered */
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_PARTIAL, "Partial", -5, S(COMPLETED), 100, 0,
     ""}, /* over-delivery */
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_CANCELED, "Canceled", 40, S(CANCELED), 0, 100, ""},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_CANCELED, "Canceled", NONE, S(CANCELED), 0, 100, ""},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", NONE, S(CANCELED), 0, 100, ""},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", 100, S(CANCELED), 0, 100, ""},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", 40, S(PARTIAL), 60, 40, ""},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", 0, S(CANCELED), 0, 100, ""},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_REVIEW, "Fail", 40, S(PLACING), 100, 40, "r"},
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_REVIEW, "Expired", 40, S(PLACING), 100, 40,
     "r"}, /* of a plain order: for the operator */
    {PLAIN, S(PLACING), 100, 0, ORDERSTATUS_UNKNOWN, "hmm", 40, S(PLACING), 100, 40, "u"},
    {PLAIN, S(COMPLETED), 100, 0, ORDERSTATUS_COMPLETED, "Completed", 0, S(COMPLETED), 100, 0, ""},
    {PLAIN, S(COMPLETED), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 40, S(COMPLETED), 100, 0, "l"},
    {PLAIN, S(COMPLETED), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 30, S(COMPLETED), 100, 0, "l"},
    {PLAIN, S(COMPLETED), 100, 0, ORDERSTATUS_CANCELED, "Canceled", 100, S(COMPLETED), 100, 0, "l"},
    {PLAIN, S(COMPLETED), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", NONE, S(COMPLETED), 100, 0,
     "l"},
    {PLAIN, S(COMPLETED), 100, 0, ORDERSTATUS_IN_PROGRESS, "In progress", 70, S(COMPLETED), 100, 0,
     "l"},
    {PLAIN, S(COMPLETED), 100, 0, ORDERSTATUS_PENDING, "Pending", NONE, S(COMPLETED), 100, 0, "l"},
    {PLAIN, S(COMPLETED), 100, 0, ORDERSTATUS_UNKNOWN, "hmm", 10, S(COMPLETED), 100, 0, "u"},
    {PLAIN, S(COMPLETED), 100, 0, ORDERSTATUS_REVIEW, "Fail", 10, S(COMPLETED), 100, 0, "r"},
    {PLAIN, S(PARTIAL), 100, 0, ORDERSTATUS_COMPLETED, "Completed", 0, S(PARTIAL), 60, 40, "l"},
    {PLAIN, S(PARTIAL), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 40, S(PARTIAL), 60, 40, ""},
    {PLAIN, S(PARTIAL), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 30, S(PARTIAL), 60, 40, "l"},
    {PLAIN, S(PARTIAL), 100, 0, ORDERSTATUS_CANCELED, "Canceled", 100, S(PARTIAL), 60, 40, "l"},
    {PLAIN, S(PARTIAL), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", NONE, S(PARTIAL), 60, 40, "l"},
    {PLAIN, S(PARTIAL), 100, 0, ORDERSTATUS_IN_PROGRESS, "In progress", 70, S(PARTIAL), 60, 40,
     "l"},
    {PLAIN, S(PARTIAL), 100, 0, ORDERSTATUS_PENDING, "Pending", NONE, S(PARTIAL), 60, 40, "l"},
    {PLAIN, S(PARTIAL), 100, 0, ORDERSTATUS_UNKNOWN, "hmm", 10, S(PARTIAL), 60, 40, "u"},
    {PLAIN, S(PARTIAL), 100, 0, ORDERSTATUS_REVIEW, "Fail", 10, S(PARTIAL), 60, 40, "r"},
    {PLAIN, S(CANCELED), 100, 0, ORDERSTATUS_COMPLETED, "Completed", 0, S(CANCELED), 0, 100, "l"},
    {PLAIN, S(CANCELED), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 40, S(CANCELED), 0, 100, "l"},
    {PLAIN, S(CANCELED), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 30, S(CANCELED), 0, 100, "l"},
    {PLAIN, S(CANCELED), 100, 0, ORDERSTATUS_CANCELED, "Canceled", 100, S(CANCELED), 0, 100, ""},
    {PLAIN, S(CANCELED), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", NONE, S(CANCELED), 0, 100, ""},
    {PLAIN, S(CANCELED), 100, 0, ORDERSTATUS_IN_PROGRESS, "In progress", 70, S(CANCELED), 0, 100,
     "l"},
    {PLAIN, S(CANCELED), 100, 0, ORDERSTATUS_PENDING, "Pending", NONE, S(CANCELED), 0, 100, "l"},
    {PLAIN, S(CANCELED), 100, 0, ORDERSTATUS_UNKNOWN, "hmm", 10, S(CANCELED), 0, 100, "u"},
    {PLAIN, S(CANCELED), 100, 0, ORDERSTATUS_REVIEW, "Fail", 10, S(CANCELED), 0, 100, "r"},
    {PLAIN, S(REFUSED), 100, 0, ORDERSTATUS_COMPLETED, "Completed", 0, S(REFUSED), 0, 100, "l"},
    {PLAIN, S(REFUSED), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 40, S(REFUSED), 0, 100, "l"},
    {PLAIN, S(REFUSED), 100, 0, ORDERSTATUS_PARTIAL, "Partial", 30, S(REFUSED), 0, 100, "l"},
    {PLAIN, S(REFUSED), 100, 0, ORDERSTATUS_CANCELED, "Canceled", 100, S(REFUSED), 0, 100, "l"},
    {PLAIN, S(REFUSED), 100, 0, ORDERSTATUS_REFUNDED, "Refunded", NONE, S(REFUSED), 0, 100, "l"},
    {PLAIN, S(REFUSED), 100, 0, ORDERSTATUS_IN_PROGRESS, "In progress", 70, S(REFUSED), 0, 100,
     "l"},
    {PLAIN, S(REFUSED), 100, 0, ORDERSTATUS_PENDING, "Pending", NONE, S(REFUSED), 0, 100, "l"},
    {PLAIN, S(REFUSED), 100, 0, ORDERSTATUS_UNKNOWN, "hmm", 10, S(REFUSED), 0, 100, "u"},
    {PLAIN, S(REFUSED), 100, 0, ORDERSTATUS_REVIEW, "Fail", 10, S(REFUSED), 0, 100, "r"},
    {PACKAGE, S(PENDING), 1000, 0, ORDERSTATUS_PENDING, "Pending", 1, S(PENDING), 100, 1,
     "1"}, /* counted as one piece */
    {PACKAGE, S(PENDING), 1000, 1, ORDERSTATUS_PARTIAL, "Partial", 1, S(PARTIAL), 0, 1,
     "1"}, /* nothing was delivered */
    {PACKAGE, S(IN_PROGRESS), 1000, 1, ORDERSTATUS_PARTIAL, "Partial", 0, S(COMPLETED), 100, 0,
     "1"},
    {PACKAGE, S(PENDING), 1000, 0, ORDERSTATUS_PENDING, "Pending", 1000, S(PENDING), 100, 1000,
     "k"},
    {PACKAGE, S(PENDING), 1, 0, ORDERSTATUS_PENDING, "Pending", 1000, S(PENDING), 100, 1, "kc"},
    {PACKAGE, S(PENDING), 1000, 0, ORDERSTATUS_IN_PROGRESS, "In progress", 1000, S(IN_PROGRESS),
     100, 1000, "0"}, /* it may have been begun: it teaches no unit */
    {PACKAGE, S(PENDING), 1, 0, ORDERSTATUS_IN_PROGRESS, "In progress", 400, S(IN_PROGRESS), 100, 0,
     "0c"}, /* begun: not all is left, in whatever unit */
    {PACKAGE, S(PENDING), 1, 0, ORDERSTATUS_IN_PROGRESS, "In progress", 1, S(IN_PROGRESS), 100, 0,
     "0"},
    {PACKAGE, S(IN_PROGRESS), 1, 0, ORDERSTATUS_PENDING, "Pending", 1000, S(PENDING), 100, 0, "0c"},
    {PACKAGE, S(PENDING), 1, 1000, ORDERSTATUS_IN_PROGRESS, "In progress", 400, S(IN_PROGRESS), 100,
     0, "kc"},
    {PACKAGE, S(PENDING), 1, 1000, ORDERSTATUS_IN_PROGRESS, "In progress", 1000, S(IN_PROGRESS),
     100, 1, "kc"},
    {PACKAGE, S(IN_PROGRESS), 1, 0, ORDERSTATUS_PARTIAL, "Partial", 400, S(IN_PROGRESS), 100, 0,
     "0rc"},
    {PACKAGE, S(IN_PROGRESS), 1000, 1000, ORDERSTATUS_PARTIAL, "Partial", 250, S(PARTIAL), 75, 250,
     "k"},
    {PACKAGE, S(IN_PROGRESS), 1000, 4, ORDERSTATUS_PARTIAL, "Partial", 1, S(PARTIAL), 75, 1,
     "4"}, /* in quarters */
    {PACKAGE, S(IN_PROGRESS), 1000, 3, ORDERSTATUS_PARTIAL, "Partial", 1, S(PARTIAL), 66667000, 1,
     "3"}, /* rounded up, as everywhere */
    {PACKAGE, S(PENDING), 1000, 0, ORDERSTATUS_PARTIAL, "Partial", 1, S(PENDING), 100, 1,
     "0r"}, /* its unit is not known: for the operator */
    {PACKAGE, S(PENDING), 1000, 0, ORDERSTATUS_PARTIAL, "Partial", 1000, S(PENDING), 100, 1000,
     "0r"},
    {PACKAGE, S(PENDING), 1000, 0, ORDERSTATUS_PARTIAL, "Partial", 0, S(COMPLETED), 100, 0, "0"},
    {PACKAGE, S(PENDING), 1000, 0, ORDERSTATUS_COMPLETED, "Completed", 0, S(COMPLETED), 100, 0,
     "0"},
    {PACKAGE, S(PENDING), 1000, 0, ORDERSTATUS_CANCELED, "Canceled", 1, S(CANCELED), 0, 1000, "0"},
    {PACKAGE, S(PENDING), 1000, 1, ORDERSTATUS_CANCELED, "Canceled", 1, S(CANCELED), 0, 1000, "1"},
    {PACKAGE, S(PENDING), 1000, 0, ORDERSTATUS_PENDING, "Pending", 0, S(PENDING), 100, 0, "0"},
    {PACKAGE, S(PENDING), 1000, 1, ORDERSTATUS_REFUNDED, "Refunded", 1, S(CANCELED), 0, 1000, "1"},
    {PACKAGE, S(PENDING), 1000, 2, ORDERSTATUS_REFUNDED, "Refunded", 1, S(PARTIAL), 50, 1, "2"},
    {PACKAGE, S(PENDING), 1000, 0, ORDERSTATUS_UNKNOWN, "hmm", 7, S(PENDING), 100, 7,
     "0u"}, /* a word nobody knows teaches no unit */
    {PACKAGE, S(IN_PROGRESS), 1000, 5, ORDERSTATUS_IN_PROGRESS, "In progress", 3, S(IN_PROGRESS),
     100, 3, "5"},
    {PACKAGE, S(IN_PROGRESS), 1000, 5, ORDERSTATUS_IN_PROGRESS, "In progress", 7, S(IN_PROGRESS),
     100, 7, "5"},
    {SUBSCRIPTION, S(PENDING), 0, 0, ORDERSTATUS_IN_PROGRESS, "Active", NONE, S(IN_PROGRESS), 30, 0,
     ""},
    {SUBSCRIPTION, S(PENDING), 0, 0, ORDERSTATUS_IN_PROGRESS, "In progress", NONE, S(IN_PROGRESS),
     30, 0, ""},
    {SUBSCRIPTION, S(PENDING), 0, 0, ORDERSTATUS_PROCESSING, "Processing", NONE, S(IN_PROGRESS), 30,
     0, ""},
    {SUBSCRIPTION, S(PENDING), 0, 0, ORDERSTATUS_PAUSED, "Paused", NONE, S(PROCESSING), 30, 0,
     ""}, /* Paused */
    {SUBSCRIPTION, S(PENDING), 0, 0, ORDERSTATUS_COMPLETED, "Completed", NONE, S(COMPLETED), 30, 0,
     ""},
    {SUBSCRIPTION, S(PENDING), 0, 0, ORDERSTATUS_REVIEW, "Expired", NONE, S(PARTIAL), 30, 0,
     ""}, /* Expired */
    {SUBSCRIPTION, S(PENDING), 0, 0, ORDERSTATUS_PARTIAL, "Partial", NONE, S(COMPLETED), 30, 0, ""},
    {SUBSCRIPTION, S(PENDING), 0, 0, ORDERSTATUS_CANCELED, "Canceled", NONE, S(CANCELED), 30, 0,
     ""},
    {SUBSCRIPTION, S(PENDING), 0, 0, ORDERSTATUS_UNKNOWN, "hmm", NONE, S(PENDING), 30, 0, "u"},
    {SUBSCRIPTION, S(PENDING), 0, 0, ORDERSTATUS_REVIEW, "Fail", NONE, S(PENDING), 30, 0, "r"},
    {SUBSCRIPTION, S(IN_PROGRESS), 0, 0, ORDERSTATUS_IN_PROGRESS, "Active", NONE, S(IN_PROGRESS),
     30, 0, ""},
    {SUBSCRIPTION, S(IN_PROGRESS), 0, 0, ORDERSTATUS_IN_PROGRESS, "In progress", NONE,
     S(IN_PROGRESS), 30, 0, ""},
    {SUBSCRIPTION, S(IN_PROGRESS), 0, 0, ORDERSTATUS_PROCESSING, "Processing", NONE, S(IN_PROGRESS),
     30, 0, ""},
    {SUBSCRIPTION, S(IN_PROGRESS), 0, 0, ORDERSTATUS_PAUSED, "Paused", NONE, S(PROCESSING), 30, 0,
     ""}, /* Paused */
    {SUBSCRIPTION, S(IN_PROGRESS), 0, 0, ORDERSTATUS_COMPLETED, "Completed", NONE, S(COMPLETED), 30,
     0, ""},
    {SUBSCRIPTION, S(IN_PROGRESS), 0, 0, ORDERSTATUS_REVIEW, "Expired", NONE, S(PARTIAL), 30, 0,
     ""}, /* Expired */
    {SUBSCRIPTION, S(IN_PROGRESS), 0, 0, ORDERSTATUS_PARTIAL, "Partial", NONE, S(COMPLETED), 30, 0,
     ""},
    {SUBSCRIPTION, S(IN_PROGRESS), 0, 0, ORDERSTATUS_CANCELED, "Canceled", NONE, S(CANCELED), 30, 0,
     ""},
    {SUBSCRIPTION, S(IN_PROGRESS), 0, 0, ORDERSTATUS_UNKNOWN, "hmm", NONE, S(IN_PROGRESS), 30, 0,
     "u"},
    {SUBSCRIPTION, S(IN_PROGRESS), 0, 0, ORDERSTATUS_REVIEW, "Fail", NONE, S(IN_PROGRESS), 30, 0,
     "r"},
    {SUBSCRIPTION, S(PROCESSING), 0, 0, ORDERSTATUS_IN_PROGRESS, "Active", NONE, S(IN_PROGRESS), 30,
     0, ""},
    {SUBSCRIPTION, S(PROCESSING), 0, 0, ORDERSTATUS_IN_PROGRESS, "In progress", NONE,
     S(IN_PROGRESS), 30, 0, ""},
    {SUBSCRIPTION, S(PROCESSING), 0, 0, ORDERSTATUS_PROCESSING, "Processing", NONE, S(IN_PROGRESS),
     30, 0, ""},
    {SUBSCRIPTION, S(PROCESSING), 0, 0, ORDERSTATUS_PAUSED, "Paused", NONE, S(PROCESSING), 30, 0,
     ""}, /* Paused */
    {SUBSCRIPTION, S(PROCESSING), 0, 0, ORDERSTATUS_COMPLETED, "Completed", NONE, S(COMPLETED), 30,
     0, ""},
    {SUBSCRIPTION, S(PROCESSING), 0, 0, ORDERSTATUS_REVIEW, "Expired", NONE, S(PARTIAL), 30, 0,
     ""}, /* Expired */
    {SUBSCRIPTION, S(PROCESSING), 0, 0, ORDERSTATUS_PARTIAL, "Partial", NONE, S(COMPLETED), 30, 0,
     ""},
    {SUBSCRIPTION, S(PROCESSING), 0, 0, ORDERSTATUS_CANCELED, "Canceled", NONE, S(CANCELED), 30, 0,
     ""},
    {SUBSCRIPTION, S(IN_PROGRESS), 0, 0, ORDERSTATUS_REFUNDED, "Refunded", NONE, S(CANCELED), 0, 0,
     ""}, /* all of it, as far as is said */
    {SUBSCRIPTION, S(PROCESSING), 0, 0, ORDERSTATUS_UNKNOWN, "hmm", NONE, S(PROCESSING), 30, 0,
     "u"},
    {SUBSCRIPTION, S(PROCESSING), 0, 0, ORDERSTATUS_REVIEW, "Fail", NONE, S(PROCESSING), 30, 0,
     "r"},
    {CHILD, S(PENDING), 0, 0, ORDERSTATUS_IN_PROGRESS, "In progress", 50, S(IN_PROGRESS), 30, 50,
     ""},
    {CHILD, S(PENDING), 0, 0, ORDERSTATUS_COMPLETED, "Completed", 0, S(COMPLETED), 30, 0, ""},
    {CHILD, S(PENDING), 0, 0, ORDERSTATUS_PARTIAL, "Partial", 20, S(PARTIAL), 30, 20, ""},
    {CHILD, S(PENDING), 0, 0, ORDERSTATUS_PARTIAL, "Partial", NONE, S(PENDING), 30, 0, "r"},
    {CHILD, S(PENDING), 0, 0, ORDERSTATUS_CANCELED, "Canceled", 5, S(CANCELED), 0, 5, ""},
    {CHILD, S(PENDING), 0, 0, ORDERSTATUS_REVIEW, "Expired", 5, S(PENDING), 30, 5, "r"},
    {CHILD, S(PENDING), 0, 0, ORDERSTATUS_PAUSED, "Paused", 5, S(IN_PROGRESS), 30, 5, ""},
    {CHILD, S(PENDING), 0, 0, ORDERSTATUS_REFUNDED, "Refunded", 20, S(CANCELED), 0, 20, ""},
};

static int64_t paid_before(enum kind kind, enum orderstate state)
{
    if (state == S(CANCELED) || state == S(REFUSED))
        return 0;
    if (state == S(PARTIAL))
        return 60;
    return kind == SUBSCRIPTION || kind == CHILD ? 30 : 100;
}

static int64_t remains_before(int64_t quantity, enum orderstate state)
{
    return state == S(COMPLETED) ? 0 : state == S(PARTIAL) ? 40 : quantity;
}

static int64_t unit_named(const char *flags)
{
    int64_t unit = 0;
    for (; *flags; flags++)
        unit = *flags == 'k' ? 1000 : *flags >= '0' && *flags <= '9' ? *flags - '0' : unit;
    return unit;
}

static bool is_flagged(const char *flags, char flag)
{
    return strchr(flags, flag) != NULL;
}

static void every_case_ends_as_it_should(void **state)
{
    (void)state;
    static const enum ordertype types[] = {[PLAIN] = ORDERTYPE_DEFAULT,
                                           [PACKAGE] = ORDERTYPE_PACKAGE,
                                           [SUBSCRIPTION] = ORDERTYPE_SUBSCRIPTIONS,
                                           [CHILD] = ORDERTYPE_SUBSCRIPTIONS};
    assert_true(COUNT_OF(cases) >= 100);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct settlement_order order = {
            .course = {.state = cases[i].from,
                       .remains = remains_before(cases[i].quantity, cases[i].from),
                       .paid = {paid_before(cases[i].kind, cases[i].from) * FULL / 100}},
            .type = types[cases[i].kind],
            .is_child = cases[i].kind == CHILD,
            .quantity = cases[i].quantity,
            .unit = cases[i].unit,
            .charge = {cases[i].kind == SUBSCRIPTION ? 0 : FULL},
            .decimals = 5};
        struct upstream_status reported = {.status = cases[i].status,
                                           .word = str_of(cases[i].word),
                                           .has_remains = cases[i].remains != NONE,
                                           .remains =
                                               cases[i].remains != NONE ? cases[i].remains : 0};
        struct settlement s = settlement_make(&order, &reported);
        int64_t paid = cases[i].paid > 100 ? cases[i].paid : cases[i].paid * FULL / 100;
        const char *flags = cases[i].flags;
        if (s.course.state != cases[i].to || s.course.paid.units != paid ||
            s.course.remains != cases[i].left || s.is_unknown_word != is_flagged(flags, 'u') ||
            s.is_review != is_flagged(flags, 'r') || s.is_clamped != is_flagged(flags, 'c') ||
            s.is_late != is_flagged(flags, 'l') || s.unit != unit_named(flags))
            fail_msg("row %zu, %s of %s: %s pays %lld, %lld left, unit %lld, flags %d%d%d%d", i,
                     cases[i].word, orderstate_name(cases[i].from), orderstate_name(s.course.state),
                     (long long)s.course.paid.units, (long long)s.course.remains, (long long)s.unit,
                     s.is_unknown_word, s.is_review, s.is_clamped, s.is_late);
        /* Said again, it says nothing new. */
        order.course = s.course;
        order.unit = s.unit;
        struct settlement again = settlement_make(&order, &reported);
        if (again.is_changed || !order_course_is_same(&again.course, &s.course))
            fail_msg("row %zu: said twice", i);
    }
}

/* Sold with fine decimals, settled when they are coarser: never more than was quoted. */
static void no_settlement_charges_more_than_was_quoted(void **state)
{
    (void)state;
    for (unsigned decimals = 2; decimals <= 8; decimals++) {
        for (int64_t remains = 0; remains <= 231; remains++) {
            struct settlement_order order = {
                .course = {.state = S(PENDING), .remains = 231, .paid = {285000}},
                .quantity = 231,
                .charge = {285000},
                .decimals = decimals};
            struct upstream_status reported = {.status = ORDERSTATUS_PARTIAL,
                                               .word = STR("Partial"),
                                               .has_remains = true,
                                               .remains = remains};
            struct settlement s = settlement_make(&order, &reported);
            assert_true(s.course.paid.units >= 0 && s.course.paid.units <= 285000);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_ends_as_it_should),
        cmocka_unit_test(no_settlement_charges_more_than_was_quoted),
    };
    return cmocka_run_group_tests_name("settlement_cases", tests, NULL, NULL);
}
