// PostGraphile 5 with the preset that it recommends: one statement a request; role and path are named per request.
// Identifiers are unqualified, its own way to serve a schema a tenant: one GraphQL schema for all tenants.
const { createServer } = require("node:http");
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");

const installed = createRequire(join(process.env.BENCH_NODE, "index.js")); // the packages are outside the sources
const { postgraphile } = installed("postgraphile");
const { default: amber } = installed("postgraphile/presets/amber");
const { makePgService } = installed("postgraphile/adaptors/pg");
const { grafserv } = installed("postgraphile/grafserv/node");

const { large, small } = JSON.parse(readFileSync(process.env.BENCH_MERCHANTS));
const settings = new Map(
  [large, ...small].map(({ token, schema }) => [
    `Bearer ${token}`,
    { role: schema, search_path: `${schema}, pg_temp` },
  ]),
);

const preset = {
  extends: [amber],
  // The login role has no rights of its own, so the first would hide every table; the second, columns without index.
  disablePlugins: ["PgRBACPlugin", "PgIndexBehaviorsPlugin"],
  gather: { pgIdentifiers: "unqualified" },
  pgServices: [
    makePgService({
      connectionString: process.env.BENCH_DSN,
      schemas: [large.schema],
      poolConfig: { max: 20 },
      pubsub: false,
    }),
  ],
  grafast: {
    explain: false,
    context: ({ node }) => ({ pgSettings: settings.get(node?.req.headers.authorization) }),
  },
  grafserv: { graphqlPath: "/graphql", watch: false, graphiql: false },
};

async function serve() {
  const server = createServer();
  await postgraphile(preset).createServ(grafserv).addTo(server);
  server.listen(Number(process.env.BENCH_PORT), "127.0.0.1");
}

serve();
