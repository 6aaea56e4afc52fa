// Who may import whom. Every rule here is proved by a planted violation in test/guards: add the plant with the rule.

const OURS = '^(src|queues|workers|migrations|scripts|test|bench)/';
const PRODUCT = '^(src|queues|workers|migrations)/';
const ours = (...allowed) => ({ path: OURS, pathNot: allowed });
/** Unanchored at the start: a linked node_modules resolves to wherever it really is. */
const library = (...names) => `(^|/)node_modules/(@types/)?(${names.join('|')})/`;
const NPM = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'];

/** Composition: the only files of `workers/` that may know the engine and the database's library. */
const COMPOSITION = '^workers/(main|start-worker|deps)[.]ts$';

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    rule(
      'domain-imports-nothing-of-ours',
      'Pure rules: everything they need is passed in.',
      { path: '^src/domain/' },
      ours('^src/domain/'),
    ),
    rule(
      'domain-does-no-io',
      'No built-in module but the pure ones.',
      { path: '^src/domain/' },
      { dependencyTypes: ['core'], pathNot: '^(node:)?(assert|buffer|crypto|url|util)$' },
    ),
    rule(
      'domain-libraries-are-pure',
      'A closed list: a library that does I/O would bring it in by the back door.',
      { path: '^src/domain/' },
      { dependencyTypes: NPM, pathNot: library('zod', 'luxon', 'libphonenumber-js') },
    ),
    rule(
      'queues-import-only-domain',
      'A contract is readable without the work behind it.',
      { path: '^queues/' },
      ours('^queues/', '^src/domain/'),
    ),
    rule('platform-imports-only-domain', 'The ground floor.', { path: '^src/platform/' }, ours('^src/(platform|domain)/')),
    rule(
      'config-imports-only-domain',
      'Settings are parsed before anything else runs.',
      { path: '^src/config/' },
      ours('^src/(config|domain)/'),
    ),
    rule(
      'db-imports-only-domain-and-platform',
      'Repositories know no queue, no provider and no route.',
      { path: '^src/db/' },
      ours('^src/(db|domain|platform)/'),
    ),
    rule(
      'providers-import-only-domain-and-platform',
      'A provider can be replaced without reading the database code.',
      { path: '^src/providers/' },
      ours('^src/(providers|domain|platform)/'),
    ),
    rule(
      'pipeline-knows-no-process',
      'The steps that web and worker share: no route, no processor, no settings.',
      { path: '^src/pipeline/' },
      ours('^src/(pipeline|db|providers|domain|platform)/', '^queues/'),
    ),
    rule('http-never-imports-workers', 'The API enqueues; it does not do the work.', { path: '^src/http/' }, { path: '^workers/' }),
    rule('clock-never-imports-workers', 'The clock says when; a job does the work.', { path: '^src/clock/' }, { path: '^workers/' }),
    rule(
      'workers-never-import-http-or-clock',
      'Processes meet in queues and in MongoDB, not in memory.',
      { path: '^workers/' },
      { path: '^src/(http|clock)/' },
    ),
    rule(
      'processors-never-import-bullmq-or-mongoose',
      'A processor is a plain function of (payload, deps, context), tested without the engine.',
      { path: '^(workers|src/pipeline)/', pathNot: COMPOSITION },
      { path: library('bullmq', 'mongoose') },
    ),
    rule(
      'bullmq-only-where-it-is-translated',
      'The producer, the worker start-up and the board speak BullMQ; everybody else speaks contracts and outcomes.',
      { path: '^(src|queues)/', pathNot: ['^queues/(producer|job-options)[.]ts$', '^src/http/.*board'] },
      { path: library('bullmq') },
    ),
    rule(
      'migrations-import-nothing-of-ours',
      'A migration must do tomorrow what it did today.',
      { path: '^migrations/' },
      ours('^migrations/'),
    ),
    rule(
      'migrations-use-the-driver-only',
      'No ODM: its models move on, a migration does not.',
      { path: '^migrations/' },
      { dependencyTypes: NPM, pathNot: library('mongodb', 'bson') },
    ),
    rule(
      'simulator-imports-nothing-of-the-product',
      'It stands in for the providers: what it shares with the product it cannot check.',
      { path: '^scripts/simulator/' },
      { path: PRODUCT },
    ),
    rule(
      'demo-is-checked-by-strangers',
      'What proves the result shares no code with what made it.',
      { path: '^scripts/(demo/check/|soak/books\\.ts$)' },
      { path: PRODUCT },
    ),
    rule(
      'books-are-proved-by-strangers',
      "The proof reads MongoDB and Twilio by itself; only the settings and the clock are the product's.",
      { path: '^scripts/prove/' },
      { path: PRODUCT, pathNot: '^src/(config/|platform/time\\.ts$)' },
    ),
    rule(
      'product-never-imports-scripts',
      'Scripts compose the product, not the other way round.',
      { path: PRODUCT },
      { path: '^scripts/' },
    ),
    rule('nobody-imports-tests', 'Tests and benchmarks are leaves.', { pathNot: '^(test|bench)/' }, { path: '^(test|bench)/' }),
    rule(
      'product-needs-no-dev-dependency',
      'It must run after npm ci --omit=dev (plus Node itself).',
      { path: PRODUCT },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
    rule('no-circular-imports', 'Two files that need each other are one idea, or three.', {}, { circular: true }),
    rule('everything-resolves', 'What cannot be resolved cannot be checked against the rules above.', {}, { couldNotResolve: true }),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true, // a type-only import is an import: the reader follows it too
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^([.]data|[.]git|coverage|docs)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
