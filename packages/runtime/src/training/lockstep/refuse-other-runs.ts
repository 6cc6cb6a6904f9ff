import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Json } from '@gradloom/core';
import { plainJson, show } from '@gradloom/core/internal';
import type { Lockstep } from '../../cluster/lockstep.ts';
import { bitsOf } from '../../engine/backends/backend.ts';
import { differences } from '../../system/files/differences.ts';
import { fileBeside, resolveInstalled } from '../../system/installed.ts';
import type { RunRecord } from '../checkpoints/checkpoint.ts';
import type { RunPlan } from '../run/plan.ts';

/** Maximum number of differences named in an error. */
const MAX_NAMED = 3;

/**
 * Compares everything that must be equal on all ranks: code, network, options, rows, backend. Each rank sends a hash;
 * if hashes differ, ranks also exchange the values, so that the error names which rank has which.
 * @throws Error on every rank, if any differs.
 */
export async function refuseOtherRuns(lockstep: Lockstep, plan: RunPlan, record: RunRecord): Promise<void> {
  const { cluster } = lockstep;
  if (cluster === null) return;
  const identity = identityOf(plan, record, await codeHash());
  const hashes = await lockstep.fromAll(createHash('sha256').update(JSON.stringify(identity)).digest('hex'));
  if (hashes.every((hash) => hash === hashes[0])) return;
  const messages = await lockstep.fromAll({ identity, host: hostname() });
  const valuesByPath = new Map<string, { onFirst: Json | undefined; others: string[] }>();
  for (const [rank, { identity, host }] of messages.entries()) {
    for (const { path, own: value, other } of differences(identity, messages[0].identity)) {
      const entry = valuesByPath.get(path) ?? { onFirst: other, others: [] };
      entry.others.push(`${text(value)} on rank ${rank} (${host})`);
      valuesByPath.set(path, entry);
    }
  }
  // Rows last, since other differences may follow from them.
  const sortedValues = [...valuesByPath].sort(([a], [b]) => Number(isRows.test(b)) - Number(isRows.test(a)));
  const sentences = sortedValues.map(
    ([path, { onFirst, others }]) =>
      `${nameOf(path, plan)} has ${text(onFirst)} on rank 0 (${messages[0].host}), ${others.join(', ')}`,
  );
  const omission = sentences.length > MAX_NAMED ? `; and ${sentences.length - MAX_NAMED} more` : '';
  throw new Error(`train: ${sentences.slice(0, MAX_NAMED).join('; ')}${omission}: expected the same on all ranks`);
}

/** Everything that affects results, and what determines which exchanges take place. */
function identityOf(plan: RunPlan, { data, backend, ...record }: RunRecord, code: string): Json {
  const { network, lossSpec, retries, evaluateTest, trainingSample, overlap, probe, context } = plan;
  const { preprocessing } = plan.data.train;
  return plainJson({
    code,
    'node version': process.version.replace(/\..*/, ''),
    network: network.spec,
    loss: lossSpec,
    ...record,
    ...bitsOf(backend),
    rows: { ...data, preprocessing: preprocessing ?? null },
    retries,
    evaluateTest,
    evaluateTraining: trainingSample !== null,
    overlap,
    probe: probe === null ? null : { second: probe.next(0), count: probe.count(context.totalSteps) },
    profile: plan.profile ?? false,
  }) as Json;
}

const isRows = /^rows\.(train|validation|test)$/;

/** Names 'rows.train' as 'the SHA-256 of the train rows of digits.csv'. */
const nameOf = (path: string, { data }: RunPlan): string =>
  path === 'code' ? 'the code of gradloom' : path.replace(isRows, `the SHA-256 of the $1 rows of ${data.train.name}`);

/** A value for the error; of a hash only its beginning, which differs too. */
function text(value: Json | undefined): string {
  if (value === undefined) return 'none';
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? `${value.slice(0, 12)}…` : show(value);
}

/** Files with code of a package; maps and types have none. */
const CODE = /(?<!\.d)\.(ts|js|cjs|mjs|wasm)$/;

let cachedCodeHash: Promise<string> | undefined;

/** SHA-256 of the code that this process runs: the files of this package and of @gradloom/core on disk. */
function codeHash(): Promise<string> {
  cachedCodeHash ??= hashCode([dirname(fileBeside('worker')), ...coreFolders()]);
  return cachedCodeHash;
}

/** The folder of @gradloom/core, unless a bundler has included it in this package. */
function coreFolders(): string[] {
  try {
    return [dirname(resolveInstalled('@gradloom/core'))];
  } catch {
    return [];
  }
}

async function hashCode(folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile() && CODE.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
    for (const path of paths.sort()) {
      hash.update(`${relative(folder, path)}\0`);
      hash.update(await readFile(path));
    }
  }
  return hash.digest('hex');
}
