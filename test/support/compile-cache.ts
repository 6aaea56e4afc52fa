const folder = process.env['NODE_COMPILE_CACHE'];

/** For the environment of a process that a test starts: what V8 has compiled is kept from one process to the next (see vitest.config.ts). Without it, most of a short process's time goes into compiling the same packages again. */
export const compileCache: Readonly<Record<string, string>> = folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
