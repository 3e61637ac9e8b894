/* See cleantext.h. */
#include "catalogue/cleantext.h"

enum { RAW_MAX = 4 * CLEANTEXT_MAX };

/* The next code point of well-formed UTF-8 and its length; false for an ill-formed byte. */
static bool cleantext_decode(struct str s, uint32_t *point_out, size_t *len_out)
{
    static const struct {
        unsigned char mask, mark, low;
        uint32_t min;
    } forms[] = {{0x80, 0x00, 0x7F, 0},
                 {0xE0, 0xC0, 0x1F, 0x80},
                 {0xF0, 0xE0, 0x0F, 0x800},
                 {0xF8, 0xF0, 0x07, 0x10000}};
    unsigned char first = (unsigned char)s.ptr[0];
    for (size_t form = 0; form < COUNT_OF(forms); form++) {
        if ((first & forms[form].mask) != forms[form].mark)
            continue;
        if (s.len < form + 1)
            return false;
        uint32_t point = first & forms[form].low;
        for (size_t i = 1; i <= form; i++) {
            unsigned char next = (unsigned char)s.ptr[i];
            if ((next & 0xC0) != 0x80)
                return false;
            point = point << 6 | (next & 0x3F);
        }
        *point_out = point;
        *len_out = form + 1;
        bool is_surrogate = point >= 0xD800 && point <= 0xDFFF;
        return point >= forms[form].min && point <= 0x10FFFF && !is_surrogate;
    }
    return false;
}

static size_t cleantext_encode(uint32_t point, char out[4])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3F));
    out[0] = (char)((0xF00U >> len & 0xF0U) | point);
    return len;
}

static bool cleantext_entity_number(struct str digits, uint32_t *point_out)
{
    uint32_t point = 0;
    bool is_hex = digits.len > 1 && (digits.ptr[0] | 0x20) == 'x';
    struct str rest = str_from(digits, is_hex ? 1 : 0);
    if (rest.len == 0 || rest.len > 6)
        return false;
    for (size_t i = 0; i < rest.len; i++) {
        int digit = str_hex_digit(rest.ptr[i]), base = is_hex ? 16 : 10;
        if (digit < 0 || digit >= base)
            return false;
        point = point * (uint32_t)base + (uint32_t)digit;
    }
    *point_out = point;
    return point > 0 && point <= 0x10FFFF && !(point >= 0xD800 && point <= 0xDFFF);
}

/* "&amp;" at the start of s: what it stands for and how many bytes it takes. */
static bool cleantext_entity(struct str s, uint32_t *point_out, size_t *len_out)
{
    static const struct {
        const char *name;
        uint32_t point;
    } names[] = {{"amp", '&'},  {"lt", '<'},    {"gt", '>'},
                 {"quot", '"'}, {"apos", '\''}, {"nbsp", ' '}};
    size_t end = str_find_byte(str_first(s, 12), ';');
    if (end == SIZE_MAX || end < 2)
        return false;
    struct str name = str_first(str_from(s, 1), end - 1);
    *len_out = end + 1;
    if (name.ptr[0] == '#')
        return cleantext_entity_number(str_from(name, 1), point_out);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_equal_folded(name, str_of(names[i].name))) {
            *point_out = names[i].point;
            return true;
        }
    return false;
}

/* Bytes to leave out when s starts with a tag; 0 when it does not. An opening that never ends
 * loses its '<' only: names end up in other people's pages. */
static size_t cleantext_tag_len(struct str s)
{
    if (s.len < 2 || s.ptr[0] != '<')
        return 0;
    char c = s.ptr[1];
    char letter = (char)(c | 0x20);
    if (!(letter >= 'a' && letter <= 'z') && c != '/' && c != '!' && c != '?')
        return 0;
    size_t end = str_find_byte(s, '>');
    return end == SIZE_MAX ? 1 : end + 1;
}

/* Not to be published: controls, and what YAML and JSON readers stumble over. */
static bool cleantext_is_unfit(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0xFEFF ||
           (point & 0xFFFE) == 0xFFFE || (point >= 0x2028 && point <= 0x202E);
}

/* Entities decoded, ill-formed bytes dropped. */
static struct str cleantext_decode_entities(struct str raw, char out[RAW_MAX])
{
    size_t len = 0;
    while (raw.len > 0 && len + 4 <= RAW_MAX) {
        uint32_t point;
        size_t taken;
        if (raw.ptr[0] == '&' && cleantext_entity(raw, &point, &taken)) {
            len += cleantext_encode(point, out + len);
        } else if (cleantext_decode(raw, &point, &taken)) {
            memcpy(out + len, raw.ptr, taken);
            len += taken;
        } else {
            taken = 1;
        }
        raw = str_from(raw, taken);
    }
    return str_make(out, len);
}

struct str cleantext_make(struct arena *arena, struct str raw)
{
    char decoded[RAW_MAX], clean[CLEANTEXT_MAX];
    struct str rest = cleantext_decode_entities(raw, decoded);
    size_t len = 0;
    bool is_blank_due = false;
    while (rest.len > 0) {
        uint32_t point = 0;
        size_t taken = cleantext_tag_len(rest);
        bool is_text = taken == 0 && cleantext_decode(rest, &point, &taken) &&
                       !cleantext_is_unfit(point) && point != ' ' && point != 0xA0;
        if (!is_text) {
            is_blank_due = len > 0;
        } else {
            if (len + is_blank_due + taken > sizeof clean)
                break;
            if (is_blank_due)
                clean[len++] = ' ';
            is_blank_due = false;
            memcpy(clean + len, rest.ptr, taken);
            len += taken;
        }
        rest = str_from(rest, taken > 0 ? taken : 1);
    }
    return arena_str(arena, str_make(clean, len));
}

static bool cleantext_is_mark(uint32_t point)
{
    /* Punctuation, symbols, arrows, boxes, emoji and flags; all else above ASCII counts as a
     * letter, the mathematical alphabets and enclosed letters that names are drawn with too. */
    static const struct {
        uint32_t first, last;
    } marks[] = {{0x00, 0x2F},       {0x3A, 0x40},       {0x5B, 0x60},     {0x7B, 0xA9},
                 {0xAB, 0xB4},       {0xB6, 0xB9},       {0xBB, 0xBF},     {0xD7, 0xD7},
                 {0xF7, 0xF7},       {0x2000, 0x20FF},   {0x2190, 0x245F}, {0x2500, 0x2BFF},
                 {0x3000, 0x303F},   {0xFE00, 0xFE6F},   {0xFF00, 0xFF0F}, {0xFF1A, 0xFF20},
                 {0xFF3B, 0xFF40},   {0xFF5B, 0xFF65},   {0xFFE0, 0xFFFF}, {0x1F000, 0x1F0FF},
                 {0x1F1E6, 0x1FAFF}, {0xE0000, 0x10FFFF}};
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (point >= marks[i].first && point <= marks[i].last)
            return true;
    return false;
}

bool cleantext_is_decoration(struct str text)
{
    while (text.len > 0) {
        uint32_t point = 0;
        size_t taken = 1;
        if (cleantext_decode(text, &point, &taken) && !cleantext_is_mark(point))
            return false;
        text = str_from(text, taken > 0 ? taken : 1);
    }
    return true;
}

static const struct {
    uint32_t first, last;
    unsigned weight;
} frames[] = {
    {0x80, 0xBF, 0},     {0x2010, 0x2015, 2}, {0x2018, 0x203A, 0},
    {0x2190, 0x21FF, 2}, {0x2500, 0x259F, 2}, {0x2795, 0x2797, 2},
    {0x3000, 0x301F, 0}, {0xFE0F, 0xFE0F, 0}, {0x200D, 0x200D, 0},
};

/* How much a mark at a name's end says of a heading: a line of any kind 2, other marks 1, what
 * ends names anyway nothing. */
static unsigned cleantext_frame_weight(uint32_t point)
{
    static const char lines[] = "=-_*~#|<>^", plain[] = " ()[]{}\"'`.,:;!?&%+/\\@$";
    if (point < 0x80)
        return strchr(lines, (int)point) ? 2 : strchr(plain, (int)point) ? 0 : 1;
    for (size_t i = 0; i < COUNT_OF(frames); i++)
        if (point >= frames[i].first && point <= frames[i].last)
            return frames[i].weight;
    return 1;
}

bool cleantext_is_framed(struct str text)
{
    enum { ENOUGH = 2 };
    unsigned before = 0, behind = 0;
    bool has_words = false;
    while (text.len > 0) {
        uint32_t point = 0;
        size_t taken = 1;
        bool is_good = cleantext_decode(text, &point, &taken);
        bool is_word = is_good && !cleantext_is_mark(point);
        if (is_word) {
            has_words = true;
            behind = 0;
        } else if (is_good) {
            *(has_words ? &behind : &before) += cleantext_frame_weight(point);
        }
        text = str_from(text, taken > 0 ? taken : 1);
    }
    return has_words && before >= ENOUGH && behind >= ENOUGH;
}
