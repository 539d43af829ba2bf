# Installs the library, its headers and the command, as C and C++ programs expect them. See docs/c-hosts.md.
#   make install [PREFIX=/usr/local] [DESTDIR=] [LIBDIR=lib]
#   make uninstall      with the same settings
#   make reference      the C interface as pages, into target/reference/html (with doxygen); make install-reference installs them too
#   make deb            Debian packages, into target/deb (with debhelper and doxygen)
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
# Beside the library: what a person reads, laid out so that links between the pages hold, and the models that are not in the library.
PAPERS := README.md CHANGELOG.md SECURITY.md LICENSE-MIT LICENSE-APACHE $(wildcard docs/*.md) docs/npe-strokes.schema.json $(wildcard models/*.md) \
	$(wildcard models/*.tsv) examples/hosts/hair.c examples/hosts/paint.cpp
MODELS := $(filter-out models/faces.safetensors,$(wildcard models/*.safetensors))
MAN := $(wildcard docs/man/*.1)
FILES := bin/npe include/npe.h include/npe.hpp $(LIBDIR)/libnpe.a $(LIBDIR)/libnpe.so $(LIBDIR)/libnpe.so.$(ABI) \
	$(LIBDIR)/libnpe.so.$(VERSION) $(LIBDIR)/pkgconfig/npe.pc $(LIBDIR)/cmake/npe/npe-config.cmake \
	$(LIBDIR)/cmake/npe/npe-config-version.cmake $(addprefix share/doc/npe/,$(PAPERS)) $(addprefix share/npe/,$(MODELS)) \
	$(addprefix share/man/man1/,$(notdir $(MAN)))

.PHONY: all install uninstall reference install-reference deb
# Without Cargo, as under sudo, what was built before is taken.
all:
	@if command -v $(CARGO) >/dev/null || ! [ -e $(BUILT)/libnpe.so ]; then $(CARGO) build --release; fi

install: all
	$(INSTALL) -d $(addprefix $(TO)/,bin include $(LIBDIR)/pkgconfig $(LIBDIR)/cmake/npe share/npe/models share/man/man1 \
		share/doc/npe/docs share/doc/npe/models share/doc/npe/examples/hosts)
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
	$(INSTALL) -m 644 $(MODELS) $(TO)/share/npe/models
	$(INSTALL) -m 644 $(MAN) $(TO)/share/man/man1
	for file in $(PAPERS); do $(INSTALL) -m 644 "$$file" "$(TO)/share/doc/npe/$$file" || exit; done

reference:
	rm -rf target/reference
	mkdir -p target/reference
	NPE_VERSION=$(VERSION) doxygen src/capi/install/Doxyfile

install-reference: reference
	$(INSTALL) -d $(TO)/share/doc/npe/reference
	$(INSTALL) -m 644 target/reference/html/* $(TO)/share/doc/npe/reference

uninstall:
	rm -f $(addprefix $(TO)/,$(FILES))
	rm -rf $(TO)/share/doc/npe/reference
	-rmdir $(addprefix $(TO)/,share/doc/npe/docs share/doc/npe/models share/doc/npe/examples/hosts share/doc/npe/examples \
		share/doc/npe share/npe/models share/npe $(LIBDIR)/cmake/npe)

# The packages' maintainer is who makes them, as Debian's tools have it.
PACKAGER = $(or $(DEBFULLNAME),The npe developers) <$(or $(DEBEMAIL),$(shell id -un)@localhost)>
NOW = $(shell date -R -u -d @$${SOURCE_DATE_EPOCH:-$$(date +%s)})
# The tree as Debian's tools want it: debian/ at the top, all else by links. What make built is taken as it is.
deb: all
	rm -rf target/deb
	mkdir -p target/deb/npe-$(VERSION)
	ln -s $(addprefix $(CURDIR)/,Makefile Cargo.toml CHANGELOG.md README.md SECURITY.md LICENSE-MIT LICENSE-APACHE docs examples include \
		models src target) target/deb/npe-$(VERSION)
	cp -r src/capi/install/debian target/deb/npe-$(VERSION)
	cd target/deb/npe-$(VERSION)/debian && mv libnpe.install libnpe$(ABI).install && for file in *.in; do \
		sed -e 's,@VERSION@,$(VERSION),' -e 's,@ABI@,$(ABI),' -e "s/@DATE@/$(NOW)/" \
			-e "s/@PACKAGER@/$(PACKAGER)/" $$file >$${file%.in} && rm $$file || exit; done
	cd target/deb/npe-$(VERSION) && dpkg-buildpackage -b -us -uc
