/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protoc-gen-tern: the plugin that protoc and buf start. A CodeGeneratorRequest on the input, a
 * CodeGeneratorResponse on the output; src/compiler does the work.
 *
 * Exit status: 0 answered (also when the answer is a schema's error), 1 bad request or no memory, 2
 * wrong usage.
 */
#include "compiler/gen.h"
#include <stdio.h>

static const char usage[] = "usage: protoc-gen-tern [--help | --version]\n";

static const char help[] =
    "\n"
    "C code from .proto files, as a plugin of protoc:\n"
    "  protoc --plugin=protoc-gen-tern --tern_out=DIR [--tern_opt=OPTION,...] FILE.proto\n"
    "\n"
    "It writes FILE.tern.h and FILE.tern.c for messages and enums and, when the file has "
    "services,\n"
    "FILE.rpc.h and FILE.rpc.c. Options:\n"
    "  prefix=NAME     NAME stands in front of every C name\n"
    "  export=MACRO    MACRO stands in front of what other modules may use; else it is hidden\n"
    "  messages_only   no *.rpc.h and *.rpc.c\n"
    "  descriptors=off the files' descriptors are left out: no reflection, less data\n"
    "proto2, proto3 and editions 2023 and 2024. Lines with @@protoc_insertion_point(NAME) are "
    "where "
    "other\n"
    "plugins may add: includes, top, end, struct_scope:MESSAGE; includes and end in the .c, too.\n";

int main(int argc, char **argv)
{
    if (argc == 1) {
        tern_error err;
        const tern_code code = tn_gen_serve(stdin, stdout, &err);
        if (code != TERN_OK)
            fprintf(stderr, "protoc-gen-tern: %s\n", err.text);
        return code == TERN_OK ? 0 : 1;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("protoc-gen-tern %s\n", TERN_VERSION);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        printf("%s%s", usage, help);
        return 0;
    }
    fprintf(stderr, "protoc-gen-tern: wrong argument: %s\n%s", argv[argc - 1], usage);
    return 2;
}
