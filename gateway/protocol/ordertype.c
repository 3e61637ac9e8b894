/* See ordertype.h. */
#include "protocol/ordertype.h"

#include "base/str.h"

#define BIT(FIELD) (UINT32_C(1) << FIELD_##FIELD)
_Static_assert(FIELD_COUNT <= 32, "fields are bits of 32");

static const struct ordertype_row rows[ORDERTYPE_COUNT] = {
    [ORDERTYPE_DEFAULT] = {.name = "Default",
                           .required = BIT(LINK) | BIT(QUANTITY),
                           .optional = BIT(RUNS) | BIT(INTERVAL),
                           .may_drip = true,
                           .has_remainder = true},
    [ORDERTYPE_PACKAGE] = {.name = "Package",
                           .required = BIT(LINK),
                           .quantity = ORDERTYPE_QUANTITY_ONE,
                           .is_flat = true},
    [ORDERTYPE_SEO] = {.name = "SEO",
                       .required = BIT(LINK) | BIT(QUANTITY) | BIT(KEYWORDS),
                       .has_remainder = true},
    [ORDERTYPE_CUSTOM_COMMENTS] = {.name = "Custom Comments",
                                   .required = BIT(LINK) | BIT(COMMENTS),
                                   .quantity = ORDERTYPE_QUANTITY_COMMENTS},
    [ORDERTYPE_CUSTOM_COMMENTS_PACKAGE] = {.name = "Custom Comments Package",
                                           .required = BIT(LINK) | BIT(COMMENTS),
                                           .quantity = ORDERTYPE_QUANTITY_ONE,
                                           .is_flat = true},
    [ORDERTYPE_COMMENT_LIKES] = {.name = "Comment Likes",
                                 .required = BIT(LINK) | BIT(QUANTITY) | BIT(USERNAME),
                                 .has_remainder = true},
    [ORDERTYPE_COMMENT_REPLIES] = {.name = "Comment Replies",
                                   .required = BIT(LINK) | BIT(USERNAME) | BIT(COMMENTS),
                                   .quantity = ORDERTYPE_QUANTITY_COMMENTS},
    [ORDERTYPE_MENTIONS] = {.name = "Mentions",
                            .required = BIT(LINK) | BIT(QUANTITY) | BIT(USERNAMES)},
    [ORDERTYPE_MENTIONS_WITH_HASHTAGS] = {.name = "Mentions with Hashtags",
                                          .required = BIT(LINK) | BIT(QUANTITY) | BIT(USERNAMES) |
                                                      BIT(HASHTAGS)},
    [ORDERTYPE_MENTIONS_CUSTOM_LIST] = {.name = "Mentions Custom List",
                                        .required = BIT(LINK) | BIT(USERNAMES),
                                        .quantity = ORDERTYPE_QUANTITY_USERNAMES},
    [ORDERTYPE_MENTIONS_HASHTAG] = {.name = "Mentions Hashtag",
                                    .required = BIT(LINK) | BIT(QUANTITY) | BIT(HASHTAG)},
    [ORDERTYPE_MENTIONS_USER_FOLLOWERS] = {.name = "Mentions User Followers",
                                           .required = BIT(LINK) | BIT(QUANTITY) | BIT(USERNAME)},
    [ORDERTYPE_MENTIONS_MEDIA_LIKERS] = {.name = "Mentions Media Likers",
                                         .required = BIT(LINK) | BIT(QUANTITY) | BIT(MEDIA)},
    [ORDERTYPE_POLL] = {.name = "Poll",
                        .required = BIT(LINK) | BIT(QUANTITY) | BIT(ANSWER_NUMBER),
                        .has_remainder = true},
    [ORDERTYPE_INVITES_FROM_GROUPS] = {.name = "Invites from Groups",
                                       .required = BIT(LINK) | BIT(QUANTITY) | BIT(GROUPS)},
    [ORDERTYPE_SUBSCRIPTIONS] = {.name = "Subscriptions",
                                 .required = BIT(USERNAME) | BIT(MIN) | BIT(MAX) | BIT(DELAY),
                                 .optional = BIT(POSTS) | BIT(OLD_POSTS) | BIT(EXPIRY),
                                 .quantity = ORDERTYPE_QUANTITY_PER_POST},
    [ORDERTYPE_WEB_TRAFFIC] = {.name = "Web Traffic",
                               .required = BIT(LINK) | BIT(QUANTITY) | BIT(COUNTRY) | BIT(DEVICE) |
                                           BIT(TYPE_OF_TRAFFIC),
                               .optional = BIT(GOOGLE_KEYWORD) | BIT(REFERRING_URL) | BIT(RUNS) |
                                           BIT(INTERVAL),
                               .may_drip = true,
                               .has_remainder = true},
};

/* Spellings besides the canonical ones; folded as str_fold_word does. The numbers are those of the
 * type selector on the panels' documentation pages. */
static const struct {
    const char *word;
    enum ordertype type;
} aliases[] = {
    {"packages", ORDERTYPE_PACKAGE},
    {"customcomment", ORDERTYPE_CUSTOM_COMMENTS},
    {"customcommentpackage", ORDERTYPE_CUSTOM_COMMENTS_PACKAGE},
    {"customcommentspackages", ORDERTYPE_CUSTOM_COMMENTS_PACKAGE},
    {"commentlike", ORDERTYPE_COMMENT_LIKES},
    {"commentslikes", ORDERTYPE_COMMENT_LIKES},
    {"commentreply", ORDERTYPE_COMMENT_REPLIES},
    {"commentsreplies", ORDERTYPE_COMMENT_REPLIES},
    {"mention", ORDERTYPE_MENTIONS},
    {"mentionwithhashtags", ORDERTYPE_MENTIONS_WITH_HASHTAGS},
    {"mentionwithhashtag", ORDERTYPE_MENTIONS_WITH_HASHTAGS},
    {"mentionswithhashtag", ORDERTYPE_MENTIONS_WITH_HASHTAGS},
    {"mentionshashtags", ORDERTYPE_MENTIONS_WITH_HASHTAGS},
    {"mentioncustomlist", ORDERTYPE_MENTIONS_CUSTOM_LIST},
    {"mentionscustomlists", ORDERTYPE_MENTIONS_CUSTOM_LIST},
    {"mentionhashtag", ORDERTYPE_MENTIONS_HASHTAG},
    {"mentionuserfollowers", ORDERTYPE_MENTIONS_USER_FOLLOWERS},
    {"mentionuserfollower", ORDERTYPE_MENTIONS_USER_FOLLOWERS},
    {"mentionsuserfollower", ORDERTYPE_MENTIONS_USER_FOLLOWERS},
    {"mentionmedialikers", ORDERTYPE_MENTIONS_MEDIA_LIKERS},
    {"mentionmedialiker", ORDERTYPE_MENTIONS_MEDIA_LIKERS},
    {"mentionsmedialiker", ORDERTYPE_MENTIONS_MEDIA_LIKERS},
    {"polls", ORDERTYPE_POLL},
    {"pollvotes", ORDERTYPE_POLL},
    {"pollvote", ORDERTYPE_POLL},
    {"invitefromgroups", ORDERTYPE_INVITES_FROM_GROUPS},
    {"invitefromgroup", ORDERTYPE_INVITES_FROM_GROUPS},
    {"invitesfromgroup", ORDERTYPE_INVITES_FROM_GROUPS},
    {"subscription", ORDERTYPE_SUBSCRIPTIONS},
    {"0", ORDERTYPE_DEFAULT},
    {"1", ORDERTYPE_SEO},
    {"2", ORDERTYPE_CUSTOM_COMMENTS},
    {"3", ORDERTYPE_MENTIONS_WITH_HASHTAGS},
    {"4", ORDERTYPE_MENTIONS_CUSTOM_LIST},
    {"6", ORDERTYPE_MENTIONS_HASHTAG},
    {"7", ORDERTYPE_MENTIONS_USER_FOLLOWERS},
    {"8", ORDERTYPE_MENTIONS_MEDIA_LIKERS},
    {"9", ORDERTYPE_MENTIONS},
    {"10", ORDERTYPE_PACKAGE},
    {"14", ORDERTYPE_CUSTOM_COMMENTS_PACKAGE},
    {"15", ORDERTYPE_COMMENT_LIKES},
    {"17", ORDERTYPE_POLL},
    {"20", ORDERTYPE_INVITES_FROM_GROUPS},
    {"100", ORDERTYPE_SUBSCRIPTIONS},
    {"102", ORDERTYPE_WEB_TRAFFIC},
};

const struct ordertype_row *ordertype_row(enum ordertype type)
{
    ASSERT(type < ORDERTYPE_COUNT);
    return &rows[type];
}

const char *ordertype_name(enum ordertype type)
{
    return type < ORDERTYPE_COUNT ? rows[type].name : "Unknown";
}

enum ordertype ordertype_fold(struct str spelling)
{
    char room[STR_WORD_ROOM], name_room[STR_WORD_ROOM];
    struct str word = str_fold_word(spelling, room);
    if (word.len == 0)
        return ORDERTYPE_UNKNOWN;
    for (int type = 0; type < ORDERTYPE_COUNT; type++)
        if (str_equal(word, str_fold_word(str_of(rows[type].name), name_room)))
            return (enum ordertype)type;
    for (size_t i = 0; i < COUNT_OF(aliases); i++)
        if (str_is(word, aliases[i].word))
            return aliases[i].type;
    return ORDERTYPE_UNKNOWN;
}
