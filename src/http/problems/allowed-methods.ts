import type { RouteOptions } from 'fastify';

/** Which methods an address knows: to tell 'not with this method' (405) from 'no such address' (404). Asked only when no route matched. */
export function createAllowedMethods() {
  const routes: { pattern: RegExp; methods: string[] }[] = [];
  return {
    /** For the `onRoute` hook. Routes with a wildcard match anything, and are left out. */
    add({ url, method }: Pick<RouteOptions, 'url' | 'method'>): void {
      if (!url.includes('*')) routes.push({ pattern: toPattern(url), methods: [method].flat().map(String) });
    },
    /** Sorted; empty when the address is not known. `path` without its query. */
    of(path: string): string[] {
      return [...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods))].toSorted();
    },
  };
}

function toPattern(url: string): RegExp {
  const parts = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)));
  return new RegExp(`^${parts.join('/')}$`);
}
