import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

// `node guard.ts FOLDER COMMAND ARGS…` runs one command for the process that forked this one, and ends it with its whole process group as
// soon as that process is gone: the IPC channel closes even when its other end was killed with -9. Then nobody else is left to remove the
// command's temporary folder (an empty word where there is none).
const [folder = '', command = '', ...args] = process.argv.slice(2);

const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });

function endChild(): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // the group is not there yet, or no longer
  }
}

process.on('disconnect', endChild);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, endChild);

child.on('error', (error) => {
  process.send?.({ error: error.message }, () => process.exit(127));
});
child.on('exit', (code) => {
  if (folder && !process.connected) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(code ?? 1);
});
child.on('spawn', () => {
  if (process.connected) process.send?.({ pid: child.pid }, () => undefined);
  else endChild();
});
