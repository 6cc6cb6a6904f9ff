import { availableParallelism } from 'node:os';
import type { Pausable } from '@gradloom/core';
import { counted, ofTable, show, showName, wasmProblem } from '@gradloom/core/internal';
import type { Dataset } from '../../data/dataset.ts';
import { hasTargetsByPosition } from '../../data/targets.ts';
import type { Backend } from '../../engine/backends/backend.ts';
import type { BackendChoice } from '../../engine/backends/backend-choices.ts';
import { type MemoryRoom, mebibytes } from '../../system/memory/memory.ts';
import type { TrainOptions } from './options.ts';

/** Warnings about valid options that may be a mistake. */
export function warningsOf(
  counts: Readonly<Record<'requestedThreads' | 'usefulThreads' | 'threads' | 'leaves', number>>,
  { name, rows }: Dataset,
  { threads: requested = 'auto', batch, accumulate = 1 }: TrainOptions,
): string[] {
  const { requestedThreads, usefulThreads, threads, leaves } = counts;
  const warnings: string[] = [];
  if (typeof batch === 'number' && batch * accumulate > rows) {
    const accumulation = accumulate === 1 ? '' : ` and accumulate ${accumulate}`;
    warnings.push(
      `batch has ${batch}${accumulation}, but ${showName(name)} has ${counted(rows, 'training row')}: every batch has all of them`,
    );
  }
  if (requested === 'auto') return warnings;
  const cores = availableParallelism();
  if (requestedThreads > leaves) {
    const work = usefulThreads < requestedThreads ? `this run has work for ${counted(usefulThreads, 'thread')}: ` : '';
    const leavesText = leaves === 1 ? '1 leaf' : `${leaves} leaves`;
    const leaflessThreads = usefulThreads - leaves;
    const others =
      leaflessThreads === 0 ? '' : `, and ${counted(leaflessThreads, 'thread')} can only update weights or evaluate`;
    const advice = 'a leaf is the rows that one thread computes; larger batches have more, but give another result';
    warnings.push(`threads has ${requestedThreads}, but ${work}a batch has ${leavesText} of rows${others} (${advice})`);
  }
  if (usefulThreads > cores) {
    const effect =
      threads > cores ? 'they take turns' : `the run uses ${counted(threads, 'thread')}, with the same result`;
    warnings.push(`threads has ${requestedThreads}, but this machine has ${counted(cores, 'core')}: ${effect}`);
  }
  return warnings;
}

/** Warns that memory is short. */
export const fewerThreadsWarning = (threads: number, requested: number, { bytes, bound }: MemoryRoom): string =>
  `runs on ${threads} of ${requested} threads, since more do not fit into ${mebibytes(bytes)} (${bound})`;

/** Warns that memory is short for the texts that a model writes while it trains. */
export const noTextsWarning = (neededBytes: number, { bytes, bound }: MemoryRoom): string =>
  `writes no texts while it trains, since the ${mebibytes(neededBytes)} for them do not fit into ${mebibytes(bytes)} (${bound})`;

/** Warns if 'auto' found no fast kernels on this machine. */
export function backendWarnings(requested: BackendChoice, { name }: Backend): string[] {
  if (requested !== 'auto' || name !== 'reference') return [];
  return [`backend auto uses reference, which is many times slower: ${wasmProblem()}`];
}

/** Warns that cores stay idle because the launcher has bound each rank to some cores. */
export function idleWarnings(idleCores: number): string[] {
  if (idleCores === 0) return [];
  const advice = 'mpirun of Open MPI takes --bind-to none';
  return [
    `no rank may use ${counted(idleCores, 'core')} of this machine, since all ranks are bound to others (${advice})`,
  ];
}

/** Warns of a loss that is not finite although the weights are. */
export const lossWarning = (part: string, loss: number, step: number): string =>
  `the ${part} loss after step ${step} has ${loss}, expected a finite number (look for wrong rows, or weights that are too large)`;

/** Rows between two pauses: about a millisecond. */
const ROWS_PER_TURN = 1 << 16;

const MAX_NAMED = 5; // classes in a warning

/** Warns of classes that the network cannot learn. */
export function* missingClasses(dataset: Dataset): Pausable<string[]> {
  const { name, classes, targets, labels, preprocessing } = dataset;
  // A part of a text rarely has every word of the vocabulary.
  if (classes === null || hasTargetsByPosition(dataset)) return [];
  const table = ofTable(preprocessing);
  // The warning of a one-class table is given elsewhere, with its number of rows.
  if (classes === 1 && table !== undefined) return [];
  const presentLabels = new Set<number>();
  for (let n = 0; n < targets.array.length; n++) {
    presentLabels.add(targets.array[n]);
    if (n % ROWS_PER_TURN === 0) yield;
  }
  if (presentLabels.size === 1) {
    const [column] = table?.target ?? [];
    if (column === undefined)
      return [`${showName(name)} has training rows of only one class: there is nothing to tell apart`];
    const value = show(labels?.[targets.array[0]] ?? targets.array[0]);
    const has = `column ${show(column.name)}, the target, has ${value} in all training rows`;
    return [`${showName(name)}: ${has}, so there is nothing to tell apart`];
  }
  if (presentLabels.size === classes) return [];
  const missing: number[] = [];
  for (let label = 0; label < classes && missing.length < MAX_NAMED; label++)
    if (!presentLabels.has(label)) missing.push(label);
  const omittedCount = classes - presentLabels.size - missing.length;
  const missingText = `${missing.join(', ')}${omittedCount > 0 ? ` and ${omittedCount} more` : ''}`;
  const noun = classes - presentLabels.size === 1 ? 'class' : 'classes';
  return [
    `${showName(name)} has no training row of ${noun} ${missingText}, out of ${classes} classes: they cannot be learned`,
  ];
}
