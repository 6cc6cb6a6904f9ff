import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { showPath } from '@gradloom/core/internal';
import { LAST_FILE, type LockOwner } from '@gradloom/runtime';
import { isTemporaryName, LOCK_FILE, lockOwner } from '@gradloom/runtime/internal';
import { CONFIG_FILE, EXPERIMENTS_FILE, METRICS_FILE, MODEL_FILE } from '../../files/run-files/names.ts';
import { type FileCheck, openCheck, readOrFault } from './file-check.ts';
import { documentFiles, verifyDocument, verifyExperiments } from './verify-documents.ts';
import { verifyTrain } from './verify-train.ts';

export interface Verification {
  readonly path: string;
  readonly files: readonly FileCheck[];
  readonly notes: readonly string[]; // remarks about the folder
}

/** Pauses before checking again a folder that a process writes: together longer than a run takes to write its files. */
const PAUSES_MS = [50, 100, 200, 400];

/**
 * Checks a folder. A run that writes there meanwhile replaces its files one after another, so a fault counts only if
 * the last check finds it too.
 * @throws Error if the folder holds nothing that train, search, lr-find, explain, experiment or scale wrote.
 */
export async function verifyFolder(path: string): Promise<Verification> {
  for (const pauseMs of PAUSES_MS) {
    const before = writerOf(path);
    const verification = checkFolder(path);
    if (isWhole(verification) || (before.owner === null && writerOf(path).owner === null)) return verification;
    await wait(pauseMs);
  }
  return checkFolder(path);
}

export const EXPECTED_FOLDER = 'expected a directory that train, search, lr-find, explain, experiment or scale wrote';

export const isWhole = ({ files }: Verification): boolean => files.every(({ faults }) => faults.length === 0);

function checkFolder(path: string): Verification {
  const has = (name: string): boolean => existsSync(join(path, name));
  const files = [
    ...([CONFIG_FILE, METRICS_FILE, LAST_FILE, MODEL_FILE].some(has) ? verifyTrain(path) : []),
    ...(has(EXPERIMENTS_FILE) ? verifyExperiments(path) : []),
    ...documentFiles.filter(has).flatMap((file) => verifyDocument(path, file)),
  ];
  if (files.length === 0) {
    throw new Error(`no run found in "${showPath(path)}", ${EXPECTED_FOLDER}`);
  }
  const { lock, owner } = writerOf(path);
  return { path, files: lock.faults.length === 0 ? files : [...files, lock], notes: notesOf(path, owner) };
}

/** The process that writes there, and the check of the lock file. */
function writerOf(path: string): { readonly lock: FileCheck; readonly owner: LockOwner | null } {
  const lock = openCheck(LOCK_FILE);
  return { lock, owner: readOrFault(lock, join(path, LOCK_FILE), () => lockOwner('verify', path)) };
}

function notesOf(path: string, owner: LockOwner | null): string[] {
  const names = readdirSync(path);
  const damagedFiles = names.filter((name) => /\.damaged-\d+$/.test(name));
  const leftovers = names.filter(isTemporaryName);
  return [
    ...(owner === null ? [] : [`process ${owner.pid} (${owner.by}) has been writing there since ${owner.since}`]),
    ...(damagedFiles.length === 0 ? [] : [`kept by a resume that found damage: ${damagedFiles.join(', ')}`]),
    ...(leftovers.length === 0 ? [] : [`left half written: ${leftovers.join(', ')} (the next run there removes them)`]),
  ];
}
