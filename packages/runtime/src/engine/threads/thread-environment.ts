import type { CustomParts, Kernels } from '@gradloom/core';
import type { KernelScratch } from '@gradloom/core/internal';
import type { Connection, Link } from '../../cluster/cluster.ts';
import type { RowReader } from '../../data/gather.ts';
import type { TeamSetup } from './protocol.ts';

/** What a thread needs from Node or a browser: steps and evaluations import no module of Node, to run in both. */
export interface ThreadEnvironment {
  readonly cores: number; // cores that the threads of a team may use
  /**
   * Number of sleeps, of 100 ms each, after which a waiting thread gives the others up. @default no limit, if the
   * system reports a thread that has ended
   */
  readonly maxSleeps?: number;
  /** Custom parts, which are imported before the first task. */
  partsOf(setup: TeamSetup): CustomParts;
  /** The kernels of the team's backend over its memory; `scratch` belongs to this thread. */
  kernelsOf(setup: TeamSetup, scratch: KernelScratch): Kernels;
  readonly gatherFile: NonNullable<RowReader['gatherFile']>; // reads rows that stay in a file
  /** Connects a thread to other ranks. */
  openLink(connection: Connection): Link;
}
