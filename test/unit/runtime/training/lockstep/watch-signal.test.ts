import { expect, onTestFinished, test, vi } from 'vitest';
import type { TrainEvent } from '../../../../../packages/runtime/src/training/run/events.ts';
import { watchSignal } from '../../../../../packages/runtime/src/training/run/loop.ts';
import type { RunState } from '../../../../../packages/runtime/src/training/run/state.ts';

test('of ranks that wait for another after a signal, rank 0 alone says so: it has the checkpoints', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const saidBy = (rank: number): TrainEvent[] => {
    const said: TrainEvent[] = [];
    const cluster = { ranks: 3, hosts: ['one', 'two', 'three'], dead: () => [], awaited: () => [2] };
    const end = watchSignal({
      plan: { signal: AbortSignal.abort(), resume: null },
      lockstep: { cluster, isFirst: rank === 0 },
      progress: { step: 4 },
      checkpointer: { newest: () => (rank === 0 ? { step: 3, path: 'run/last.gradloom' } : undefined) },
      emit: (event: TrainEvent) => void said.push(event),
    } as unknown as RunState);
    vi.advanceTimersByTime(60_000);
    end();
    return said;
  };
  const message =
    'after step 4 the run waits for rank 2 of 3 (three); the newest checkpoint is that of step 3, run/last.gradloom';
  expect([saidBy(0), saidBy(1)]).toEqual([[{ type: 'warning', message }], []]);
});
