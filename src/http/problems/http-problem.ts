import { STATUS_CODES } from 'node:http';

/** One fault of the input: where it is, which field (`customer.phone`), and what is wrong with it. Names the field, never its value. */
export interface FieldError {
  in: 'body' | 'query' | 'path' | 'header';
  field: string;
  message: string;
}

export interface ProblemOptions {
  /** The HTTP status. */
  status: number;
  /** What kind of problem, as a stable slug of `/problems/…`; default: derived from the status (`not-found`). */
  type?: string;
  /** The same for every problem of this type; default: the status's own words. */
  title?: string;
  /** This occurrence, for a person. Without personal data. */
  detail?: string;
  errors?: FieldError[];
  /** Headers of the answer, such as Retry-After. */
  headers?: Record<string, string>;
  /** The fault behind it, for the log. */
  cause?: unknown;
}

/** Throw it from a hook or a handler: it becomes the answer (RFC 9457). */
export class HttpProblem extends Error {
  readonly status: number;
  readonly type: string;
  readonly title: string;
  readonly detail: string | undefined;
  readonly errors: FieldError[] | undefined;
  readonly headers: Record<string, string>;

  constructor({ status, type, title, detail, errors, headers = {}, cause }: ProblemOptions) {
    const words = STATUS_CODES[status] ?? 'Error';
    super(detail ?? title ?? words, { cause });
    this.name = 'HttpProblem';
    this.status = status;
    this.type = `/problems/${type ?? slug(words)}`;
    this.title = title ?? words;
    this.detail = detail;
    this.errors = errors;
    this.headers = headers;
  }
}

/** `throw problem({ status: 404, detail: 'There is no such delivery.' })` */
export function problem(options: ProblemOptions): HttpProblem {
  return new HttpProblem(options);
}

/** 400 with the faulty fields: for what a schema cannot see. */
export function invalidRequest(errors: FieldError[]): HttpProblem {
  return new HttpProblem({
    status: 400,
    type: 'invalid-request',
    title: 'The request is not valid',
    detail: errors.map(({ in: where, field, message }) => `${field || where}: ${message}`).join('; '),
    errors,
  });
}

/** 503 for a fault on our side, which says whether a repeat may find the work done (P9). */
export function unavailable(outcome: 'nothing-done' | 'outcome-unknown', cause?: unknown): HttpProblem {
  return new HttpProblem({
    status: 503,
    type: outcome === 'nothing-done' ? 'unavailable' : 'outcome-unknown',
    title: 'Temporarily unavailable',
    detail:
      outcome === 'nothing-done'
        ? 'Nothing was done. Send the same request again.'
        : 'Whether the request took effect is not known. Send it again, a submission with the same Idempotency-Key or external_id: that cannot do it twice.',
    headers: { 'retry-after': '1' },
    cause,
  });
}

const slug = (words: string) => words.toLowerCase().replaceAll(/[^a-z]+/g, '-');
