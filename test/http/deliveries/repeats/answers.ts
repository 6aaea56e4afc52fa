interface Answer {
  readonly statusCode: number;
  json(): { id?: string };
}

/** Which statuses the answers have, each once, in order. */
export const statuses = (answers: Pick<Answer, 'statusCode'>[]): number[] =>
  [...new Set(answers.map(({ statusCode }) => statusCode))].toSorted();

/** Which deliveries the answers name, each once. */
export const ids = (answers: Pick<Answer, 'json'>[]): (string | undefined)[] => [...new Set(answers.map((answer) => answer.json().id))];
