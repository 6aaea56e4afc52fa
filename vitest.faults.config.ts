import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Faults whose rules take minutes of real time: `npm run test:faults`. */
export default defineConfig({ test: { ...base.test, include: ['test/**/*.slow.test.ts'], exclude: [], hookTimeout: 360_000 } });
