/* SPDX-License-Identifier: Apache-2.0 */
/* test.h: cmocka, behind the standard headers that it wants to see first. */
#ifndef TN_TEST_TEST_H
#define TN_TEST_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#endif
