/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protoc-gen-tern: the plugin that protoc and buf start. A CodeGeneratorRequest on the input, a
 * CodeGeneratorResponse on the output; src/compiler does the work.
 *
 * Exit status: 0 answered (also when the answer is a schema's error), 1 bad request or no memory, 2
 * wrong usage.
 */
#include "base/buf.h"
#include "base/env.h"
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
    "  messages_only   no *.rpc.h and *.rpc.c\n";

static bool read_all(FILE *file, tn_buf *buf)
{
    enum { STEP = 65536 };
    for (;;) {
        uint8_t *room = tn_buf_room(buf, STEP);
        if (!room)
            return false;
        const size_t n = fread(room, 1, STEP, file);
        tn_buf_wrote(buf, n);
        if (n < STEP)
            return !ferror(file);
    }
}

static int answer(void)
{
    tn_buf in = tn_buf_of(tn_env_of(NULL));
    tern_arena *arena = tern_arena_new(NULL);
    tern_bytes out = { NULL, 0 };
    tern_error err = { .code = TERN_OK };
    if (!arena || !read_all(stdin, &in))
        (void)tern_error_set(&err, TERN_RESOURCE_EXHAUSTED, TERN_ORIGIN_LOCAL,
                             "cannot read the request");
    else if (tn_gen_run(NULL, (tern_bytes){ tn_buf_data(&in), tn_buf_len(&in) }, arena, &out,
                        &err) == TERN_OK &&
             (fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0))
        (void)tern_error_set(&err, TERN_UNAVAILABLE, TERN_ORIGIN_LOCAL,
                             "cannot write the response");
    if (err.code != TERN_OK)
        fprintf(stderr, "protoc-gen-tern: %s\n", err.text);
    tern_arena_free(arena);
    tn_buf_free(&in);
    return err.code == TERN_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 1)
        return answer();
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("protoc-gen-tern %s\n", TERN_VERSION);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        printf("%s%s", usage, help);
        return 0;
    }
    fprintf(stderr, "protoc-gen-tern: wrong argument: %s\n%s", argv[1], usage);
    return 2;
}
