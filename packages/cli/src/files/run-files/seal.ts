import { createHash } from 'node:crypto';

/** Hexadecimal digits of a checksum: a random change goes unnoticed once in 2^64 times. */
const DIGITS = 16;

const SEAL = new RegExp(`^(.*),(\\n {2})?"sum":( )?"([0-9a-f]{${DIGITS}})"(\\n)?\\}$`, 's');

/**
 * Adds a checksum to the text of a JSON object, as JSON.stringify writes it: a last key `sum`, the first 16 digits of
 * the SHA-256 of the text without it. Any reader of JSON still reads it.
 */
export function seal(json: string): string {
  const isIndented = json.endsWith('\n}');
  const body = json.slice(0, isIndented ? -2 : -1);
  return isIndented ? `${body},\n  "sum": "${sumOf(json)}"\n}` : `${body},"sum":"${sumOf(json)}"}`;
}

/** `none`: it has no checksum, as in an earlier version, or the key is damaged. */
export type SealState = 'whole' | 'none' | 'broken';

export function sealOf(text: string): SealState {
  const body = SEAL.exec(text)?.[1];
  if (body === undefined) return 'none';
  // Sealing it again must give the same text, so that nothing around the checksum differs either.
  return [`${body}}`, `${body}\n}`].some((json) => seal(json) === text) ? 'whole' : 'broken';
}

const sumOf = (json: string): string => createHash('sha256').update(json).digest('hex').slice(0, DIGITS);
