import type { Kernels, NetworkSpec, OwnParts } from '@gradloom/core';
import type { KernelScratch } from '@gradloom/core/internal';
import type { Connection, Link } from '../../cluster/cluster.ts';
import type { RowReader } from '../../data/gather.ts';
import type { TeamSetup } from './protocol.ts';

/**
 * What a thread needs of the program around it. Steps and evaluations use no module of Node themselves, so that threads
 * of other programs, such as workers of a browser, can run them; `node-host.ts` is the host of a thread of Node.
 */
export interface Host {
  /** Cores that the threads of a team may use. */
  readonly cores: number;
  /** The network that the team computes. */
  specOf(setup: TeamSetup): NetworkSpec;
  /** Parts of the user's own, which have been imported before the first task. */
  partsOf(setup: TeamSetup): OwnParts;
  /** The kernels of the team's backend over its memory; `scratch` is the thread's own. */
  kernelsOf(setup: TeamSetup, scratch: KernelScratch): Kernels;
  /** Reads rows that stay in a file. */
  readonly gatherFile: NonNullable<RowReader['gatherFile']>;
  /** A thread's way to other ranks. */
  openLink(connection: Connection): Link;
}
