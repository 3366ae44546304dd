/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out.h: the text of one generated file.
 *
 * Failure sticks: once memory is gone nothing more is written, and the file is dropped at the end.
 */
#ifndef TN_COMPILER_OUT_H
#define TN_COMPILER_OUT_H

#include "base/buf.h"
#include "compiler/gen.h"

typedef struct tn_gen_out {
    tn_buf text;
    bool failed;
} tn_gen_out;

void tn_gen_put(tn_gen_out *out, const char *p, size_t n);

/* As printf. */
void tn_gen_print(tn_gen_out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What stands between the quotes of a string literal; bytes that are not plain are escaped. */
void tn_gen_print_quoted(tn_gen_out *out, const char *p, size_t n);

/* Bytes as the numbers of an array, a comma behind each, in lines of their own. */
void tn_gen_put_numbers(tn_gen_out *out, const uint8_t *p, size_t n);

/* A template: `$X` stands for the variable X, one letter, with its value in vars. A letter that is not
 * there is a bug of the caller. Lines that get longer than 100 columns are broken; see wrap.c. */
typedef struct tn_gen_var {
    char letter; /* 0 ends */
    const char *value;
} tn_gen_var;

void tn_gen_fill(tn_gen_out *out, const char *text, const tn_gen_var *vars);

/*
 * The comments of a declaration (its leading and trailing ones) as one C comment, indented by
 * `indent` spaces; nothing when there are none. Text that would end the comment, or that a compiler
 * warns of, is defused; what is not UTF-8 or not printable is left out.
 */
void tn_gen_comment(tn_gen_out *out, int indent, const tn_gen_location *at, bool deprecated);

#endif
