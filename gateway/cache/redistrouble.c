/* See redistrouble.h. */
#include "cache/redistrouble.h"

enum { WORD_MAX = 20 };

static const char *const message[REDISTROUBLE_COUNT] = {
    [REDISTROUBLE_NONE] = "in use",
    [REDISTROUBLE_NAME] = "its name cannot be resolved",
    [REDISTROUBLE_UNREACHABLE] = "cannot be reached",
    [REDISTROUBLE_SILENT] = "does not answer in time",
    [REDISTROUBLE_LOST] = "the connection was lost",
    [REDISTROUBLE_DENIED] = "refuses the login or a right",
    [REDISTROUBLE_LOADING] = "is not ready yet",
    [REDISTROUBLE_FULL] = "its memory is full",
    [REDISTROUBLE_READONLY] = "takes no writes",
    [REDISTROUBLE_ILLFORMED] = "holds an ill-formed value",
    [REDISTROUBLE_LARGE] = "a value is too large for it",
    [REDISTROUBLE_CROWDED] = "too much is under way",
    [REDISTROUBLE_OTHER] = "answers with an error",
};

static const struct {
    const char *word;
    enum redistrouble trouble;
} errors[] = {
    {"WRONGPASS", REDISTROUBLE_DENIED},    {"NOAUTH", REDISTROUBLE_DENIED},
    {"NOPERM", REDISTROUBLE_DENIED},       {"DENIED", REDISTROUBLE_DENIED},
    {"LOADING", REDISTROUBLE_LOADING},     {"MASTERDOWN", REDISTROUBLE_LOADING},
    {"BUSY", REDISTROUBLE_LOADING},        {"OOM", REDISTROUBLE_FULL},
    {"READONLY", REDISTROUBLE_READONLY},   {"MISCONF", REDISTROUBLE_READONLY},
    {"NOREPLICAS", REDISTROUBLE_READONLY}, {"WRONGTYPE", REDISTROUBLE_ILLFORMED},
};

const char *redistrouble_words(enum redistrouble trouble)
{
    return message[trouble];
}

struct str redistrouble_name(struct str error)
{
    struct str word = str_first(error, str_find_byte(error, ' '));
    for (size_t i = 0; i < word.len; i++)
        if (word.ptr[i] < 'A' || word.ptr[i] > 'Z')
            return STR("");
    return word.len <= WORD_MAX ? word : STR("");
}

enum redistrouble redistrouble_of_error(struct str error)
{
    struct str word = redistrouble_name(error);
    for (size_t i = 0; i < COUNT_OF(errors); i++)
        if (str_is(word, errors[i].word))
            return errors[i].trouble;
    return REDISTROUBLE_OTHER;
}
