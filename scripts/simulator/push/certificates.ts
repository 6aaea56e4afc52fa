import { generate } from 'selfsigned';

const DAY_MS = 86_400_000;

/** A certificate authority of its own and a certificate for 127.0.0.1 and localhost that it signed; all PEM. */
export interface Certificates {
  ca: string;
  cert: string;
  key: string;
}

/** Made anew at every start, valid for a month, since the machine's clock may be off, from yesterday on. */
export const createCertificates = async (): Promise<Certificates> => {
  const validity = {
    notBeforeDate: new Date(Date.now() - DAY_MS),
    notAfterDate: new Date(Date.now() + 30 * DAY_MS),
    algorithm: 'sha256',
    keyType: 'ec',
  } as const;
  const authority = await generate([{ name: 'commonName', value: 'DelAuto simulator CA' }], {
    ...validity,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    ...validity,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { ca: authority.cert, cert: server.cert, key: server.private };
};
