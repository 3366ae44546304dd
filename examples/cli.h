/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli.h: the command line that all examples share: one option with a value, --help, maybe one word.
 */
#ifndef EXAMPLES_CLI_H
#define EXAMPLES_CLI_H

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Reads `--option VALUE` into *value and one further word into *word (NULL: none is taken).
 * Returns -1 to go on; else what main shall return: 0 after --help, 2 after a wrong command line.
 */
static inline int cli_read(int argc, char **argv, const char *option, const char **value,
                           const char **word, const char *usage)
{
    const struct option options[] = {
        { option, required_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    for (int flag; (flag = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (flag == 'v') {
            *value = optarg;
            continue;
        }
        fputs(usage, flag == 'h' ? stdout : stderr);
        return flag == 'h' ? 0 : 2;
    }
    if (word && optind < argc)
        *word = argv[optind++];
    if (optind == argc)
        return -1;
    fprintf(stderr, "%s: too many words: %s\n%s", argv[0], argv[optind], usage);
    return 2;
}

/* "BACKEND_HOST:BACKEND_PORT" of the environment, host and 50051 where they are not set. Static. */
static inline const char *cli_backend(const char *host)
{
    static char address[300];
    const char *given = getenv("BACKEND_HOST"), *port = getenv("BACKEND_PORT");
    snprintf(address, sizeof address, "%s:%s", given ? given : host, port ? port : "50051");
    return address;
}

#endif
