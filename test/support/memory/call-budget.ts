import type { CallBudget, Granted } from '#src/db/repositories/call-budget.ts';
import type { ControlDoc } from '#src/db/models/controls.ts';
import { HOUR, type Time } from '#src/platform/time.ts';
import type { RoundTrip } from './round-trip.ts';
import type { Store } from './store.ts';

export function memoryBudget({ controls }: Store, time: Time, trip: RoundTrip): CallBudget {
  const today = () => time.now().toISOString().slice(0, 10);
  const judge = (control: ControlDoc | null, day: string): Granted => {
    if (control?.enabled === false) return { kind: 'paused' };
    const limit = control?.daily_budget ?? Infinity;
    const used = control?.day === day ? (control.used ?? 0) : 0;
    return used >= limit ? { kind: 'over-budget', until: new Date(Date.parse(`${day}T00:00:00Z`) + 24 * HOUR) } : { kind: 'granted' };
  };
  return {
    async look() {
      const control = await trip('budget.look', () => controls.get('calls'));
      return judge(control, today());
    },
    take() {
      const day = today();
      const at = time.now();
      return trip('budget.take', () => {
        controls.insert({ _id: 'calls', enabled: true, daily_budget: null, day, used: 0, updatedAt: at });
        const granted = judge(controls.get('calls'), day);
        controls.update(
          'calls',
          ({ enabled }) => enabled !== false,
          (doc) => ({
            ...doc,
            enabled: doc.enabled ?? true,
            used: (doc.day === day ? (doc.used ?? 0) : 0) + (granted.kind === 'granted' ? 1 : 0),
            day,
            updatedAt: at,
          }),
        );
        return granted;
      });
    },
    async giveBack() {
      const day = today();
      await trip('budget.giveBack', () =>
        controls.update(
          'calls',
          (doc) => doc.day === day && (doc.used ?? 0) > 0,
          (doc) => ({ ...doc, used: (doc.used ?? 0) - 1 }),
        ),
      );
    },
  };
}
