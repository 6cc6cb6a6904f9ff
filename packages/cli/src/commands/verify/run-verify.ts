import { statSync } from 'node:fs';
import { refuseMoreThan } from '../../files/models/open-model.ts';
import { flagsToRaw, parseRaw } from '../../options/raw-options.ts';
import type { Request } from '../../options/request.ts';
import { type Io, printJson, printLines } from '../../terminal/io.ts';
import { createPaint } from '../../terminal/paint.ts';
import { UsageError } from '../../terminal/usage-error.ts';
import { describeVerification } from './describe-verification.ts';
import { verifyOptions } from './options.ts';
import { isWhole, verifyFolder } from './verify-folder.ts';

/** Checks the files of a run. Resolves to the exit code: 1 if one of them has a fault. */
export async function runVerify(request: Request, io: Io): Promise<number> {
  const { json } = parseRaw(verifyOptions, flagsToRaw(verifyOptions, request));
  refuseMoreThan(1, request.positionals, 'one run');
  const [path] = request.positionals;
  if (path === undefined || path === '') throw new UsageError('the run is missing, expected one such as runs/mnist-1');
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || !found.isDirectory()) {
    const has = found === undefined ? 'does not exist' : 'is a file';
    throw new Error(
      `${path} ${has}, expected a directory that train, search, lr-find, explain, experiment or scale wrote`,
    );
  }
  const verification = await verifyFolder(path);
  const ok = isWhole(verification);
  if (json) printJson(io.stdout, JSON.stringify({ event: 'verification', ok, ...verification }));
  else printLines(io.stdout, describeVerification(verification, createPaint(io.stdout, io.env)));
  return ok ? 0 : 1;
}
