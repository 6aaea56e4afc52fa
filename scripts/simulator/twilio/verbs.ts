import { methodOf, resolve } from './attributes.ts';
import { gather } from './gather.ts';
import type { Follow } from './prompts.ts';
import { prompts } from './prompts.ts';
import { record } from './record.ts';
import { hangUp } from './scene.ts';
import { ApplicationError } from './twiml.ts';

const redirect: Follow = (verb, scene) =>
  Promise.resolve({
    kind: 'fetch',
    url: resolve(verb.text, scene),
    method: methodOf(verb.attributes['method']),
    event: 'voice',
    params: {},
  });

const leave: Follow = () => Promise.resolve(hangUp);

const verbs: Readonly<Record<string, Follow>> = {
  ...prompts,
  Gather: gather,
  Record: record,
  Redirect: redirect,
  Hangup: leave,
  Reject: leave,
};

/** Does what one verb says. Rejects with an ApplicationError (12200) for a verb that this simulator does not know. */
export const follow: Follow = async (verb, scene) => {
  const known = verbs[verb.name];
  if (!known) throw new ApplicationError(12200, `Schema validation: the simulator does not know the verb ${verb.name}`);
  return known(verb, scene);
};
