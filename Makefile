# Two commands: `make run` and `make test`. Everything else is in `make help`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PORT ?= 8501
HOST ?= 127.0.0.1
VENV ?= .venv
SYSTEM_PYTHON ?= $(shell command -v python3.11 || command -v python3)
PYTHON := $(VENV)/bin/python
# Test workers: three on two cores, because servers, databases and browsers keep them waiting.
WORKERS ?= 3
# Browsers side by side: with more of them than cores, pages come too late for whoever waits.
BROWSERS ?= 2

# The environment is made again, or completed, whenever a requirement file changes.
RUN_READY := $(VENV)/.run-$(shell sha256sum < requirements.txt | cut -c1-16)
TEST_READY := $(VENV)/.test-$(shell cat requirements.txt tests/requirements.txt | sha256sum | cut -c1-16)

.PHONY: help run test test-deploy lint bench prove bundle doctor browser nginx audit-dependencies

help: ## 列出全部命令
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 20

run: $(RUN_READY) ## 准备环境，没有数据时生成示例市，然后提供服务（PORT=8501 HOST=127.0.0.1）
	@state=0
	$(PYTHON) -m lib.server.prepare "$(HOST)" || state=$$?
	if [ $$state -eq 3 ]; then
	  echo "尚无数据，先生成虚构的“示例市”（只在第一次，约两分钟）："
	  $(PYTHON) -m lib demo
	  echo "按拟列规则研判演示工单（只作疑点提示）："
	  $(PYTHON) -m lib nominate --pair demo
	elif [ $$state -ne 0 ]; then
	  exit $$state
	fi
	exec $(PYTHON) -m streamlit run streamlit_app.py --server.port "$(PORT)" --server.address "$(HOST)"

test: $(TEST_READY) lint browser ## 准备环境，然后检查代码、类型，运行全部测试（含真实浏览器）
	@# Apart, because the browser's driver keeps an event loop running in its process.
	$(PYTHON) -m pytest -n $(WORKERS) --dist loadfile -m "not browser and not deploy and not proof"
	$(PYTHON) -m pytest -n $(BROWSERS) --dist loadfile -m "browser and not proof"

test-deploy: $(TEST_READY) nginx ## 做出离线包，在没有网络的空系统里安装、启动；真实运行 nginx 配置与两个服务进程
	@$(PYTHON) -m pytest -n 0 -m deploy --durations=5 tests/deploy

lint: $(TEST_READY) ## 检查代码与类型
	@$(PYTHON) -m ruff check streamlit_app.py navigation.py lib pages deploy tests
	$(PYTHON) -m ruff format --check streamlit_app.py navigation.py lib pages deploy tests
	$(PYTHON) -m mypy

bench: $(RUN_READY) ## 用一百万和一千万件工单测速，结果写入 docs/performance.md（SIZES=1,10）
	@$(PYTHON) -m lib bench --sizes "$(or $(SIZES),1,10)"

bundle: $(RUN_READY) ## 做出离线安装包 dist/minsheng-<版本>-offline.tar.gz（x86_64 与 aarch64）
	@$(PYTHON) -m deploy.bundle

doctor: $(RUN_READY) ## 检查本机、数据目录与数据库服务器，指出要处理的问题（DB=数据库地址）
	@$(PYTHON) -m lib doctor $(if $(DB),--db "$(DB)")

prove: $(TEST_READY) browser ## 逐条列出承诺，运行能够证明它的测试，如实说明尚不能证明的
	@$(PYTHON) -m tests.prove --workers $(BROWSERS)

audit-dependencies: | $(PYTHON) ## 查询全部固定版本组件的已知漏洞（须能访问漏洞库；有一个查不到即不作数）
	@test -x $(VENV)-audit/bin/python || $(PYTHON) -m venv $(VENV)-audit
	$(VENV)-audit/bin/python -m pip install --disable-pip-version-check --no-input -q \
	  "$$($(PYTHON) -c 'from tests.dependencies import TOOL; print(TOOL)')"
	$(PYTHON) -m tests.dependencies $(VENV)-audit/bin/python

# --- set-up ---------------------------------------------------------------------------------

# pip prints one line for each package it looks at: counted, they are the progress.
define install
total=$$(cat $(1) | grep -cE '^[A-Za-z]')
echo "安装 $$total 个组件（版本全部固定）："
$(PYTHON) -m pip install --disable-pip-version-check --no-input -r $(2) | awk -v total=$$total \
  '/^(Collecting|Processing|Requirement already satisfied)/ { if (!seen[$$0]++) { n += 1; if (n <= total) \
     { printf "\r  %d / %d", n, total; fflush() } } } \
   /^Installing/ { printf "\n  正在写入……\n"; fflush() } END { print "" }'
endef

$(RUN_READY): requirements.txt | $(PYTHON)
	@$(call install,requirements.txt,requirements.txt)
	rm -f $(VENV)/.run-*; touch $@

$(TEST_READY): tests/requirements.txt | $(RUN_READY)
	@$(call install,requirements.txt tests/requirements.txt,tests/requirements.txt)
	rm -f $(VENV)/.test-*; touch $@

$(PYTHON):
	@python="$(SYSTEM_PYTHON)"
	if [ -z "$$python" ] || [ "$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])')" != 3.11 ]; then
	  echo "需要 Python 3.11。Debian 12：apt-get install -y python3.11 python3.11-venv"; exit 2
	fi
	echo "创建运行环境 $(VENV)："
	if ! $$python -c 'import ensurepip' 2>/dev/null; then
	  # Debian keeps this part of Python in a package of its own.
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	    apt-get update -qq && apt-get install -y -qq --no-install-recommends python3.11-venv >/dev/null
	  else
	    echo "缺少 python3.11-venv，请先执行：sudo apt-get install -y python3.11-venv"; exit 2
	  fi
	fi
	$$python -m venv $(VENV)

browser:
	@missing=()
	command -v chromium >/dev/null || missing+=(chromium)
	# A CJK font by its file: the tool that lists fonts may itself be missing.
	font=$$(find /usr/share/fonts "$$HOME/.local/share/fonts" -name '*CJK*' -print -quit 2>/dev/null || true)
	[ -n "$$font" ] || missing+=(fonts-noto-cjk)
	if [ $${#missing[@]} -gt 0 ]; then
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	    echo "安装浏览器测试所需的 $${missing[*]}："
	    apt-get update -qq
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null
	  else
	    echo "浏览器测试需要 $${missing[*]}，请先执行：sudo apt-get install -y $${missing[*]}"; exit 2
	  fi
	fi

nginx:
	@missing=()
	# Its binary lies where only root looks by itself.
	PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null || missing+=(nginx-light)
	[ -x /bin/busybox ] || missing+=(busybox-static)
	command -v qemu-aarch64-static >/dev/null || missing+=(qemu-user-static)
	command -v openssl >/dev/null || missing+=(openssl)
	if [ $${#missing[@]} -gt 0 ]; then
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	    echo "安装部署测试所需的 $${missing[*]}："
	    apt-get update -qq
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null
	  else
	    echo "部署测试需要 $${missing[*]}，请先执行：sudo apt-get install -y $${missing[*]}"; exit 2
	  fi
	fi
