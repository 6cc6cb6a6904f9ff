import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LAST_FILE } from '@gradloom/runtime';
import { isFolder } from '../../files/folders.ts';
import { CONFIG_FILE } from '../../files/run-files/names.ts';
import { UsageError } from '../../terminal/failure.ts';
import { makeNumbered } from '../train/new-directory.ts';

/** The training that ranks make, as command lines. */
export interface TrainWords {
  /** The directory of the run, null if it writes none. */
  readonly out: string | null;
  /** The command line of each rank: the training, or its continuation. */
  next(): readonly string[];
}

/** Default interval: a rank that dies loses all steps since the last checkpoint. */
const CHECKPOINT_EVERY = '30s';

/**
 * Reads the words after `--`. The run gets a directory and checkpoints, so that it can be resumed. @throws UsageError
 * if they are no training that ranks can run.
 */
export function readTrainWords(words: readonly string[], restarts: number): TrainWords {
  const [command] = words;
  if (command !== 'train') {
    const has = command === undefined ? 'nothing follows --' : `${command} follows --`;
    throw new UsageError(`${has}, expected train and its flags, such as: cluster run -n 4 -- train --dataset mnist`);
  }
  const flags = flagsIn(words);
  const cluster = flags.has('cluster') ? [] : ['--cluster', 'mpi'];
  const clusterWords = [...words, ...cluster];
  if (flags.has('no-out') || restarts === 0) return { out: flags.get('out') ?? null, next: () => clusterWords };
  const hasCheckpoints = ['checkpoint-every', 'config', 'resume'].some((name) => flags.has(name));
  const checkpointFlags = hasCheckpoints ? [] : ['--checkpoint-every', CHECKPOINT_EVERY];
  const folder = flags.get('out') ?? folderOf(flags.get('resume'));
  const out = folder ?? makeNumbered('cluster');
  const firstWords = [...clusterWords, ...checkpointFlags, ...(folder === null ? ['--out', out] : [])];
  const keptWords = withoutFlags(words, ['out', 'resume', 'config']);
  const continuation = [...keptWords, ...cluster, ...checkpointFlags, '--resume', out];
  let hasBegun = false;
  return {
    out,
    next() {
      const continues = hasBegun && isRun(out);
      hasBegun = true;
      return continues ? continuation : firstWords;
    },
  };
}

/** The folder of a run that continues in place; a checkpoint file begins another run. */
const folderOf = (resume: string | undefined): string | null =>
  resume !== undefined && isFolder(resume) ? resume : null;

/** Whether a run in this directory can be resumed: it may have died before it wrote anything. */
const isRun = (out: string): boolean => [LAST_FILE, CONFIG_FILE].some((name) => existsSync(join(out, name)));

/** The flags of a command line, each with the word after it, if there is one: train checks them itself. */
function flagsIn(words: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    words.flatMap((word, k): [string, string][] => {
      const flag = /^--([^=]+)(?:=(.*))?$/s.exec(word);
      return flag === null ? [] : [[flag[1], flag[2] ?? words[k + 1] ?? '']];
    }),
  );
}

/** A command line without these flags and their values. */
function withoutFlags(words: readonly string[], names: readonly string[]): string[] {
  const flags = names.map((name) => `--${name}`);
  return words.filter(
    (word, k) =>
      !flags.includes(word) && !flags.includes(words[k - 1]) && !flags.some((flag) => word.startsWith(`${flag}=`)),
  );
}
