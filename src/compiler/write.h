/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write.h: who writes which part of a file's output.
 */
#ifndef TN_COMPILER_WRITE_H
#define TN_COMPILER_WRITE_H

#include "compiler/out.h"

void tn_gen_write_header(tn_gen *g, tn_gen_out *out, const tn_gen_file *file); /* X.tern.h */
void tn_gen_write_source(tn_gen *g, tn_gen_out *out, const tn_gen_file *file); /* X.tern.c */
void tn_gen_write_service_header(tn_gen *g, tn_gen_out *out, const tn_gen_file *file); /* X.rpc.h */
void tn_gen_write_service_source(tn_gen *g, tn_gen_out *out, const tn_gen_file *file); /* X.rpc.c */

/* Parts of the above. */

/* The first lines: what it is made from, and that nobody edits it. */
void tn_gen_write_banner(tn_gen_out *out, const tn_gen_file *file);
/* `#ifndef`, `#define` of the include guard, file->guard and the ending; and its end. */
void tn_gen_write_guard(tn_gen_out *out, const tn_gen_file *file, const char *ending);
void tn_gen_write_guard_end(tn_gen_out *out);
/* The declarations' frame: extern "C", and hidden visibility unless export= is given. */
void tn_gen_write_begin(tn_gen *g, tn_gen_out *out);
void tn_gen_write_end(tn_gen *g, tn_gen_out *out);
/* "" or "MACRO ": goes in front of what other modules may use. */
const char *tn_gen_export(tn_gen *g);

void tn_gen_write_enum(tn_gen_out *out, const tn_gen_enum *e);
void tn_gen_write_struct(tn_gen *g, tn_gen_out *out, const tn_gen_message *m);
void tn_gen_write_functions(tn_gen *g, tn_gen_out *out, const tn_gen_message *m);
void tn_gen_write_extension(tn_gen *g, tn_gen_out *out, const tn_gen_extension *x);
void tn_gen_write_table(tn_gen *g, tn_gen_out *out, const tn_gen_message *m);
void tn_gen_write_enum_table(tn_gen *g, tn_gen_out *out, const tn_gen_enum *e);
void tn_gen_write_extension_table(tn_gen *g, tn_gen_out *out, const tn_gen_file *file,
                                  const tn_gen_extension *x);
/* The bytes of the file's descriptor, as an array; gives their number. */
size_t tn_gen_write_descriptor(tn_gen *g, tn_gen_out *out, const tn_gen_file *file);
void tn_gen_write_file_table(tn_gen *g, tn_gen_out *out, const tn_gen_file *file);

/* `static const char NAME[]` with the strings, NUL behind each, one after the other, so many a line. */
void tn_gen_write_names(tn_gen_out *out, const char *name, const char *const *strings, size_t count,
                        size_t in_line);

/* What an absent number, bool or enum that has a default reads as, in C; NULL: no memory. */
const char *tn_gen_default_value(tn_gen *g, const tn_gen_field *f);
/* The same for strings and bytes: the lines that declare it as `absent`, in a function. */
void tn_gen_write_default_bytes(tn_gen *g, tn_gen_out *out, const tn_gen_field *f);

/* An insertion point for other plugins: NAME, or NAME:SCOPE. */
void tn_gen_write_insertion_point(tn_gen_out *out, int indent, const char *name, const char *scope);

/* True when X.tern.h includes that of the import. */
bool tn_gen_includes(const tn_gen_file *file, size_t import);

/* The name of a file that is generated for another, as #include has it. */
void tn_gen_write_include(tn_gen_out *out, const tn_gen_file *file, const char *ending);

#endif
