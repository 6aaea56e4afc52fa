import { z } from 'zod';
import type { LogEntry } from '#scripts/simulator/log.ts';
import type { Simulator } from '#scripts/simulator/simulator.ts';
import type { AnalysedText, Evidence, HeardText, PushSeen } from './evidence.ts';

const Payload = z.object({ title: z.string(), body: z.string(), data: z.object({ delivery_id: z.string(), kind: z.string() }) });
const Answer = z.object({ instructions: z.string().nullish() });

/** The simulator's account: its calls, and what its log says of pushes, transcripts and analyses. */
export function readSimulator({ calls, log }: Pick<Simulator, 'calls' | 'log'>): Pick<Evidence, 'calls' | 'pushes' | 'heard' | 'analysed'> {
  if (log.forgotten() > 0) throw new Error(`the simulator has forgotten ${log.forgotten()} entries of its log: nothing can be proved`);
  return {
    calls: calls(),
    pushes: log.entries({ kind: 'push' }).map(toPush),
    heard: log.entries({ kind: 'transcription' }).map(({ text, sha256 }): HeardText => ({ text: String(text), sha256: String(sha256) })),
    analysed: log.entries({ kind: 'analysis' }).map(toAnalysed),
  };
}

function toPush({ label, status, payload }: LogEntry): PushSeen {
  const read = Payload.safeParse(payload);
  return {
    label: typeof label === 'string' ? label : null,
    status: Number(status),
    title: read.data?.title ?? '',
    body: read.data?.body ?? '',
    deliveryId: read.data?.data.delivery_id ?? '',
    kind: read.data?.data.kind ?? 'unreadable',
  };
}

function toAnalysed({ transcript, content }: LogEntry): AnalysedText {
  const answer = Answer.safeParse(JSON.parse(String(content)));
  return { transcript: String(transcript), instructions: answer.data?.instructions ?? null };
}
