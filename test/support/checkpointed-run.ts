import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetworkSpec } from '@gradloom/core';
import {
  type Checkpoint,
  type CheckpointEvery,
  type DataSplits,
  loadCheckpoint,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
  train,
} from '@gradloom/runtime';

export interface CheckpointedRun {
  readonly result: TrainResult;
  readonly checkpoints: readonly Checkpoint[]; // read back from the file as soon as each was written
  readonly events: readonly TrainEvent[];
}

/** A run that keeps all of its checkpoints. */
export async function checkpointedRun(
  spec: NetworkSpec,
  data: DataSplits,
  options: TrainOptions,
  every: CheckpointEvery,
): Promise<CheckpointedRun> {
  const folder = mkdtempSync(join(tmpdir(), 'gradloom-'));
  const checkpoints: Checkpoint[] = [];
  const events: TrainEvent[] = [];
  const onEvent = (event: TrainEvent): void => {
    events.push(event);
    if (event.type === 'checkpoint') checkpoints.push(loadCheckpoint(event.path));
  };
  try {
    const result = await train(spec, data, { ...options, checkpoint: { folder, every }, onEvent });
    return { result, checkpoints, events };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** All of a result but times, threads and the path of its checkpoint. */
export function reproducibleFields(result: TrainResult) {
  const { elapsedMs: _, samplesPerSecond: __, threads: ___, gradientThreads: ____, ...others } = result;
  const { checkpoint: _____, ...fields } = others;
  return fields;
}
