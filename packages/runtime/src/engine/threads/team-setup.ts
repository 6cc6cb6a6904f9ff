import { bytesOf, type MemoryRoom, type Part } from '../../system/memory/memory.ts';
import { shareOfRoom } from '../../system/memory/memory-room.ts';
import { allocateOutside, allocateSharedMemory } from '../../system/memory/shared-memory.ts';
import { compileFor, resolveBackend } from '../backends/backend.ts';
import type { BackendChoice } from '../backends/backend-choices.ts';
import { fitMemory, type MemoryBudget } from '../memory/memory-budget.ts';
import { createTeamSetup, type TeamComputation } from './create-team-setup.ts';
import type { TeamSetup } from './protocol.ts';

/** The computation and size of a team. */
export interface TeamShape extends TeamComputation {
  readonly threads: number; // maximum number of threads; fewer if memory is short
  readonly startsThreads: boolean; // started for this team, not taken from a pool
  readonly sharers?: number; // processes that use the same memory, default 1
  readonly backend: BackendChoice;
  readonly blas: string | undefined;
  readonly unfused?: boolean; // whether products have to be unfused: see `BackendNeeds`
}

/** The name of the chosen backend, on which the layout of a team's memory depends besides its shape. */
export type ChosenBackend = { readonly backend: TeamSetup['backend']['name'] };

/** Memory of a team with some budget: the layout of the shared memory, and all parts. */
export interface TeamPlan<Layout> {
  readonly layout: Layout & { readonly bytes: number; readonly outside: readonly number[] };
  readonly parts: readonly Part[]; // all parts, including those of the layout
}

/** A team's setup with its allocated memory, all zeros. */
export interface OpenedTeam<Layout> {
  readonly team: TeamSetup;
  readonly layout: Layout;
  readonly budget: MemoryBudget;
  readonly room: MemoryRoom; // the memory limit that it was fitted to
  readonly plannedBytes: number;
}

/** Share of the memory that a thread may hold for ended runs, within these bounds. */
const HELD_SHARE = 1 / 32;
const MIN_HELD_BYTES = 64 * 1024 ** 2;
const MAX_HELD_BYTES = 512 * 1024 ** 2;

/**
 * Allocates the memory of a team, with as much of the `requested` budget as fits.
 * @throws OptionError if even the minimum does not fit, before anything is allocated.
 */
export function openTeamSetup<Layout>(
  shape: TeamShape,
  requested: Omit<MemoryBudget, 'threads'>,
  planner: (backend: ChosenBackend) => (budget: MemoryBudget) => TeamPlan<Layout>,
): OpenedTeam<Layout> {
  const backend = resolveBackend(shape.backend, {
    path: shape.blas,
    network: shape.network,
    type: shape.elementType,
    unfused: shape.unfused ?? false,
  });
  const { code } = compileFor(backend, shape.elementType);
  const room = shareOfRoom(shape.sharers ?? 1);
  const planOf = planner({ backend: backend.name });
  const { plan, budget } = fitMemory(planOf, { ...requested, threads: shape.threads }, room);
  const team = createTeamSetup(shape, {
    threads: budget.threads,
    backend,
    code,
    memory: allocateSharedMemory(plan.layout.bytes, backend.name),
    outside: plan.layout.outside.map(allocateOutside),
    maxHeldBytes: Math.min(MAX_HELD_BYTES, Math.max(MIN_HELD_BYTES, HELD_SHARE * room.bytes)),
  });
  return { team, layout: plan.layout, budget, room, plannedBytes: bytesOf(plan.parts) };
}
