interface Plant {
  rule: string;
  file: string;
  /** What the file imports and must not. */
  imports: string;
}

const plant = (rule: string, file: string, imports: string): Plant => ({ rule, file, imports });

/** One file for each forbidden import, and more than one where a rule has more than one side. */
export const boundaryPlants: readonly Plant[] = [
  plant('domain-imports-nothing-of-ours', 'src/domain/reads-platform.ts', '#src/platform/ground.ts'),
  plant('domain-imports-nothing-of-ours', 'src/domain/reads-queues.ts', '#queues/contract.ts'),
  plant('domain-does-no-io', 'src/domain/reads-files.ts', 'node:fs/promises'),
  plant('domain-does-no-io', 'src/domain/reads-files-bare.ts', 'fs'),
  plant('domain-libraries-are-pure', 'src/domain/knows-mongoose.ts', 'mongoose'),
  plant('domain-libraries-are-pure', 'src/domain/knows-bullmq.ts', 'bullmq'),
  plant('queues-import-only-domain', 'queues/reads-platform.ts', '#src/platform/ground.ts'),
  plant('queues-import-only-domain', 'queues/reads-workers.ts', '../workers/outcomes.ts'),
  plant('platform-imports-only-domain', 'src/platform/reads-config.ts', '#src/config/values.ts'),
  plant('config-imports-only-domain', 'src/config/reads-platform.ts', '../platform/ground.ts'),
  plant('db-imports-only-domain-and-platform', 'src/db/reads-queues.ts', '#queues/contract.ts'),
  plant('db-imports-only-domain-and-platform', 'src/db/reads-providers.ts', '#src/providers/phone.ts'),
  plant('providers-import-only-domain-and-platform', 'src/providers/reads-db.ts', '#src/db/rows.ts'),
  plant('pipeline-knows-no-process', 'src/pipeline/reads-http.ts', '#src/http/app.ts'),
  plant('pipeline-knows-no-process', 'src/pipeline/reads-workers.ts', '#workers/outcomes.ts'),
  plant('pipeline-knows-no-process', 'src/pipeline/reads-config.ts', '#src/config/values.ts'),
  plant('http-never-imports-workers', 'src/http/routes/reads-workers.ts', '#workers/outcomes.ts'),
  plant('clock-never-imports-workers', 'src/clock/reads-workers.ts', '#workers/outcomes.ts'),
  plant('workers-never-import-http-or-clock', 'workers/reads-http.ts', '#src/http/app.ts'),
  plant('processors-never-import-bullmq-or-mongoose', 'workers/knows-bullmq.ts', 'bullmq'),
  plant('processors-never-import-bullmq-or-mongoose', 'workers/deeper/knows-mongoose.ts', 'mongoose'),
  plant('processors-never-import-bullmq-or-mongoose', 'src/pipeline/knows-mongoose.ts', 'mongoose'),
  plant('bullmq-only-where-it-is-translated', 'src/pipeline/knows-bullmq.ts', 'bullmq'),
  plant('bullmq-only-where-it-is-translated', 'queues/knows-bullmq.ts', 'bullmq'),
  plant('bullmq-only-where-it-is-translated', 'src/http/routes/knows-bullmq.ts', 'bullmq'),
  plant('migrations-import-nothing-of-ours', 'migrations/0001-reads-db.ts', '#src/db/rows.ts'),
  plant('migrations-use-the-driver-only', 'migrations/0002-knows-mongoose.ts', 'mongoose'),
  plant('simulator-imports-nothing-of-the-product', 'scripts/simulator/reads-domain.ts', '#src/domain/rules.ts'),
  plant('simulator-imports-nothing-of-the-product', 'scripts/simulator/reads-queues.ts', '#queues/contract.ts'),
  plant('demo-is-checked-by-strangers', 'scripts/demo/check/reads-db.ts', '#src/db/rows.ts'),
  plant('demo-is-checked-by-strangers', 'scripts/demo/check/reads-workers.ts', '#workers/outcomes.ts'),
  plant('books-are-proved-by-strangers', 'scripts/prove/reads-db.ts', '#src/db/rows.ts'),
  plant('books-are-proved-by-strangers', 'scripts/prove/reads-workers.ts', '#workers/outcomes.ts'),
  plant('product-never-imports-scripts', 'src/http/reads-scripts.ts', '#scripts/tool.ts'),
  plant('nobody-imports-tests', 'scripts/reads-tests.ts', '#test/helper.ts'),
  plant('nobody-imports-tests', 'src/http/reads-bench.ts', '../../bench/load.ts'),
  plant('product-needs-no-dev-dependency', 'workers/knows-a-dev-tool.ts', 'fast-check'),
  plant('no-circular-imports', 'src/platform/egg.ts', './hen.ts'),
  plant('everything-resolves', 'src/http/reads-nothing.ts', '#src/http/absent.ts'),
];

/** What may be imported, and by whom: none of it may be reported. */
export const allowedImports: readonly [file: string, imports: string][] = [
  ['src/domain/rules.ts', 'node:crypto'],
  ['src/domain/more-rules.ts', 'luxon'],
  ['queues/contract.ts', '#src/domain/rules.ts'],
  ['queues/producer.ts', 'bullmq'],
  ['src/platform/ground.ts', 'ioredis'],
  ['src/platform/hen.ts', './egg.ts'],
  ['src/config/values.ts', '#src/domain/rules.ts'],
  ['src/db/rows.ts', 'mongoose'],
  ['src/providers/phone.ts', '#src/platform/ground.ts'],
  ['src/pipeline/step.ts', '#src/db/rows.ts'],
  ['src/pipeline/next-step.ts', '#queues/producer.ts'],
  ['src/http/app.ts', '#queues/contract.ts'],
  ['src/http/board.ts', 'bullmq'],
  ['workers/outcomes.ts', '#src/db/rows.ts'],
  ['workers/start-worker.ts', 'bullmq'],
  ['workers/deps.ts', 'mongoose'],
  ['migrations/0000-first.ts', 'mongodb'],
  ['scripts/tool.ts', '#workers/outcomes.ts'],
  ['scripts/simulator/main.ts', 'twilio'],
  ['test/helper.ts', '#scripts/tool.ts'],
  ['bench/load.ts', '#src/db/rows.ts'],
];
