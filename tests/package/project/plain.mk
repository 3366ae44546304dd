# SPDX-License-Identifier: Apache-2.0
#
# The same project with make, protoc and pkg-config, nothing else. PKG_CONFIG_PATH names the installed
# tern.

CFLAGS = -std=c11 -Wall -Wextra -Wpedantic -Werror -O1 -I.
PLUGIN := $(shell pkg-config --variable=protoc_gen_tern tern)
PROTOS := $(shell pkg-config --variable=protodir tern)
PC = pkg-config

all: greet note greet-static note-static

%.tern.c %.tern.h: %.proto
	protoc --plugin=protoc-gen-tern=$(PLUGIN) --tern_out=. -I. -I$(PROTOS) $<
greet.rpc.c greet.rpc.h: greet.tern.c ;

greet: greet.c greet.tern.c greet.rpc.c
	$(CC) $(CFLAGS) $$($(PC) --cflags tern) $^ -o $@ $$($(PC) --libs tern)
note: note.c note.tern.c
	$(CC) $(CFLAGS) $$($(PC) --cflags tern-core) $^ -o $@ $$($(PC) --libs tern-core)

# Our archives, then the shared libraries that they need; --as-needed drops our own from that list.
greet-static: greet.c greet.tern.c greet.rpc.c
	$(CC) $(CFLAGS) $$($(PC) --cflags tern) $^ -o $@ \
		-Wl,-Bstatic $$($(PC) --libs tern) -Wl,-Bdynamic -Wl,--as-needed $$($(PC) --static --libs tern)
note-static: note.c note.tern.c
	$(CC) $(CFLAGS) -static $$($(PC) --cflags tern-core) $^ -o $@ $$($(PC) --static --libs tern-core)
