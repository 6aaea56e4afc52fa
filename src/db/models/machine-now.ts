/** The seed's own default for times, kept because it is the seed's. Our documents are built with the one clock instead (`documents/build.ts`). */
export const MACHINE_NOW = Date.now;
