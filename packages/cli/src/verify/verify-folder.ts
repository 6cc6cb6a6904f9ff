import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LAST_FILE, type LockOwner } from '@gradloom/runtime';
import { isTemporaryName, LOCK_FILE, lockOwner } from '@gradloom/runtime/internal';
import { CONFIG_FILE, EXPERIMENTS_FILE, METRICS_FILE, MODEL_FILE, SCALE_FILE } from '../run-files/names.ts';
import { type FileCheck, openCheck, reading } from './file-check.ts';
import { verifyExperiments, verifyScale } from './verify-documents.ts';
import { verifyTrain } from './verify-train.ts';

export interface Verification {
  readonly path: string;
  readonly files: readonly FileCheck[];
  readonly notes: readonly string[]; // of the folder
}

/** @throws Error where the folder holds nothing that train, experiment or scale wrote. */
export function verifyFolder(path: string): Verification {
  const has = (name: string): boolean => existsSync(join(path, name));
  const files = [
    ...([CONFIG_FILE, METRICS_FILE, LAST_FILE, MODEL_FILE].some(has) ? verifyTrain(path) : []),
    ...(has(EXPERIMENTS_FILE) ? verifyExperiments(path) : []),
    ...(has(SCALE_FILE) ? verifyScale(path) : []),
  ];
  if (files.length === 0) {
    throw new Error(
      `no run found in ${JSON.stringify(path)}, expected a directory that train, experiment or scale wrote`,
    );
  }
  const lock = openCheck(LOCK_FILE);
  const owner = reading(lock, join(path, LOCK_FILE), () => lockOwner('verify', path));
  return { path, files: lock.faults.length === 0 ? files : [...files, lock], notes: notesOf(path, owner) };
}

function notesOf(path: string, owner: LockOwner | null): string[] {
  const names = readdirSync(path);
  const aside = names.filter((name) => /\.damaged-\d+$/.test(name));
  const left = names.filter(isTemporaryName);
  return [
    ...(owner === null ? [] : [`process ${owner.pid} (${owner.by}) writes there since ${owner.since}`]),
    ...(aside.length === 0 ? [] : [`kept aside when a resume found damage: ${aside.join(', ')}`]),
    ...(left.length === 0 ? [] : [`left half written: ${left.join(', ')} (the next run there removes them)`]),
  ];
}
