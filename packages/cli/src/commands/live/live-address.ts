import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockOwner } from '@gradloom/runtime/internal';
import { LIVE_FILE, readRunFile } from '../../files/run-files/names.ts';
import { isRecord } from '../../options/read-object.ts';
import { type SteerLine, TOKEN_HEADER } from './messages.ts';

const MAX_FILE_BYTES = 1024;

/** Only a server of this machine steers a run, at an address that train prints. */
const ADDRESS = /^(http:\/\/127\.0\.0\.1:\d{1,5})\/\?token=([\w-]{22})$/;

/** Writes where the process of a run can be steered, for gradloom live of the same user. */
export function writeAddress(folder: string, url: string): void {
  removeAddress(folder); // a killed process may have left one, and a link must not be followed
  writeFileSync(join(folder, LIVE_FILE), `${JSON.stringify({ lock: lockOwner('live', folder)?.token, url })}\n`, {
    mode: 0o600,
    flag: 'wx',
  });
}

export const removeAddress = (folder: string): void => rmSync(join(folder, LIVE_FILE), { force: true });

/** The server of the run and its token; null if the process that trains has none. */
function readAddress(folder: string): readonly [server: string, token: string] | null {
  try {
    const bytes = readRunFile('live', join(folder, LIVE_FILE), 'an address', MAX_FILE_BYTES);
    const address: unknown = bytes === null ? null : JSON.parse(bytes.toString());
    // A file that a killed process left does not name the lock of a later one.
    if (!isRecord(address) || address.lock === undefined || address.lock !== lockOwner('live', folder)?.token)
      return null;
    const [, server, token] = ADDRESS.exec(String(address.url)) ?? [];
    return server === undefined ? null : [server, token];
  } catch {
    return null; // half written
  }
}

export const hasAddress = (folder: string): boolean => readAddress(folder) !== null;

/** Steers the run of another process. @throws Error with its sentence if it refuses. */
export async function steerElsewhere(folder: string, action: string, rate: number | undefined): Promise<SteerLine> {
  const [server, token] = readAddress(folder) ?? [];
  if (server === undefined || token === undefined) {
    throw new Error('the run takes no orders, expected one that train --live has started');
  }
  const response = await fetch(`${server}/control`, {
    method: 'POST',
    redirect: 'error',
    headers: { 'content-type': 'application/json', [TOKEN_HEADER]: token },
    body: JSON.stringify({ run: 0, action, ...(rate === undefined ? {} : { rate }) }),
  }).catch((error: unknown) => {
    throw new Error('the process of the run does not answer, expected one that trains', { cause: error });
  });
  const reply = (await response.json()) as SteerLine & { readonly error?: string };
  if (!response.ok) throw new Error(String(reply.error));
  return reply;
}
