/* SPDX-License-Identifier: Apache-2.0 */
/* tern.h: gRPC for C: everything but generated code and the helpers of the well-known types (wkt.h). */
#ifndef TERN_TERN_H
#define TERN_TERN_H

#include "tern/channel.h"
#include "tern/server.h"

#endif
