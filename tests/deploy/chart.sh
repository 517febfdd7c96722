#!/usr/bin/env bash
# Checks the Helm chart, the compose file and the image's recipe with what this machine has.
#
#   tests/deploy/chart.sh
#
# With helm: lint, rendering, and that two replicas are refused. With hadolint: the Dockerfile.
# Always (python3-yaml, python3-jsonschema): the values against their schema, and the compose file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python3 - <<'PYTHON'
import json, re, yaml
from jsonschema import Draft7Validator

chart = "deploy/helm/retainer/"
schema = json.load(open(chart + "values.schema.json"))
Draft7Validator.check_schema(schema)
check = Draft7Validator(schema)
values = yaml.safe_load(open(chart + "values.yaml"))
sample = {**values, **yaml.safe_load(open("tests/deploy/chart/values.yaml"))}
for good in (values, sample):
    assert check.is_valid(good), list(check.iter_errors(good))
for wrong in ({"replicas": 2}, {"replicas": "1"}, {"config": {"store": "rocksdb:/x"}},
              {"image": {"digest": "latest"}}, {"unheard": 1}):
    assert not check.is_valid({**sample, **wrong}), wrong
# Every value that a template reads is in values.yaml.
templates = {name: open(chart + "templates/" + name).read() for name in
             ("checks.yaml", "configmap.yaml", "statefulset.yaml", "service.yaml", "policies.yaml",
              "_helpers.tpl")}
for name, text in templates.items():
    for path in re.findall(r"\.Values\.([A-Za-z.]+)", text):
        at = values
        for part in path.rstrip(".").split("."):
            if path == "config.policy":
                break
            assert part in at, (name, path)
            at = at[part]
    assert text.count("{{") == text.count("}}"), name
assert "gt (int .Values.replicas) 1" in templates["checks.yaml"]

compose = yaml.safe_load(open("deploy/compose.yml"))
for name, service in compose["services"].items():
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
    assert "no-new-privileges:true" in service["security_opt"], name
desk = compose["services"]["retainer"]
assert desk["user"] == "65532:65532" and "ports" not in desk
for caught in re.findall(r"(?i)(secret|token|password)[A-Z_]*: *\S", open("deploy/compose.yml").read()):
    raise AssertionError(caught)

recipe = open("deploy/container/Dockerfile").read()
for part in ("USER 65532:65532", "VOLUME /data", "HEALTHCHECK", "rm -rf /var/lib/apt/lists"):
    assert part in recipe, part
for workflow in ("ci", "release"):
    assert yaml.safe_load(open(f".github/workflows/{workflow}.yml"))["jobs"]
print("the chart's values, the compose file and the recipe are as they should be")
PYTHON
if command -v helm >/dev/null; then
  helm lint deploy/helm/retainer --strict --values tests/deploy/chart/values.yaml
  helm template desk deploy/helm/retainer --values tests/deploy/chart/values.yaml >/dev/null
  if helm template desk deploy/helm/retainer --values tests/deploy/chart/values.yaml \
    --set replicas=2 >/dev/null 2>&1; then
    echo "two replicas on RocksDB are not refused" >&2
    exit 1
  fi
else
  echo "not rendered: helm is missing"
fi
if command -v hadolint >/dev/null; then hadolint deploy/container/Dockerfile; fi
