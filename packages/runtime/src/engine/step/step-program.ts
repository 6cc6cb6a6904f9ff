import { createTapeRoom, link, type Program, type TapeRoom } from '@gradloom/core/internal';
import type { RunContext } from './context.ts';
import type { PlannedPass } from './plan-passes.ts';
import { stepCalls } from './step-calls.ts';
import { bindWaits } from './sync.ts';

/** What a thread runs in a team of some size. */
export interface TeamPrograms {
  readonly threads: number;
  /** A step of a whole batch. */
  readonly whole: Program;
  /** One of an epoch's last batch, which may be short. */
  readonly last: Program;
  /** The pass whose rows are the same in every step, so that they are gathered before the first; null where none is. */
  readonly held: PlannedPass | null;
}

/** Of the teams that a thread has been in. */
const programsOf = new WeakMap<RunContext, Map<string, TeamPrograms>>();

/**
 * The programs of this thread in a team of `threads`; with `looks`, those that look into the layers. Tapes lie in the
 * memory of a place in the team, where another thread may have written those of its own team: all of a team's programs
 * are linked at once and in one order, so any thread writes the same there.
 */
export function teamPrograms(context: RunContext, threads: number, looks: boolean): TeamPrograms {
  const { tapesOf, tapes, setup } = context;
  const programs = programsOf.get(context) ?? new Map<string, TeamPrograms>();
  programsOf.set(context, programs);
  const key = looks ? `${threads} looks` : `${threads}`;
  const known = programs.get(key);
  if (known !== undefined && (looks || tapesOf[0] === threads)) return known;
  // Those of another size are not kept: a trial of many sizes would hold the programs of all.
  for (const [other, { threads: size }] of programs) if (size !== threads) programs.delete(other);
  const room = looks ? null : createTapeRoom(tapes);
  if (!looks) tapesOf[0] = threads;
  const whole = stepProgram(context, threads, setup.batch, looks, room);
  const last = setup.lastBatch === setup.batch ? whole : stepProgram(context, threads, setup.lastBatch, looks, room);
  const made = { threads, whole: whole.program, last: last.program, held: whole.held };
  programs.set(key, made);
  return made;
}

/** A thread's part in a step, ready to run. */
function stepProgram(
  context: RunContext,
  threads: number,
  rows: number,
  looks: boolean,
  room: TapeRoom | null,
): { program: Program; held: PlannedPass | null } {
  const { calls, held } = stepCalls(context, threads, rows, looks);
  // A look reads the mean gradient, which a fused update leaves nowhere.
  return { program: link(bindWaits(context, threads, calls), context.kernels, room, { fuses: !looks }), held };
}
