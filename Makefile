# The front door. `make help` lists every target.

JDK_RELEASE := 25

# The first JDK that is new enough: JAVA_HOME, the java on the PATH, the usual places.
JDK := $(shell \
  for java in "$$JAVA_HOME/bin/java" "$$(command -v java)" \
      /usr/lib/jvm/*/bin/java /opt/*/bin/java "$$HOME"/.sdkman/candidates/java/*/bin/java \
      /Library/Java/JavaVirtualMachines/*/Contents/Home/bin/java /opt/homebrew/opt/openjdk*/bin/java; do \
    [ -x "$$java" ] || continue; \
    home=$$("$$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.home = //p'); \
    release=$$("$$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.specification.version = //p'); \
    [ "$${release%%.*}" -ge $(JDK_RELEASE) ] 2>/dev/null && [ -x "$$home/bin/javac" ] && { echo "$$home"; break; }; \
  done)

export JAVA_HOME := $(JDK)

# A relative folder is taken from here; an empty name is ignored.
ifneq ($(LIBTORCH),)
override LIBTORCH := $(abspath $(LIBTORCH))
export LIBTORCH
else
unexport LIBTORCH
endif
# Silences the warnings of a new JDK about Maven's own libraries.
export MAVEN_OPTS += --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED
MVN := mvn -q -B --no-transfer-progress
JAVA := "$(JDK)/bin/java" --enable-native-access=ALL-UNNAMED
# The build's own copy of libtorch, unless LIBTORCH names another.
JAVA += $(if $(LIBTORCH),,-Ddev.torchffm.libtorch=target/libtorch)

# The versions of libtorch that are served, each by its newest patch.
VERSIONS := 2.13.0 2.14.1 2.15.0

.DEFAULT_GOAL := help
.PHONY: help jdk run test pipeline figures train cost shell docs install consumer soak native bindings operators schemas asan valgrind fuzz fuzz-native fuzz-operators abi-check python jpype service models model-package oracle oracle-full typed golden golden-test locale-test spark spark-test spark-bench bench bench-quick bench-smoke bench-startup measure bench-libtorch bench-models fonts format check-format clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

jdk:
	@[ -n "$(JDK)" ] || { echo "No JDK $(JDK_RELEASE) or later was found: set JAVA_HOME to one."; exit 1; }

run: jdk ## run the ReLU notebook over real libtorch
	@$(MVN) test-compile
	@$(JAVA) -cp target/classes:target/test-classes dev.torchffm.examples.Notebook

test: jdk ## run every test, of the shim in C and of the library in Java
	@$(MVN) process-classes
	@$(MAKE) -s -C native test $(NATIVE)
	@mvn -B --no-transfer-progress test

# How many floats `make pipeline` takes: a gibibyte.
FLOATS := 268435456

pipeline: jdk ## map a file of FLOATS, a gibibyte, rectify it in place, and write it by Arrow, in a small heap
	@$(MVN) test-compile exec:exec@pipeline -Dpipeline.floats=$(FLOATS)

# Where the pictures go, for how many epochs a network learns, and how many hidden layers it has.
PICTURES := docs/figures
EPOCHS := 40
LAYERS := 2
RELU := exec:exec@relu -Drelu.pictures=$(PICTURES) -Drelu.epochs=$(EPOCHS) -Drelu.layers=$(LAYERS)

figures: jdk fonts ## draw ReLU and its rivals with their derivatives into PICTURES, docs/figures
	@$(MVN) test-compile $(RELU) -Drelu.main=Figures

train: jdk fonts ## train networks with ReLU and its rivals, of LAYERS hidden layers (1 to 3) for EPOCHS
	@$(MVN) test-compile $(RELU) -Drelu.main=Train

cost: jdk fonts ## time ReLU against its rivals on the same tensor
	@$(MVN) test-compile $(RELU) -Drelu.main=Cost

DEPENDENCY := org.apache.maven.plugins:maven-dependency-plugin:3.8.1

# The libraries of the tests, which include those that are optional for a user.
target/shell.classpath: pom.xml | native
	@$(MVN) $(DEPENDENCY):build-classpath -Dmdep.outputFile=$@ -Dmdep.regenerateFile </dev/null

shell: native target/shell.classpath ## JShell with torch-ffm and the optional libraries on its path and the imports made
	@ORT_DISABLE_TELEMETRY=1 "$(JDK)/bin/jshell" --class-path "target/classes:$$(cat target/shell.classpath)" \
	  --startup DEFAULT --startup src/examples/jshell/start.jsh \
	  -R--enable-native-access=ALL-UNNAMED -R--add-opens=java.base/java.nio=ALL-UNNAMED \
	  -R--sun-misc-unsafe-memory-access=allow \
	  $(if $(LIBTORCH),,-R-Ddev.torchffm.libtorch=target/libtorch)

docs: native ## write the Javadoc, without a warning, into target/reports/apidocs
	@$(MVN) javadoc:javadoc

install: jdk ## put the jars (classes, shim, sources, Javadoc) into the local Maven repository
	@$(MVN) install -DskipTests

consumer: install ## run a program that has torch-ffm as its one Maven dependency, in four ways
	@src/it/consumer/run "$(MVN)" "$(JDK)/bin/java" "$(if $(LIBTORCH),$(LIBTORCH),$(CURDIR)/target/libtorch)"

# How often `make soak` tries each property and each race; set them lower for a short run.
TRIES := 100000
ROUNDS := 10000
TENSORS := 2000000

# JavaCPP's presets of an older libtorch and of ours. The shim lies in a folder of the platform's name.
soak: native ## run the long tests: every FLOAT32, TRIES of each property, ROUNDS of each race, TENSORS for the memory
	@$(MVN) -Pbench $(DEPENDENCY):copy-dependencies -DoutputDirectory=target/older \
	  -DincludeGroupIds=ai.djl,ai.djl.pytorch,net.java.dev.jna,com.google.code.gson,org.apache.commons,commons-io,commons-codec,org.slf4j
	@platform=$$(basename target/classes/dev/torchffm/internal/*-*); \
	for jar in older/pytorch:2.10.0-1.5.13 older/pytorch:2.10.0-1.5.13:jar:$$platform older/openblas:0.3.31-1.5.13 \
	    older/openblas:0.3.31-1.5.13:jar:$$platform older/javacpp:1.5.13 older/javacpp:1.5.13:jar:$$platform \
	    same/pytorch:2.13.0-1.5.14 same/openblas:0.3.31-1.5.13 same/javacpp:1.5.14 same/javacpp:1.5.14:jar:$$platform; do \
	  $(MVN) $(DEPENDENCY):copy -DoutputDirectory=target/$${jar%%/*} -Dartifact=org.bytedeco:$${jar#*/} || exit 1; \
	done
	@mvn -B --no-transfer-progress test -DexcludedGroups= -Dgroups='soak | repeated' \
	  -Dproperty.tries=$(TRIES) -Drace.rounds=$(ROUNDS) -Dmemory.rounds=$(TENSORS)

native: jdk ## build the shim, and unpack libtorch once
	@$(MVN) process-classes </dev/null

# What jextract makes of the shim's header, then the operators' methods.
bindings: jdk ## regenerate bindings/ with jextract from $JEXTRACT or the PATH
	@command -v "$${JEXTRACT:-jextract}" >/dev/null || \
	  { echo "jextract was not found: put it on the PATH or name it by JEXTRACT."; exit 1; }
	rm -rf bindings/dev
	"$${JEXTRACT:-jextract}" @bindings/jextract.conf --output bindings native/include/torch_ffm_model.h
	@$(MAKE) -s operators

operators: jdk ## write the methods of libtorch's operators by their schemas in bindings/schemas
	@"$(JDK)/bin/java" bindings/generator/Generate.java
	@$(MVN) spotless:apply -DspotlessFiles='.*/bindings/dev/torchffm/\w+\.java'

NATIVE := LIBTORCH="$(if $(LIBTORCH),$(LIBTORCH),$(CURDIR)/target/libtorch)" OUT="$(CURDIR)/target/native"

asan: native ## test the shim under AddressSanitizer and UBSan
	@$(MAKE) -s -C native asan $(NATIVE)

valgrind: native ## test the shim under valgrind
	@$(MAKE) -s -C native valgrind $(NATIVE)

fuzz-native: native ## fuzz the shim with libFuzzer under AddressSanitizer, for FUZZ_SECONDS (600)
	@$(MAKE) -s -C native fuzz $(NATIVE)

# One of EVERY operators, from FIRST on, or those called NAME, such as aten::median.
EVERY := 1
FIRST := 0
NAME :=
UNCHECKED := src/main/resources/dev/torchffm/unchecked-operators.txt
CALLED := src/test/resources/dev/torchffm/called-operators.txt

# LIBTORCH, or Maven's and those that `make python TORCH=…` has put here.
SWEPT = $(or $(LIBTORCH),$(CURDIR)/target/libtorch $(wildcard $(VENVS)-*/lib/python*/site-packages/torch/lib))

# What was found before stays in the list: to begin anew, delete all but its comment.
fuzz-operators: native ## call every operator of libtorch by hostile values, and list those that it does not survive
	@rm -f target/native/sweep-*.txt
	@n=0; for libraries in $(SWEPT); do \
	  $(MAKE) -s -C native sweep LIBTORCH="$$libraries" OUT="$(CURDIR)/target/native" \
	    EVERY=$(EVERY) FIRST=$(FIRST) NAME=$(NAME) || exit 1; \
	  n=$$((n + 1)); mv target/native/sweep.txt target/native/sweep-$$n.txt; \
	done
	@native/fuzz/sweep/merge $(UNCHECKED) $(CALLED) native/fuzz/sweep/strided.txt target/native/sweep-*.txt

# Headers of these versions; their libraries too where `make python TORCH=…` has put them. A relative folder is taken
# from here.
TORCH_VERSION = $(VERSIONS)

abi-check: native ## compare what the shim declares with libtorch's headers: TORCH_VERSION's, or TORCH_INCLUDE=FOLDER
ifneq ($(TORCH_INCLUDE),)
	@$(MAKE) -s -C native abi-check $(NATIVE) TORCH_INCLUDE="$(abspath $(TORCH_INCLUDE))"
else
	@for version in $(TORCH_VERSION); do \
	  libraries=$$(ls -d $(VENVS)-$$version/lib/python*/site-packages/torch/lib 2>/dev/null) || libraries=; \
	  $(MAKE) -s -C native abi-check $(NATIVE) TORCH_VERSION=$$version $${libraries:+LIBTORCH="$$libraries"} || exit 1; \
	done
endif

FUZZ_SECONDS := 600
# Jazzer takes the timeout for one input; JUnit would take it for all of them.
FUZZ := -DJAZZER_FUZZ=1 -Djazzer.hooks=true -Djazzer.max_duration=$(FUZZ_SECONDS)s \
  -Djunit.jupiter.execution.timeout.default=60s -Djunit.jupiter.execution.timeout.mode=disabled

fuzz: jdk ## fuzz each target for FUZZ_SECONDS, 600 by default, in a JVM of its own
	@$(MVN) test-compile
	@failed=; \
	for target in $$(awk '/@FuzzTest/ { getline; sub(/\(.*/, ""); class = FILENAME; gsub(/.*\/|\.java/, "", class); \
	    print class "#" $$NF }' $$(find src/test/java -name '*FuzzTest.java' | sort)); do \
	  $(MVN) surefire:test -Dtest="$$target" $(FUZZ) || failed="$$failed $$target"; \
	done; \
	[ -z "$$failed" ] || { echo "Failed:$$failed. The input is in src/test/resources; if the JVM crashed," \
	  "the last call is in target/last-call.txt."; exit 1; }

# A Python with PyTorch, its libtorch and its headers: PYTHON, or that of `make python`, of the version TORCH.
TORCH := 2.13.0
VENVS := $(CURDIR)/target/python
VENV := $(VENVS)-$(TORCH)
PYTHON ?= $(wildcard $(VENV)/bin/python)
ANY_PYTHON = $(or $(PYTHON),$(VENV)/bin/python)

$(VENVS)-%/installed: src/oracle/requirements.txt
	@python3 -m venv $(@D)
	@$(@D)/bin/pip install --quiet --no-cache-dir --disable-pip-version-check torch==$* -r $<
	@touch $@

python: $(if $(filter-out $(VENV)/bin/python,$(PYTHON)),,$(VENV)/installed) ## make the virtual environment with PyTorch 2.13.0, or TORCH, 5 GB, unless PYTHON names one

jpype: native python ## share tensors between PyTorch and Java in one process, which Python starts
	@env -u LIBTORCH $(ANY_PYTHON) -B src/it/python/promises.py target/classes

# How long the service is held at half of what it can, and the model that it runs.
SERVICE_SECONDS := 20
SERVICE_MODEL := src/test/resources/dev/torchffm/model/mlp.pt2

# FastAPI and uvicorn, beside the environment of PyTorch.
target/service-python/installed: src/service/requirements.txt | python
	@rm -rf $(@D)
	@$(ANY_PYTHON) -m pip install --quiet --no-cache-dir --disable-pip-version-check --target $(@D) -r $<
	@touch $@

service: native python target/shell.classpath target/service-python/installed ## load the HTTP service of the examples, and the same in Python, and check what it promises
	@$(MVN) test-compile
	@$(JAVA) -cp "target/classes:target/test-classes:$$(cat target/shell.classpath)" \
	  dev.torchffm.examples.service.load.LoadTest $(SERVICE_MODEL) $(SERVICE_SECONDS) $(ANY_PYTHON) $(dir $(lastword $^))

SCHEMAS := bindings/schemas

schemas: native $(VERSIONS:%=$(VENVS)-%/installed) ## renew the schemas by libtorch of each version that is served, 15 GB, and PyTorch's pages
	@for version in $(VERSIONS); do \
	  $(MAKE) -s -C native schemas LIBTORCH="$$(echo $(VENVS)-$$version/lib/python*/site-packages/torch/lib)" \
	    OUT="$(CURDIR)/target/native" >$(SCHEMAS)/$$version.txt || exit 1; \
	done
	@$(VENV)/bin/python -B src/oracle/pages.py $(VERSIONS:%=$(SCHEMAS)/%.txt) >$(SCHEMAS)/pages.txt

# The version that exports the models, which takes g++; they run over that of TORCH.
FROM := $(TORCH)
MODELS := target/models-$(FROM)
EXPORTER = $(if $(filter $(TORCH),$(FROM)),$(ANY_PYTHON),$(VENVS)-$(FROM)/bin/python)
# Operators of one package run in parallel if there were several threads when it was made.
models model-package: export OMP_NUM_THREADS ?= $(shell getconf _NPROCESSORS_ONLN)

$(MODELS)/exported: src/models/export.py src/models/registry.py src/models/calls.py \
  | python $(if $(filter $(TORCH),$(FROM)),,$(VENVS)-$(FROM)/installed)
	@rm -rf $(@D)
	@TORCHINDUCTOR_CACHE_DIR="$(CURDIR)/target/inductor" $(EXPORTER) -W ignore -B src/models/export.py $(@D)
	@touch $@

models: native python target/shell.classpath $(MODELS)/exported ## export models with PyTorch FROM, TORCH by default, and compare its loader with Java over libtorch of TORCH
	@$(MVN) test-compile
	@src/models/run $(ANY_PYTHON) "$(JDK)" $(MODELS)
	@$(JAVA) -cp "target/classes:target/test-classes:$$(cat target/shell.classpath)" \
	  dev.torchffm.examples.ImageClassifier $(MODELS)/images.pt2 docs/figures/two-moons.png
	@$(JAVA) -cp "target/classes:target/test-classes:$$(cat target/shell.classpath)" \
	  dev.torchffm.examples.TextEncoder $(MODELS)/text.pt2

# Of Linux on x86-64.
model-package: python ## renew the compiled models that the tests load
	@TORCHINDUCTOR_CACHE_DIR="$(CURDIR)/target/inductor" $(ANY_PYTHON) -W ignore -B src/models/portable.py \
	  src/test/resources/dev/torchffm/model mlp small

# How many outcomes, and of which random programs.
CASES := 20000
SEED := 1

oracle: native python target/shell.classpath ## compare some CASES outcomes of random programs of SEED with PyTorch's, over its own libtorch
	@$(MVN) test-compile
	@src/oracle/run $(ANY_PYTHON) "$(JDK)" $(SEED) $(CASES) $(PAGE)

oracle-full: ## compare 400,000 outcomes over each version that is served, 15 GB, and renew docs/oracle.md
	@failed=; for version in $(VERSIONS); do \
	  $(MAKE) -s oracle TORCH=$$version PYTHON= CASES=400000 PAGE=$$version || failed=1; \
	done; [ -z "$$failed" ]

typed: python ## renew the arguments that the generated methods are tested by: those that PyTorch took
	@OMP_NUM_THREADS=1 $(ANY_PYTHON) -B src/oracle/typed.py src/test/resources/dev/torchffm/oracle/typed.jsonl 1

# The path of a Python of each version that is served; those that are not named are made.
PYTHONS := $(VERSIONS:%=$(VENVS)-%/bin/python)

golden-test: jdk ## run the tests that compare with the golden files, over the libtorch that LIBTORCH names
	@mvn -B --no-transfer-progress test -Dtest='*GoldenTest'

# Where numbers have a comma, and where the upper case of i is no I. The system must have them.
LOCALES := de_DE.UTF-8 tr_TR.UTF-8

locale-test: jdk ## run the tests of numbers, texts and files in each of LOCALES
	@for locale in $(LOCALES); do \
	  LC_ALL=$$locale mvn -B --no-transfer-progress test \
	    -Dtest='LocaleTest,*GoldenTest,*Operators*Test,TorchTest,TensorTest,**/nn/*Test,**/optim/*Test,**/io/*Test,**/model/*Test,!ModelRaceTest' \
	    || exit 1; \
	done

golden: $(PYTHONS:$(VENVS)-%/bin/python=$(VENVS)-%/installed) ## renew the golden files by what PyTorch of PYTHONS answers: by default of each version, 15 GB
	@python3 src/oracle/golden.py $(PYTHONS)

# Spark's own jars are its class path, beside the native jars in which an executor finds libtorch.
target/spark-junit: | native
	@$(MVN) $(DEPENDENCY):copy -Dartifact=org.junit.platform:junit-platform-console-standalone:1.14.4 -DoutputDirectory=$@

SPARK = $(MAKE) -s -f src/spark/Makefile JDK="$(JDK)" \
  CLASSPATH="$$(tr : '\n' <target/shell.classpath | grep -E 'bytedeco|jspecify' | paste -s -d :)"

spark: spark-test spark-bench ## test the job for Apache Spark, 450 MB, in a local cluster, then time it

spark-test: native target/shell.classpath target/spark-junit ## the tests alone
	@$(SPARK) test

# How many rows; the first also of an array of 16 floats each.
SPARK_ROWS := 1000000 10000000 100000000

spark-bench: native python target/shell.classpath target/spark-junit ## the times alone, beside a UDF of Java and PySpark's pandas_udf, on SPARK_ROWS
	@$(SPARK) bench PYTHON="$(abspath $(ANY_PYTHON))" ROWS="$(SPARK_ROWS)"

# What is measured: words of clamps, operators, network, models, startup, and names such as clamp_; all without any.
ROWS :=

bench: EFFORT := full
bench: measure ## measure beside JavaCPP, DJL, Python and C++ for forty minutes, and renew docs/performance.md; or ROWS only

bench-quick: EFFORT := quick
bench-quick: measure ## the same in less detail, in ten minutes, into target/bench; or ROWS only

bench-smoke: EFFORT := smoke
bench-smoke: measure ## try that the benchmark works, in two minutes

bench-startup: EFFORT := full
bench-startup: ROWS := startup
bench-startup: measure ## time the start of the JVM to the first clamp, beside JavaCPP, DJL and Python

measure: export OMP_NUM_THREADS ?= $(shell getconf _NPROCESSORS_ONLN)
measure: native fonts $(if $(PYTHON),bench-libtorch bench-models)
	@$(MVN) -Pbench process-test-classes exec:exec@bench \
	  -Dbench.effort=$(EFFORT) -Dbench.rows='$(ROWS)' -Dbench.python='$(PYTHON)'

# C++ on the libtorch of that Python.
bench-libtorch: native
	@torch=$$($(PYTHON) -c 'import importlib.util as u; print(*u.find_spec("torch").submodule_search_locations)') && \
	  $(MAKE) -s -C native bench-libtorch LIBTORCH="$$torch/lib" TORCH_INCLUDE="$$torch/include" OUT="$(CURDIR)/target/native"

# Python compiles for this machine and its own version.
bench-models:
	@rm -rf target/bench/models
	@TORCHINDUCTOR_CACHE_DIR="$(CURDIR)/target/inductor" $(PYTHON) -W ignore -B src/models/export.py \
	  target/bench/models mlp images

# Java draws the plots with the system's fonts.
fonts:
	@[ "$$(uname -s)" != Linux ] || command -v fc-match >/dev/null || \
	  { echo "No fontconfig, which Java's plots need: install it (on Debian: apt-get install fontconfig)."; exit 1; }

format: jdk ## format the Java code
	@$(MVN) spotless:apply

check-format: jdk ## fail where the Java code is not formatted
	@$(MVN) spotless:check

clean: jdk ## remove everything that was built
	@$(MVN) clean
	@rm -rf .cifuzz-corpus
