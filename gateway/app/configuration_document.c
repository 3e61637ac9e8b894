/* docs/configuration.md: a few words on the format, then the rooms' tables. */
#include "app/configuration_private.h"

static const char head[] =
    "# Configuration\n"
    "\n"
    "*Made from the tables in the source; do not edit. A commented example is\n"
    "`config/panelmux.example.yaml`.*\n"
    "\n"
    "One YAML file, looked for in `-c FILE`, `$PANELMUX_CONFIG`, `./panelmux.yaml` and\n"
    "`/etc/panelmux/panelmux.yaml`. `panelmux check` tells every fault at once, as\n"
    "`FILE:LINE:COLUMN: what is wrong; what would be right`; a warning alone is no fault.\n"
    "\n"
    "* `${env:NAME}` and `${file:/path}` stand for a variable of the environment or the text of a\n"
    "  file, anywhere in a value; `$${` stands for `${` itself. Inside `{ }` and `[ ]` they need\n"
    "  quotes. A secret written out in the file draws a warning.\n"
    "* Yes or no is `true` or `false`. Whole numbers are plain digits.\n"
    "* Durations carry their unit: `1500ms`, `15s`, `10m`, `2h`, `1d`. Sizes: `512KiB`, `1MiB`.\n"
    "  Rate limits: `10/s`, `300/m`, `5000/h`, `none`. Amounts and rates are exact decimals,\n"
    "  quoted or not.\n"
    "* Anchors, aliases, tags and a second document are refused; `include` joins files.\n"
    "* Paths other than those in `include` are relative to the working directory.\n"
    "* SIGHUP or `panelmux reload` reads all of it again, all or nothing. What needs a restart "
    "says\n"
    "  so below.\n"
    "\n"
    "## First level\n";

void configuration_document(struct buf *out)
{
    buf_add_text(out, head);
    rows_document(&configuration_rows, "", out);
}
