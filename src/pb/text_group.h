/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_group.h: names in text format that are not the names of fields.
 *
 * Reads tables and descriptors alone: any thread.
 */
#ifndef TN_PB_TEXT_GROUP_H
#define TN_PB_TEXT_GROUP_H

#include "pb/table.h"

/*
 * The name that text format has for a field which was declared as a group: that of its message,
 * from which proto2 makes the field's in lower case. NULL for every other field.
 */
const char *tn_text_group_name(const tern_pb_table *table, const tern_pb_field *f);

/*
 * The name in brackets of an extension: its own; or that of its message, for an item of a MessageSet that
 * is declared in its message.
 */
const char *tn_text_extension_name(const tern_pb_extension *ext);

/* The item of a MessageSet that goes by the name of its message, or NULL. */
const tern_pb_extension *tn_text_find_item(const tern_pb_table *set, const tern_pb_table *message);

/* Is it a name that the message's .proto reserves? Asks the descriptor; without one, no. */
bool tn_text_is_reserved(const tern_pb_table *table, tern_str name);

#endif
