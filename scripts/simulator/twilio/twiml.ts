import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** An instruction of a TwiML document. */
export interface Verb {
  name: string;
  attributes: Readonly<Record<string, string>>;
  /** All text inside, also that of nested elements. */
  text: string;
  children: readonly Verb[];
}

/** What Twilio would report as an error of the application (twilio.com/docs/api/errors): the call ends. */
export class ApplicationError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'ApplicationError';
    this.code = code;
  }
}

type Node = Record<string, unknown>;

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  htmlEntities: true,
});

const toVerb = (node: Node): Verb | string => {
  if (typeof node['#text'] === 'string') return node['#text'];
  const name = Object.keys(node).find((key) => key !== ':@') ?? '';
  const parts = ((node[name] ?? []) as Node[]).map(toVerb);
  return {
    name,
    attributes: (node[':@'] ?? {}) as Record<string, string>,
    text: parts
      .map((part) => (typeof part === 'string' ? part : part.text))
      .join(' ')
      .replace(/\s+/g, ' ')
      .trim(),
    children: parts.filter((part) => typeof part !== 'string'),
  };
};

/** The verbs of a TwiML document. Throws ApplicationError: 12100 where it is no XML, 12200 where its root is not Response. */
export const parseTwiml = (xml: string): readonly Verb[] => {
  const valid = XMLValidator.validate(xml);
  if (valid !== true) throw new ApplicationError(12100, `Document parse failure: ${valid.err.msg}`);
  const roots = (parser.parse(xml) as Node[]).map(toVerb).filter((node) => typeof node !== 'string');
  const [root] = roots;
  if (roots.length !== 1 || root?.name !== 'Response')
    throw new ApplicationError(12200, 'Schema validation: the root element must be Response');
  return root.children;
};
