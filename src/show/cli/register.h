/* An asset register as CSV, in and out: the second form of export and import. */
#ifndef SHOW_CLI_REGISTER_H
#define SHOW_CLI_REGISTER_H

#include "show/cli/ask.h"

bool register_meant(struct cli *c);	/* import: by --map, --create, --column or the ending of the file's name */
int register_import(struct cli *c);
int register_export(struct cli *c);

#endif
