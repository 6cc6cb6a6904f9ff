import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkpoint } from './checkpoint.ts';
import { readRun } from './checkpoint-file.ts';
import { isSameRun } from './same-run.ts';

/** The name of a checkpoint that is kept beside the newest one: 'step-000120.gradloom'. */
export const stepFile = (step: number): string => `step-${String(step).padStart(6, '0')}.gradloom`;

/**
 * Steps of the named checkpoints that this run wrote before a resume, in the order of removal: first those of steps
 * that are repeated now, then the oldest.
 */
export function findOlder(folder: string, run: Omit<Checkpoint, 'arrays'>): number[] {
  const now = run.progress.step;
  const steps = readdirSync(folder).flatMap((name) => {
    const step = Number(/^step-(\d{6,})\.gradloom$/.exec(name)?.[1] ?? Number.NaN);
    return step !== now && stepFile(step) === name && isOf(run, join(folder, name)) ? [step] : [];
  });
  steps.sort((a, b) => a - b);
  return [...steps.filter((step) => step > now), ...steps.filter((step) => step < now)];
}

/** A file that cannot be read does not belong to this run. */
function isOf(run: Omit<Checkpoint, 'arrays'>, path: string): boolean {
  try {
    return isSameRun(readRun(path), run);
  } catch {
    return false;
  }
}

/**
 * Removes all but the last `keep`; returns the steps of those that remain. One that cannot be removed is tried again.
 */
export function removeAllBut(keep: number, folder: string, steps: readonly number[]): number[] {
  const surplus = steps.slice(0, Math.max(0, steps.length - keep)).filter((step) => !isRemoved(folder, step));
  return [...surplus, ...steps.slice(-keep)];
}

function isRemoved(folder: string, step: number): boolean {
  try {
    rmSync(join(folder, stepFile(step)), { force: true });
    return true;
  } catch {
    return false;
  }
}
