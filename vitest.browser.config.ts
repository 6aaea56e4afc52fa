import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** What needs Chromium: `npm run test:browser`. */
export default defineConfig({ test: { ...base.test, include: ['test/browser/**/*.test.ts'], exclude: [], testTimeout: 120_000 } });
