import { z } from 'zod';

/** A MongoDB ObjectId as 24 hexadecimal digits. */
export const DocumentId = z.string().regex(/^[0-9a-f]{24}$/);
/** A W3C trace id: 32 hexadecimal digits. */
export const TraceId = z.string().regex(/^[0-9a-f]{32}$/);
