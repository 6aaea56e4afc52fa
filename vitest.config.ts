import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Chromium is not asked of everybody: `npm run test:browser`. What waits for minutes of real time: `npm run test:faults`.
    exclude: ['test/browser/**', 'test/**/*.slow.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Processes, because tests start and kill others. As many as a small machine has cores: mongod and Redis need their share.
    pool: 'forks',
    // Hundreds of processes import the same packages: what V8 has compiled for one serves the next.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('.data/compile-cache', import.meta.url)) },
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A test that waits for a real process looks often and long.
    expect: { poll: { interval: 25, timeout: 15_000 } },
  },
});
