import { createHash } from 'node:crypto';

/** The contents with their SHA-256 behind them: a file that is whole, whatever it says. */
export const seal = (contents: Uint8Array): Buffer =>
  Buffer.concat([contents, createHash('sha256').update(contents).digest()]);
