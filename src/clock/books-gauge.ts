import { Gauge, type Registry } from 'prom-client';
import type { CallBooks } from '#src/db/repositories/call-books.ts';

/**
 * Shows what the last comparison with Twilio's list found, of today and yesterday (UTC). Read from MongoDB at each scrape, since a gauge in the
 * worker that compared would stay as it was when another one compares next. While MongoDB is away there is no value.
 */
export function showBooks(registry: Registry, books: Pick<CallBooks, 'differences'>): void {
  new Gauge({
    name: 'call_books_difference',
    help: "Differences between the ledger and Twilio's list of calls, of today and yesterday (UTC), by kind. Anything above 0 wants an operator: npm run prove.",
    labelNames: ['kind'] as const,
    registers: [registry],
    async collect() {
      this.reset();
      const found = await books.differences().catch(() => []);
      for (const { kind, count } of found) this.set({ kind }, count);
    },
  });
}
