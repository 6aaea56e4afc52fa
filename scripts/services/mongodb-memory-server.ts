import { MongoBinary } from 'mongodb-memory-server';

// A program of its own, because the library prints its progress and its stack traces to the console of whoever calls it, and cannot be
// stopped. Says `PATH=<file>` on stdout, or one line of why not on stderr.
try {
  process.stdout.write(`PATH=${await MongoBinary.getPath()}\n`);
} catch (error) {
  process.stderr.write(`\n${String(error instanceof Error ? error.message : error).replace(/\s+/g, ' ')}\n`);
  process.exitCode = 1;
}
