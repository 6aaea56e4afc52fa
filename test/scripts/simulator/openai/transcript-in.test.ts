import { expect, it } from 'vitest';

import { transcriptIn } from '#scripts/simulator/openai/transcript-in.ts';

it.each([
  ['Leave it here.', 'Leave it here.'],
  ['Transcript: Leave it here.', 'Leave it here.'],
  ['What the customer said:\nLeave it here.\nThanks.', 'Leave it here.\nThanks.'],
  ['Analyse <transcript lang="en">no</transcript> and <transcript>\nLeave it here.\n</transcript> now', 'Leave it here.'],
  ['Analyse\n```\nLeave it here.\n```', 'Leave it here.'],
  ['Analyse """Leave it here."""', 'Leave it here.'],
])('finds the transcript in %j', (prompt, transcript) => {
  expect(transcriptIn(prompt)).toBe(transcript);
});
