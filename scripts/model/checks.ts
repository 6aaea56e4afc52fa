/** What a search may find: the properties of test/model/ledger.pml, and a run that goes on for ever. */
export type Fault = 'P2' | 'own' | 'final' | 'end' | 'cycle';

export interface Check {
  name: string;
  /** `states` asserts in every reachable state; `cycles` looks for runs without an end. */
  search: 'states' | 'cycles';
  /** How many of each work side by side. */
  size: { runs: number; reconciles: number; events: number };
  /** Name of the guard that is taken away in the model. */
  without?: string;
  /** What must be found; none: the model holds. */
  finds?: Fault;
  /** The fault is the design's own, known and named in its promise. */
  known?: true;
}

const SIZES = [
  { runs: 3, reconciles: 1, events: 1 },
  { runs: 1, reconciles: 2, events: 1 },
  { runs: 1, reconciles: 1, events: 2 },
];
const words = ({ runs, reconciles, events }: Check['size']) => `${runs} runs, ${reconciles} reconcile, ${events} events`;

const SMALL = { runs: 2, reconciles: 1, events: 1 };

const design: Check[] = [
  ...SIZES.map((size): Check => ({ name: `P2, own, final, end: ${words(size)}`, search: 'states', size })),
  { name: `no endless run: ${words(SMALL)}`, search: 'cycles', size: SMALL },
];

const mutant = (without: string, name: string, finds: Fault, more: Partial<Check> = {}): Check => ({
  name,
  search: 'states',
  size: SMALL,
  without,
  finds,
  ...more,
});

const mutants: Check[] = [
  mutant('NO_CLAIM', 'the claim is not guarded', 'P2'),
  mutant('NO_EPOCH', 'writes do not name the epoch', 'P2'),
  mutant('BLIND_REDIAL', 'an unknown dial is dialed again', 'P2'),
  mutant('NO_LIVE_INDEX', 'no index of one live contact per phone', 'P2'),
  mutant('NO_DIAL_LIMIT', 'an old claim is dialed', 'P2'),
  mutant('EARLY_UNKNOWN', 'unknown before 30 s', 'P2'),
  mutant('ONE_EMPTY_LOOKUP', 'one empty look-up is enough', 'P2'),
  mutant('NO_GAP', 'look-ups less than 60 s apart', 'P2'),
  mutant('NO_OWNER', "a look-up takes another attempt's call", 'own'),
  mutant('NO_EVENT_COUNT', 'fewer events may replace more', 'final', { size: { runs: 1, reconciles: 1, events: 2 } }),
  mutant('NO_RECONCILE', 'no reconcile', 'end'),
  mutant('FORGETFUL', 'empty look-ups are not counted', 'cycle', { search: 'cycles' }),
  mutant('STOPPED_BEFORE_WRITE', 'stopped between last check and write', 'P2', { known: true }),
];

/** First that the design holds, then that the model would show it if it did not. */
export const checks: readonly Check[] = [...design, ...mutants];
