/** One line of `auditlogs`: who (an agent's id, or `unknown`) did what. Without personal data. */
export interface AuditEntry {
  actor: string;
  action: string;
  subject?: string;
  details?: Record<string, unknown>;
}

export type Audit = (entry: AuditEntry) => Promise<void>;
