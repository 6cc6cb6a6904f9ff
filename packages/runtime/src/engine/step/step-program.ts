import { createTapeRoom, link, type Program, type TapeRoom } from '@gradloom/core/internal';
import type { RunContext } from './context.ts';
import type { PlannedPass } from './plan-passes.ts';
import { stepCalls } from './step-calls.ts';
import { bindWaits } from './sync.ts';

/** The programs of a thread in a team of some size. */
export interface TeamPrograms {
  readonly threads: number;
  /** A step on a whole batch. */
  readonly whole: Program;
  /** A step on an epoch's last batch, which may be short. */
  readonly last: Program;
  /**
   * The pass whose rows are the same in every step, so that they are gathered once before the first; null if there is
   * none.
   */
  readonly held: PlannedPass | null;
}

/** Programs by context and team. */
const programsOf = new WeakMap<RunContext, Map<string, TeamPrograms>>();

/**
 * The programs of this thread in a team of `threads`; with `looks`, those of probed steps. Tapes lie in memory that
 * belongs to a place in the team, and another thread may have written the tapes of its own team there. All programs of
 * a team are linked at once and in one order, so every thread writes the same tapes there.
 */
export function teamPrograms(context: RunContext, threads: number, looks: boolean): TeamPrograms {
  const { tapesOf, tapes, setup } = context;
  const programs = programsOf.get(context) ?? new Map<string, TeamPrograms>();
  programsOf.set(context, programs);
  const key = looks ? `${threads} looks` : `${threads}`;
  const known = programs.get(key);
  if (known !== undefined && (looks || tapesOf[0] === threads)) return known;
  // Programs for other team sizes are dropped: tuning tries many sizes, and all their programs would stay in memory.
  for (const [other, { threads: size }] of programs) if (size !== threads) programs.delete(other);
  const room = looks ? null : createTapeRoom(tapes);
  if (!looks) tapesOf[0] = threads;
  const whole = stepProgram(context, threads, setup.batch, looks, room);
  const last = setup.lastBatch === setup.batch ? whole : stepProgram(context, threads, setup.lastBatch, looks, room);
  const made = { threads, whole: whole.program, last: last.program, held: whole.held };
  programs.set(key, made);
  return made;
}

/** A thread's part of a step, ready to run. */
function stepProgram(
  context: RunContext,
  threads: number,
  rows: number,
  looks: boolean,
  room: TapeRoom | null,
): { program: Program; held: PlannedPass | null } {
  const { calls, held } = stepCalls(context, threads, rows, looks);
  // Probes read the mean gradient, which a fused update does not store.
  return { program: link(bindWaits(context, threads, calls), context.kernels, room, { fuses: !looks }), held };
}
