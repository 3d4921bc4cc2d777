# make run, make test: see README.md; make help names the rest. GNU make.

VERSION  := $(shell sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
BUILD    ?= build
PORT     ?= 8080
CC       ?= cc
PKG_CONFIG ?= pkg-config
OPTIMISE ?= -O2 -g -gz
# CI adds -Werror: a stranger's newer compiler must not stop a build, or the tests, over a new warning.
WERROR   ?=
SANITIZE ?=

WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
           -Wno-missing-field-initializers
# Which of them there are depends on compiler and processor (the last two: x86, arm64), so each is tried, once.
tried    = $(shell $(CC) -Werror $(1) -x c -c -o /dev/null /dev/null 2>/dev/null && echo $(1))
HARDEN  := -fPIE $(foreach flag,-fstack-protector-strong -fstack-clash-protection -fcf-protection \
           -mbranch-protection=standard,$(call tried,$(flag)))
ifeq ($(SANITIZE),)
HARDEN  += -D_FORTIFY_SOURCE=2
endif
PACKAGES = fcgi libcjson libpq libjwt libcrypt libcrypto
# Never NDEBUG: what is shipped keeps its asserts.
CPPFLAGS += -I. -I$(BUILD) -D_GNU_SOURCE -DTODO_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=c11 $(OPTIMISE) $(WARNINGS) $(WERROR) $(HARDEN) $(SANITIZE) $(PACKAGE_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie $(OPTIMISE) -Wl,-z,relro,-z,now -Wl,--as-needed $(SANITIZE) $(LDFLAGS)
PACKAGE_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES) 2>/dev/null)
PACKAGE_LIBS := $(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null)

LIB_SOURCES  = $(wildcard lib/*/*.c)
APP_SOURCES  = $(wildcard app/*.c app/*/*.c)
CTL_SOURCES  = $(wildcard ctl/*.c)
EMBEDDED     = schema_sql common_passwords openapi_json docs_html
LIB_OBJECTS  = $(LIB_SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/embedded/schema_sql.o $(BUILD)/embedded/common_passwords.o
APP_OBJECTS  = $(APP_SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/embedded/openapi_json.o $(BUILD)/embedded/docs_html.o
CTL_OBJECTS  = $(CTL_SOURCES:%.c=$(BUILD)/%.o)
UNIT_SOURCES = $(wildcard tests/unit/*_test.c)
UNIT_TESTS   = $(UNIT_SOURCES:%.c=$(BUILD)/%)
FUZZ_SOURCES = $(wildcard tests/fuzz/*_fuzz.c)
FUZZ_REPLAYS = $(FUZZ_SOURCES:%.c=$(BUILD)/%)

.PHONY: all help run test test-asan unit unit-tests api ctl web-test coverage mutants fuzz bench lint format docs clean packages \
        packages-test install uninstall deb
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/todo.fcgi $(BUILD)/todoctl ## the responder and todoctl, in build/; what `make` alone does

help: ## these lines
	@sed -n 's/^\([a-z-]*\):.* ## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 15

$(BUILD)/todo.fcgi: $(APP_OBJECTS) $(LIB_OBJECTS)
	@echo "  link $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PACKAGE_LIBS) -lm

# todoctl takes from the responder only what it uses: by way of an archive.
$(BUILD)/app.a: $(filter-out $(BUILD)/app/main.o,$(APP_OBJECTS)) $(LIB_OBJECTS)
	@rm -f $@
	@$(AR) rcs $@ $^

$(BUILD)/todoctl: $(CTL_OBJECTS) $(BUILD)/app.a
	@echo "  link $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PACKAGE_LIBS) -lm

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  compile $@"
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The version stands in debian/changelog alone; these tell it.
$(BUILD)/embedded/openapi_json.c $(BUILD)/app/main.o $(BUILD)/ctl/main.o $(BUILD)/app/shared/metrics.o: debian/changelog

# A text file as a C string: its bytes, and a NUL.
define embed
$(BUILD)/embedded/$(1).c: $(2)
	@mkdir -p $$(@D)
	@{ echo 'extern const char $(1)[];'; echo 'const char $(1)[] = {'; \
	   sed 's/@VERSION@/$(VERSION)/' $$< | od -An -v -tx1 | sed 's/ \([0-9a-f][0-9a-f]\)/(char)0x\1,/g'; echo '0};'; } > $$@
endef
$(eval $(call embed,schema_sql,schema.sql))
$(eval $(call embed,common_passwords,lib/auth/common_passwords.txt))
$(eval $(call embed,openapi_json,app/openapi.json))
$(eval $(call embed,docs_html,deploy/docs/index.html))

$(BUILD)/embedded/%.o: $(BUILD)/embedded/%.c
	@echo "  compile $@"
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# Everything but main() is under the unit tests' hands.
$(BUILD)/tests/unit/%_test: $(BUILD)/tests/unit/%_test.o $(filter-out $(BUILD)/app/main.o,$(APP_OBJECTS)) $(LIB_OBJECTS)
	@echo "  link $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PACKAGE_LIBS) -lcmocka -lm

# A driver of tests/fuzz with a main that replays its corpus; tests/fuzz/run.sh makes those that fuzz.
$(BUILD)/tests/fuzz/%_fuzz: $(BUILD)/tests/fuzz/%_fuzz.o $(BUILD)/tests/fuzz/replay.o $(BUILD)/app.a
	@echo "  link $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PACKAGE_LIBS) -lm

# What bench/ measures beside the service; see bench/README.md.
$(BUILD)/bench/%: bench/%.c
	@mkdir -p $(@D)
	@echo "  compile $@"
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(PACKAGE_LIBS)

packages: ## installs what building and running needs
	@deploy/packages.sh build run

packages-test: ## installs what the tests need, too
	@deploy/packages.sh build run test web deb

docs: ## Swagger UI for /docs, where npm is present
	@deploy/docs.sh

# In steps, so that pkg-config is asked again once the packages are there.
run: packages docs ## the service on http://127.0.0.1:8080 with a database of its own, until Ctrl-C
	@$(MAKE) --no-print-directory all
	@TODO_FCGI=$(abspath $(BUILD))/todo.fcgi deploy/run.sh

# What make test runs: all, or those of them that SUITES names; web-smoke is a part of web.
SUITES ?= unit api ctl openapi servers web
ASAN    = BUILD=build/asan CC=clang OPTIMISE='-O1 -g -fno-omit-frame-pointer' \
          SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all'
# gnu11: else gcc does not see fork and exec, at which counts are saved.
COUNTED = BUILD=build/coverage CC=gcc OPTIMISE='-O0 -g' SANITIZE=--coverage CFLAGS=-std=gnu11

# Unit tests that cannot be built, for want of their library, count as failed and stop no other suite.
test: packages-test docs ## all tests but those of the sanitizers; SUITES='unit api' for some
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory unit-tests || { rm -f $(UNIT_TESTS); echo "test: no unit test is built; each counts as failed"; }
	@tests/run.py $(SUITES)

test-asan: packages-test docs ## unit and api under AddressSanitizer and UndefinedBehaviorSanitizer; a leak is a failure
	@$(MAKE) --no-print-directory $(ASAN) all unit-tests
	@BUILD=build/asan tests/run.py unit api

coverage: packages-test ## which lines unit, api and ctl leave out; fails below 95 %
	@$(MAKE) --no-print-directory $(COUNTED) all unit-tests
	@BUILD=build/coverage tests/coverage.py unit api ctl

unit: packages-test ## the unit tests alone
	@$(MAKE) --no-print-directory all unit-tests
	@tests/run.py unit

api: packages-test ## the tests of the API alone
	@$(MAKE) --no-print-directory all
	@tests/run.py api

ctl: packages-test ## the tests of todoctl alone
	@$(MAKE) --no-print-directory all
	@tests/run.py ctl

web-test: packages-test docs ## the tests in a browser alone
	@$(MAKE) --no-print-directory all
	@tests/run.py web

unit-tests: $(UNIT_TESTS) $(FUZZ_REPLAYS) ## the programs of the unit tests, without running them

# BENCH: see bench/run.py --help. A peer whose packages are not to be had is left out, and the table says so.
bench: ## the table of figures, a quarter of an hour; BENCH='--short --only list'
	@deploy/packages.sh build run bench
	@for group in bench-fastapi bench-go bench-perf; do deploy/packages.sh $$group || true; done
	@bench/run.py $(BENCH)

mutants: packages-test ## which changes of the program no test sees, at random; MUTANTS='--count 100 --seed 7'
	@tests/mutate.py $(MUTANTS)

FUZZ_SECONDS ?= 5

fuzz: packages-test ## every parser on inputs that clang's libFuzzer makes up, FUZZ_SECONDS=5 each
	@tests/fuzz/run.sh $(FUZZ_SECONDS)

lint: ## the house rules that a machine can check
	@deploy/packages.sh build lint
	@tests/lint.py

# What an analyser must be told to read the sources as the compiler does, one a line.
.PHONY: print-flags
print-flags:
	@printf '%s\n' -std=c11 $(CPPFLAGS) $(PACKAGE_CFLAGS)

format: ## lays out every C file as the house style has it
	@deploy/packages.sh lint
	@git ls-files -z '*.c' '*.h' | xargs -0 clang-format -i

# Where things go. What the web servers' configurations name below TODO_ROOT keeps its place below $(DATADIR).
PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR    ?= $(PREFIX)/lib/systemd/system
LIBEXECDIR  = $(PREFIX)/libexec/todo
SBINDIR     = $(PREFIX)/sbin
DATADIR     = $(PREFIX)/share/todo
DOCDIR      = $(PREFIX)/share/doc/todo
MANDIR      = $(PREFIX)/share/man/man8
COMPDIR     = $(PREFIX)/share/bash-completion/completions
SYSUSERSDIR = $(PREFIX)/lib/sysusers.d
CONFDIR     = $(SYSCONFDIR)/todo
WEB_FILES   = $(wildcard web/*.html web/*.css web/*.js web/*.svg)
INCLUDED    = deploy/apache-common.conf
CONFIGS     = lighttpd.conf $(filter-out $(INCLUDED),$(wildcard deploy/*.conf)) deploy/grafana.json

install: all ## the programs, pages and examples below PREFIX (/usr/local); DESTDIR is for packagers
	install -d $(addprefix $(DESTDIR),$(LIBEXECDIR) $(SBINDIR) $(DATADIR)/web $(DATADIR)/build/docs $(DATADIR)/deploy/errors \
	    $(DATADIR)/examples $(DOCDIR)/docs $(MANDIR) $(COMPDIR) $(SYSUSERSDIR) $(UNITDIR) $(CONFDIR))
	install -d -m 700 $(DESTDIR)$(CONFDIR)/secrets
	install -m 755 $(BUILD)/todo.fcgi $(DESTDIR)$(LIBEXECDIR)/
	install -m 755 $(BUILD)/todoctl $(DESTDIR)$(SBINDIR)/
	install -m 644 $(WEB_FILES) $(DESTDIR)$(DATADIR)/web/
	install -m 644 deploy/docs/init.js $(filter-out %/init.js,$(wildcard build/docs/*)) $(DESTDIR)$(DATADIR)/build/docs/
	install -m 644 deploy/errors/*.html $(DESTDIR)$(DATADIR)/deploy/errors/
	install -m 644 $(INCLUDED) $(DESTDIR)$(DATADIR)/deploy/
	install -m 644 $(CONFIGS) schema.sql $(DESTDIR)$(DATADIR)/examples/
	install -m 644 README.md CHANGELOG.md tests/smoke.sh $(DESTDIR)$(DOCDIR)/
	install -m 644 $(wildcard docs/*) $(DESTDIR)$(DOCDIR)/docs/
	for page in $(wildcard deploy/man/*.8); do \
	    sed 's|/usr/libexec/todo|$(LIBEXECDIR)|' $$page >$(DESTDIR)$(MANDIR)/$${page##*/} || exit 1; done
	install -m 644 deploy/todoctl.bash-completion $(DESTDIR)$(COMPDIR)/todoctl
	install -m 644 deploy/sysusers/todo.conf $(DESTDIR)$(SYSUSERSDIR)/
	for unit in $(wildcard deploy/todo.service deploy/todo.socket); do \
	    sed 's|^ExecStart=[^ ]*todo\.fcgi|ExecStart=$(LIBEXECDIR)/todo.fcgi|' $$unit >$(DESTDIR)$(UNITDIR)/$${unit##*/} || exit 1; done
	[ -e $(DESTDIR)$(CONFDIR)/todo.env ] || install -m 644 deploy/conf/todo.env $(DESTDIR)$(CONFDIR)/

uninstall: ## removes them again, but for the configuration, which is its owner's
	rm -rf $(addprefix $(DESTDIR),$(LIBEXECDIR) $(DATADIR) $(DOCDIR))
	rm -f $(addprefix $(DESTDIR),$(SBINDIR)/todoctl $(MANDIR)/todo.fcgi.8 $(MANDIR)/todoctl.8 $(COMPDIR)/todoctl \
	    $(SYSUSERSDIR)/todo.conf $(UNITDIR)/todo.service $(UNITDIR)/todo.socket)

# In a copy: packaging tools leave much behind. With what /docs needs, as far as it is there.
deb: docs ## a Debian package in build/deb
	@deploy/packages.sh build deb
	@rm -rf $(BUILD)/deb && mkdir -p $(BUILD)/deb/todo
	@git ls-files -z -co --exclude-standard | tar --null -c -T - | tar -x -C $(BUILD)/deb/todo
	@mkdir $(BUILD)/deb/todo/build && cp -r build/docs $(BUILD)/deb/todo/build/
	@cd $(BUILD)/deb/todo && dpkg-buildpackage -us -uc -b -nc
	@lintian --fail-on error,warning $(BUILD)/deb/*.changes
	@ls $(BUILD)/deb/*.deb

clean: ## removes build/
	rm -rf $(BUILD)

-include $(LIB_SOURCES:%.c=$(BUILD)/%.d) $(APP_SOURCES:%.c=$(BUILD)/%.d) $(CTL_SOURCES:%.c=$(BUILD)/%.d) $(UNIT_SOURCES:%.c=$(BUILD)/%.d) \
         $(patsubst %.c,$(BUILD)/%.d,$(wildcard tests/fuzz/*.c))
