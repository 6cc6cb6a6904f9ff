import type { Call } from '@gradloom/core';
import { barrier, defineOp, host } from '@gradloom/core/internal';
import type { Exchange, Link, Transfer } from '../../cluster/cluster.ts';
import { abortTeam, isAborted } from '../threads/barrier.ts';
import { PHASE } from './clock.ts';
import type { RunContext } from './context.ts';

/** Messages to and from other ranks, exchanged at one point of a step. */
export interface ExchangePlan {
  readonly channel: number; // separates exchanges that are pending at the same time
  readonly transfers: readonly Transfer[];
}

/** How an operation uses an exchange: starts it, checks whether it is done, or waits for it. */
export type ExchangeAct = 'start' | 'poll' | 'wait';

/** An operation of the team's first thread; the others go on to the next barrier. */
export const exchange = defineOp('exchange', {}, (_plan: ExchangePlan, _act: ExchangeAct): void => {
  throw new Error('exchange: has no reference, expected a thread to make it');
});

/** Replaces barriers and exchanges among the calls by functions of this thread. A thread alone has no barriers. */
export function bindWaits(context: RunContext, threads: number, calls: readonly Call[]): Call[] {
  return calls.flatMap(({ op, args }) => {
    if (op.name === barrier.name) {
      const [completion] = args as readonly [completion?: () => void];
      if (threads > 1) return [hostCall(() => arrive(context, completion))];
      return completion === undefined ? [] : [hostCall(completion)];
    }
    if (op.name !== exchange.name) return [{ op, args }];
    const [plan, act] = args as readonly [ExchangePlan, ExchangeAct];
    if (context.thread > 0 || plan.transfers.length === 0) return [];
    return [hostCall(boundExchange(context, plan, act))];
  });
}

const hostCall = (work: () => unknown): Call => ({ op: host as Call['op'], args: [work] });

/** Waits at the barrier; returns false if the team was aborted. */
function arrive(context: RunContext, completion?: () => void): boolean {
  const { barrier, clock, workClock } = context;
  if (context.isTimed) workClock.work();
  const goesOn = barrier.arrive(completion);
  clock?.lap(PHASE.wait);
  if (context.isTimed) workClock.wait();
  return goesOn;
}

function boundExchange(context: RunContext, plan: ExchangePlan, act: ExchangeAct): () => unknown {
  const messages = exchangeOf(context, plan);
  if (act === 'wait') return () => finishExchange(context, messages);
  const { clock } = context;
  return () => {
    if (act === 'start') messages.start();
    else messages.isDone();
    clock?.lap(PHASE.exchange);
  };
}

/** Waits until all messages are sent and received; returns false if the team was aborted or another rank has failed. */
export function finishExchange(context: RunContext, messages: Exchange): boolean {
  const { clock, workClock } = context;
  const { control } = context.setup;
  if (context.isTimed) workClock.work();
  const goesOn = messages.wait(() => isAborted(control));
  // If another rank has failed, nothing else would stop this team. The cluster records the cause.
  if (!goesOn) abortTeam(control);
  clock?.lap(PHASE.exchange);
  if (context.isTimed) workClock.wait();
  return goesOn;
}

/** A thread's connection to other ranks, opened when it is first needed, and the exchanges that it has planned. */
interface ThreadConnection {
  readonly link: Link;
  readonly exchanges: Map<string, Exchange>;
}

const connections = new WeakMap<RunContext, ThreadConnection>();

/** The exchange of these messages, planned once. */
export function exchangeOf(context: RunContext, { channel, transfers }: ExchangePlan): Exchange {
  const { setup, environment } = context;
  if (setup.cluster === null) throw new Error('exchangeOf: the run has no cluster, expected one');
  const connection = connections.get(context) ?? {
    link: environment.openLink(setup.cluster.connection),
    exchanges: new Map<string, Exchange>(),
  };
  connections.set(context, connection);
  const buffers = [setup.memory.buffer, ...setup.outside];
  const key = transfers.reduce((text, { kind, peer, numbers: { buffer, byteOffset, byteLength } }) => {
    return `${text} ${kind} ${peer} ${buffers.indexOf(buffer)} ${byteOffset} ${byteLength}`;
  }, String(channel));
  let messages = connection.exchanges.get(key);
  if (messages === undefined) {
    messages = connection.link.plan(transfers, channel);
    connection.exchanges.set(key, messages);
  }
  return messages;
}
