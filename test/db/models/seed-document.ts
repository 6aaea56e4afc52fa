import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import mongoose, { type Schema } from 'mongoose';

/** The seed's schemas, by model name: its document's own JavaScript, run with the real Mongoose (which is only kept from connecting). */
export function seedSchemas(): Record<string, Schema> {
  const document = readFileSync(new URL('../../../docs/schema.md', import.meta.url), 'utf8');
  const blocks = [...document.matchAll(/```javascript\n([\s\S]*?)```/g)].map(([, code = '']) => code);
  const code = blocks.filter((block) => block.includes('mongoose') || block.includes('Schema.index')).join('\n');
  const names = [...code.matchAll(/const (\w+)Schema = /g)].map(([, name = '']) => name);

  const library = Object.assign(Object.create(mongoose) as typeof mongoose, { connect: () => undefined });
  const real = createRequire(import.meta.url);
  const require = (name: string): unknown => (name === 'mongoose' ? library : real(name));
  const run = compileFunction(`${code}\nreturn { ${names.map((name) => `${name}: ${name}Schema`).join(', ')} };`, ['require', 'process']);
  const schemas = run(require, { env: {} }) as Record<string, Schema>;
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [MODEL_NAMES[name] ?? name, schema]));
}

/** By the names that its references use; they become the collections' names. */
const MODEL_NAMES: Record<string, string> = {
  agent: 'Agent',
  customer: 'Customer',
  delivery: 'Delivery',
  callLog: 'CallLog',
  recording: 'Recording',
  apiKey: 'ApiKey',
  systemMetrics: 'SystemMetric',
};
