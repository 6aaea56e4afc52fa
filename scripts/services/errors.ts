/** Something that the services need cannot be had. The message is one sentence for the user and says what to do; there is no stack. */
export class ServicesError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ServicesError';
    this.stack = message;
  }
}
