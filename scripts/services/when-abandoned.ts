/**
 * Calls back when the npm that started this process is gone: npm does not pass SIGTERM on, and dies without its child noticing. Without npm
 * nothing happens, for a shell that starts something in the background may well end first. Keeps the process alive meanwhile.
 */
export function whenAbandoned(then: () => void): void {
  const parent = process.ppid;
  const startedByNpm = process.env['npm_lifecycle_event'] !== undefined;
  const watch = setInterval(() => {
    if (!startedByNpm || process.ppid === parent) return;
    clearInterval(watch);
    then();
  }, 500);
}
