#!/bin/sh
# Makes grafana.schema.json, the JSON schemas that the dashboards are held against, from Grafana's own types
# (npm @grafana/schema, Copyright Grafana Labs, Apache-2.0). Needs node and npm; the tests need only what it made.
# The raw types are taken: `Dashboard` of the package's root is refused, because it defines DataSourceRef twice.
set -eu
version=13.2.3
out=$(realpath "$(dirname "$0")")/grafana.schema.json
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts "@grafana/schema@$version" ts-json-schema-generator@2.4.0 >/dev/null
types=node_modules/@grafana/schema/dist/types
cp $types/common/common.gen.d.ts common.ts
schema() { # NAME FILE TYPE
  sed "s|from '@grafana/schema'|from './common'|" "$2" >"$1.ts"
  printf '{"compilerOptions":{"target":"es2022","module":"esnext","moduleResolution":"bundler","skipLibCheck":true,"strict":true},"files":["%s.ts"]}' "$1" >tsconfig.json
  npx --no-install ts-json-schema-generator --tsconfig tsconfig.json --path "$1.ts" --type "$3" --no-type-check --out "$1.$3.json"
}
schema dashboard $types/raw/dashboard/x/types.gen.d.ts Dashboard
for kind in timeseries table statetimeline; do
  for type in Options FieldConfig; do
    schema $kind $types/raw/composable/$kind/panelcfg/x/types.gen.d.ts $type
  done
done
node -e '
const fs = require("fs"), read = (name) => JSON.parse(fs.readFileSync(name + ".json"));
const all = { $comment: "Made by make_grafana_schema.sh from @grafana/schema '$version', Copyright Grafana Labs, " +
  "licensed under Apache-2.0 (https://www.apache.org/licenses/LICENSE-2.0)", dashboard: read("dashboard.Dashboard") };
for (const kind of ["timeseries", "table", "statetimeline"])
  all[kind] = { options: read(kind + ".Options"), custom: read(kind + ".FieldConfig") };
const bare = (value) => Array.isArray(value) ? value.map(bare) : value && typeof value === "object"
  ? Object.fromEntries(Object.entries(value).filter(([key, inner]) => !(key === "description" && typeof inner === "string"))
    .map(([key, inner]) => [key, bare(inner)])) : value;
fs.writeFileSync(process.argv[1], JSON.stringify(bare(all), null, 1) + "\n");
' "$out"
