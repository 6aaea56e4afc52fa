import { type Finding, mongodRequirement, tryBinary } from './binary.ts';
import { unpackDebianPackage, unpackedEarlier } from './debian-packages.ts';

// What a small Debian or Ubuntu lacks of the libraries that MongoDB's builds need.
const library = 'libcurl4';

/** Tries a mongod that was downloaded rather than installed; on a Debian without libcurl, that is fetched beside it. */
export async function tryForeignMongod(path: string): Promise<Finding> {
  const alone = await tryBinary(path, mongodRequirement);
  if ('found' in alone || !/libcurl\.so/.test(alone.refused)) return alone;
  const earlier = await unpackedEarlier(library);
  const unpacked = 'folder' in earlier ? earlier : await unpackDebianPackage(library);
  if ('refused' in unpacked) return { refused: `${alone.refused}; ${library} cannot be fetched: ${unpacked.refused}` };
  return tryBinary(path, mongodRequirement, unpacked.libraries);
}
