/* The command line: everything the program says to a person at a terminal or to a script. */
#ifndef SHOW_CLI_CLI_H
#define SHOW_CLI_CLI_H

/* Runs the command that argv names and returns the exit code of the process (see `korobanu help exit-codes`).
 * Writes to stdout and stderr, reads the environment and the configuration files. */
int cli_main(int argc, char **argv);

#endif
