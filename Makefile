# Installs the library, its headers and the command, as C and C++ programs expect them. See docs/c-hosts.md.
#   make install [PREFIX=/usr/local] [DESTDIR=] [LIBDIR=lib]
#   make uninstall      with the same settings
PREFIX ?= /usr/local
LIBDIR ?= lib
DESTDIR ?=
CARGO ?= cargo
INSTALL ?= install

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
# Before 1.0 each minor version may break the ABI; src/build.rs names the library so.
ABI := $(shell echo $(VERSION) | awk -F. '{ print $$1 == 0 ? $$1 "." $$2 : $$1 }')
# From LIBDIR to the prefix, so that an installed tree can be moved.
UP := $(shell echo $(LIBDIR) | sed 's,[^/][^/]*,..,g')
BUILT := target/release
TO := $(DESTDIR)$(PREFIX)
FILES := bin/npe include/npe.h include/npe.hpp $(LIBDIR)/libnpe.a $(LIBDIR)/libnpe.so $(LIBDIR)/libnpe.so.$(ABI) \
	$(LIBDIR)/libnpe.so.$(VERSION) $(LIBDIR)/pkgconfig/npe.pc $(LIBDIR)/cmake/npe/npe-config.cmake \
	$(LIBDIR)/cmake/npe/npe-config-version.cmake share/doc/npe/LICENSE-MIT share/doc/npe/LICENSE-APACHE share/doc/npe/faces.md

.PHONY: all install uninstall
all:
	$(CARGO) build --release

install: all
	$(INSTALL) -d $(addprefix $(TO)/,bin include $(LIBDIR)/pkgconfig $(LIBDIR)/cmake/npe share/doc/npe)
	$(INSTALL) -m 755 $(BUILT)/npe $(TO)/bin/npe
	$(INSTALL) -m 644 include/npe.h include/npe.hpp $(TO)/include
	$(INSTALL) -m 755 $(BUILT)/libnpe.so $(TO)/$(LIBDIR)/libnpe.so.$(VERSION)
	ln -sf libnpe.so.$(VERSION) $(TO)/$(LIBDIR)/libnpe.so.$(ABI)
	ln -sf libnpe.so.$(ABI) $(TO)/$(LIBDIR)/libnpe.so
	$(INSTALL) -m 644 $(BUILT)/libnpe.a $(TO)/$(LIBDIR)/libnpe.a
	sed -e 's,@VERSION@,$(VERSION),' -e 's,@LIBDIR@,$(LIBDIR),' -e 's,@UP@,$(UP),' src/capi/install/npe.pc.in >$(TO)/$(LIBDIR)/pkgconfig/npe.pc
	sed -e 's,@ABI@,$(ABI),' -e 's,@UP@,$(UP),' src/capi/install/npe-config.cmake.in >$(TO)/$(LIBDIR)/cmake/npe/npe-config.cmake
	sed -e 's,@VERSION@,$(VERSION),' -e 's,@ABI@,$(ABI),' src/capi/install/npe-config-version.cmake.in \
		>$(TO)/$(LIBDIR)/cmake/npe/npe-config-version.cmake
	$(INSTALL) -m 644 LICENSE-MIT LICENSE-APACHE models/faces.md $(TO)/share/doc/npe

uninstall:
	rm -f $(addprefix $(TO)/,$(FILES))
	-rmdir $(TO)/share/doc/npe $(TO)/$(LIBDIR)/cmake/npe
