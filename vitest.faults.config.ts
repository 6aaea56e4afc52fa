import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Faults whose rules take minutes of real time: `npm run test:faults`. One file at a time: many of them measure, and each starts processes enough for two cores. */
export default defineConfig({
  test: { ...base.test, include: ['test/**/*.slow.test.ts'], exclude: [], maxWorkers: 1, hookTimeout: 360_000 },
});
