import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { watchSignal } from '../../../../packages/runtime/src/lockstep/watch-signal.ts';
import type { TrainEvent } from '../../../../packages/runtime/src/run/events.ts';
import type { RunState } from '../../../../packages/runtime/src/run/state.ts';
import { tell } from '../../../support/lockstep-program.ts';
import type { Story } from '../../../support/lockstep-story.ts';
import { mpirunNames } from '../../../support/mpirun.ts';
import { needs } from '../../../support/needs.ts';
import { runStories } from '../../../support/run-stories.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const temporary = temporaryFolder();
const [name] = mpirunNames;

/** Each run starts threads on each rank, beside other tests. */
const here = { timeout: 240_000, ...needs(name, 'koffi') };

test('a signal of any rank ends the run on all', here, async () => {
  const [told] = await runStories(name, 2, [{ options: { epochs: 5000 }, abortsOn: 1 }]);
  expect(told.map(({ stopped }) => stopped)).toEqual(['aborted', 'aborted']);
  expect(told[0].fingerprint).toBe(told[1].fingerprint);
});

test(
  'rank 0 warns of the rank for which a run waits after its signal, and ends it where a listener throws',
  here,
  async () => {
    const late = (file: string): Story => ({
      ...{ options: {}, strides: [4] },
      late: { rank: 1, mark: join(temporary.path, file) },
    });
    const stories: Story[] = [late('warns'), { ...late('throws'), throwsAt: 'warning' }, { options: {} }];
    const [warned, thrown, after] = await runStories(name, 2, stories);
    expect(warned.map(({ stopped, error }) => [stopped, error])).toEqual(warned.map(() => ['aborted', undefined]));
    const sentence = /^after step 4 the run waits for rank 1 of 2 \(\S+\); there is no checkpoint$/;
    const warnings = warned[0].events.filter(({ type }) => type === 'warning');
    expect(warnings).toEqual([{ type: 'warning', message: expect.stringMatching(sentence) }]);
    const own = 'the listener refuses warning';
    expect(thrown.map(({ error }) => error)).toEqual([own, `cluster: rank 0 of 2 has failed: ${own}`]);
    const { fingerprint } = await tell(stories[2], undefined, undefined);
    expect(after.map((one) => one.fingerprint)).toEqual(after.map(() => fingerprint));
  },
);

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
      keeper: { newest: () => (rank === 0 ? { step: 3, path: 'run/last.gradloom' } : undefined) },
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
