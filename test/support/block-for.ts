/** Keeps this process's event loop from everything else for so long, in real milliseconds. */
export function blockFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
