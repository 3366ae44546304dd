/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_lex.h: text format as tokens.
 *
 * The token at hand is a slice of the input. Space and comments between tokens are skipped. A token
 * that is none is of kind TN_TEXT_BAD, with the reason, and stays: nothing is read behind it. Not
 * here: what escapes in a string stand for (text_value.c).
 * Invariant: at <= p <= end; reads [start, end) alone, which needs no terminator.
 */
#ifndef TN_PB_TEXT_LEX_H
#define TN_PB_TEXT_LEX_H

#include "tern/str.h"

/* Punctuation is its own kind: one of { } [ ] < > : , ; - */
enum {
    TN_TEXT_END = 0,
    TN_TEXT_IDENT = 'a',
    TN_TEXT_INT = '0', /* decimal, octal or hexadecimal, without a sign */
    TN_TEXT_FLOAT = 'f',
    TN_TEXT_STRING = '"', /* one literal, its quotes around it */
    TN_TEXT_BAD = '!'
};

typedef struct tn_text_lex {
    const char *start, *end;
    const char *at;  /* where the token at hand starts */
    const char *p;   /* what is behind it */
    const char *bad; /* why it is none */
    char kind;
} tn_text_lex;

/* Goes on to the next token. */
void tn_text_next(tn_text_lex *lex);

/* Starts at the first token. */
void tn_text_start(tn_text_lex *lex, tern_str in);

/* The token at hand. */
static inline tern_str tn_text_token(const tn_text_lex *lex)
{
    return (tern_str){ lex->at, (size_t)(lex->p - lex->at) };
}

/* Skips the token at hand if it is of that kind. */
static inline bool tn_text_take(tn_text_lex *lex, char kind)
{
    if (lex->kind != kind)
        return false;
    tn_text_next(lex);
    return true;
}

/*
 * Behind a '[' that is the token at hand: the name up to the ']', which becomes the token at hand.
 * Space and comments inside are left out of room[n]; a name without any is a slice of the input. A
 * name of more than n characters cannot be one that somebody knows, and comes as the empty string,
 * as does what is no name.
 */
tern_str tn_text_bracket_name(tn_text_lex *lex, char *room, size_t n);

/* Line and column, from 1, of a place in the input. */
void tn_text_place(const tn_text_lex *lex, const char *at, size_t *line, size_t *column);

#endif
